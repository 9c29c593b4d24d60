"""Gaussian pilots drawn from the estimated population: what the noise of a pilot does to a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from twinseed.arrays import Array
from twinseed.filters import Filter
from twinseed.lanes import in_turn
from twinseed.planning.curves import CURVES, told
from twinseed.planning.divided import Parts, read, written
from twinseed.planning.halves import (
    LEFT_OUT,
    MOST_ROWS,
    PilotHalves,
    halved_here,
    halving_work,
    kept_groups,
)
from twinseed.planning.normality import moments
from twinseed.planning.pairs import Numbers, spanned
from twinseed.populations import Estimated, estimate_population
from twinseed.randomness import stream
from twinseed.sweep import Result

__all__ = ["GaussianPilot", "affordable", "gaussian_pilots", "planned"]

_SPLITS = 5
"""Halvings of a Gaussian pilot."""
_JACKKNIFED = 3
"""Gaussian pilots that are halved without each group of rows."""
_WORK = 1e11
"""Operations that all models of halves may take together."""


@dataclass(frozen=True)
class GaussianPilot:
    """A Gaussian pilot of the same size, drawn from the estimated population and planned from.

    Args:
        estimate: the population that is estimated from this pilot.
        theory: what theory predicts for this population at each n, on the straight scale of each
            curve, by name.
        halves: what halvings of its rows show; None if the pilot is not calibrated.
        moments: how far its moments are from those of Gaussian rows, see ``moments``; None if the
            pilot is not calibrated.
    """

    estimate: Estimated
    theory: dict[str, Array]
    halves: PilotHalves | None = None
    moments: Array | None = None


def affordable(rows: int, directions: int, splits: int) -> float:
    """Return the share of the work on halves that is allowed, at most 1."""
    count = kept_groups(rows)
    pairs = splits + count * LEFT_OUT + _JACKKNIFED * (count + 1) * LEFT_OUT + 40.0 * _SPLITS
    return min(1.0, _WORK / (pairs * halving_work(rows, directions)))


def gaussian_pilots(
    population: Estimated,
    pilot_rows: int,
    count: int,
    n: Array,
    filter: Filter,
    groups: Sequence[slice],
    entropy: Sequence[int],
    share: float,
) -> Parts:
    """Return the work to draw Gaussian pilots, estimate, plan from and halve each; see ``planned``.

    A pilot of more than ``MOST_ROWS`` rows is estimated from the eigenvalues alone; the rows that
    are halved are then drawn independently.

    Args:
        population: the population that was estimated from the pilot.
        pilot_rows: rows of the pilot.
        count: number of Gaussian pilots.
        n: training rows of each model at which theory is evaluated.
        filter: the regularisation of the models.
        groups: ranks of the factors whose subspaces are compared.
        entropy: the seed.
        share: share of the work on halves that is allowed, see ``affordable``; 0 halves nothing.
    """
    few = pilot_rows <= MOST_ROWS
    work = partial(
        _gaussian_pilot,
        population,
        min(pilot_rows, MOST_ROWS),
        few,
        n,
        filter,
        tuple(groups),
        tuple(entropy),
        max(2, round(share * _SPLITS)) if share else 0,
        max(2, round(share * LEFT_OUT)),
    )
    return Parts("pilots drawn again", work, count)


def _gaussian_pilot(
    population: Estimated,
    size: int,
    few: bool,
    n: Array,
    filter: Filter,
    groups: tuple[slice, ...],
    entropy: tuple[int, ...],
    splits: int,
    left_out: int,
    number: int,
    _: np.random.Generator,
) -> Result:
    """Return one Gaussian pilot as a result that is ready for JSON."""
    rng = stream(entropy, f"resample {number}")
    if not splits:
        return _planned(population.resampled(rng), filter, n, groups)
    varying = population.eigenvalues(population.dimension)
    root = np.sqrt(varying[varying > 0.0])
    rows = rng.standard_normal((size, root.size)) * root
    estimate = _estimated(rows, population) if few else population.resampled(rng)
    coordinates = spanned(rows)
    halves = halved_here(
        coordinates,
        filter,
        population.dimension,
        groups,
        splits,
        entropy,
        f" of resample {number}",
        left_out if number < _JACKKNIFED else 0,
    )
    parts: dict[str, Any] = {
        "rows": halves.rows,
        "moments": moments(coordinates).tolist(),
        "whole": {name: part.tolist() for name, part in vars(halves.whole).items()},
        "without": None,
    }
    if halves.without is not None:
        parts["without"] = {name: part.tolist() for name, part in vars(halves.without).items()}
    return {**_planned(estimate, filter, n, groups), **parts}


@in_turn
def _planned(estimate: Estimated, filter: Filter, n: Array, groups: tuple[slice, ...]) -> Result:
    """Return an estimate and what theory predicts for it, ready for JSON."""
    found = told(estimate, filter, n, groups)
    theory = {name: curve.straight(found).tolist() for name, curve in CURVES.items()}
    return {**written(estimate), "theory": theory}


def planned(one: Result) -> GaussianPilot:
    """Return a Gaussian pilot from the result of its work."""
    estimate = read(one)
    theory = {name: np.array(part) for name, part in one["theory"].items()}
    if "rows" not in one:
        return GaussianPilot(estimate, theory)
    whole, without = (
        None if found is None else Numbers(*(np.array(part) for part in found.values()))
        for found in (one["whole"], one["without"])
    )
    assert whole is not None
    halves = PilotHalves(whole, without, int(one["rows"]))
    return GaussianPilot(estimate, theory, halves, np.array(one["moments"]))


@in_turn
def _estimated(rows: Array, population: Estimated) -> Estimated:
    """Estimate the population from the rows, in as many columns as the population has."""
    silent = np.zeros((len(rows), population.dimension - rows.shape[1]))
    return estimate_population(np.hstack([rows, silent]), leading=population.factors.size)
