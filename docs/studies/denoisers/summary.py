"""What the kept numbers of the experiments say: means over pairs, crossings of q = 1/2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from docs.studies import pages
from scipy import stats

from twinseed.arrays import Array
from twinseed.intervals import half_width

__all__ = [
    "Curve",
    "by_data",
    "crossing",
    "crossings",
    "curve",
    "kept",
    "means_over_pairs",
    "theory_at",
]

RESULTS = Path(__file__).with_name("results")


@dataclass(frozen=True)
class Curve:
    """Means and half widths of 95 % intervals over n."""

    n: Array
    mean: Array
    half: Array


def kept(name: str) -> Mapping[str, Any]:
    """Return the numbers of an experiment that is done."""
    return pages.read(RESULTS / f"{name}.json")


def by_data(name: str) -> Mapping[str, Any]:
    """Return the numbers of an experiment by data set, without the machines that it ran on."""
    return {data: one for data, one in kept(name).items() if data not in ("machine", "machines")}


def curve(arm: Mapping[str, Any], model: str, name: str) -> Curve:
    """Return a variable of the ``network`` or the ``linear`` twins over n.

    Intervals are Student's over the pairs; with one pair they are those of its measurement.
    """
    values, errors = (
        np.array([pair[model][part] for pair in arm["pairs"]], dtype=np.float64)
        for part in (name, f"{name}_se")
    )
    n = np.array(arm["n"], dtype=np.float64)
    if len(values) == 1:
        return Curve(n, values[0], half_width(errors[0]))
    return means_over_pairs(n, values)


def axis_recovery(arm: Mapping[str, Any], model: str) -> Curve:
    """Return recovery against the true direction over n."""
    values = np.array(arm["axis recovery"][model], dtype=np.float64)
    return means_over_pairs(np.array(arm["n"], dtype=np.float64), values)


def means_over_pairs(n: Array, values: Array) -> Curve:
    """Return means over the first axis, with the half width of their 95 % intervals."""
    pairs = len(values)
    quantile = stats.t.ppf(0.975, pairs - 1) if pairs > 1 else np.nan
    half = quantile * values.std(axis=0, ddof=1) / pairs**0.5 if pairs > 1 else 0.0 * values[0]
    return Curve(n, values.mean(axis=0), half)


def theory_at(arm: Mapping[str, Any], name: str) -> Array:
    """Return the predicted value of the matched linear model at the sizes of an arm."""
    found = arm["predicted"]
    return np.interp(np.log(arm["n"]), np.log(found["n"]), found[name])


def crossing(n: Sequence[float] | Array, q: Sequence[float] | Array) -> float:
    """Return the n at which q first passes 1/2, straight in log n; nan where it does not within n.

    >>> round(crossing([10, 100], [0.25, 0.75]), 1)
    31.6
    """
    rows, values = np.asarray(n, dtype=np.float64), np.asarray(q, dtype=np.float64)
    above = np.flatnonzero(values >= 0.5)
    if above.size == 0 or above[0] == 0:
        return float("nan")
    k = int(above[0])
    share = (0.5 - values[k - 1]) / (values[k] - values[k - 1])
    return float(np.exp(np.log(rows[k - 1]) + share * np.log(rows[k] / rows[k - 1])))


def crossings(arm: Mapping[str, Any], model: str) -> list[float]:
    """Return the crossing of every pair."""
    return [crossing(arm["n"], pair[model]["convergence"]) for pair in arm["pairs"]]
