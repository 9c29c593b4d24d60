"""What is measured of a pair of trained twins, beside the linear twins of the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinseed import readout
from twinseed.filters import Ridge
from twinseed.generators import LinearGenerator
from twinseed.readout import VARIABLES, Estimate
from twinseed.sweep import Result
from twinseed.twins import Twins
from twinseed.verbs._simulation import over_replicates
from twinseed.verbs.measure import measure

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["linear_twins", "measured", "over_pairs"]

Array = NDArray[np.float64]


def linear_twins(twins: Twins, noise: Array) -> Twins:
    """Return the twins of the matched linear model: the same rows, sampled from the same noise."""

    def samples(rows: NDArray[Any]) -> Array:
        return LinearGenerator.fit(rows, Ridge(0.0), center=True).sample(noise)

    a = samples(twins.train_a)
    b = a if twins.train_b is None else samples(twins.train_b)
    return replace(twins, samples_a=a, samples_b=b)


def measured(twins: Twins, rng: np.random.Generator, factors: int) -> Result:
    """Measure every order parameter about the mean of the real rows, with its own error bar."""
    seed = int(rng.integers(2**62))
    found = measure(twins.centred(), rng=seed, factors=factors)
    return {
        name: [found[f"{name}{part}"].values.tolist() for part in ("", "_status", "_se")]
        for name in VARIABLES
    }


def over_pairs(
    results: Sequence[Mapping[str, Any]],
    sizes: Sequence[int],
    d: int,
    eigenvalues: Array,
    attrs: Mapping[str, Any],
) -> xr.Dataset:
    """Lay the results of ``measured`` out over n; pairs vary slowest.

    With several pairs the error bars are their spread, with one those of its measurement.
    """
    pairs = len(results) // len(sizes)
    estimates = (
        _one_pair(results)
        if pairs == 1
        else over_replicates(
            results, (len(sizes),), f"{pairs} pairs: splits of the rows, initialisations, seeds"
        )
    )
    known = {
        name: estimate
        for name, estimate in estimates.items()
        if not VARIABLES[name].per_factor or np.ndim(estimate.value) == 2
    }
    rows = np.asarray(sizes, dtype=np.float64)
    return readout.make(
        known,
        source="measure",
        coords={"n": ("n", rows), "d": float(d), "gamma": ("n", rows / d)},
        dims={"n": len(sizes)},
        factors=eigenvalues,
        attrs={**attrs, "pairs": pairs},
    )


def _one_pair(results: Sequence[Mapping[str, Any]]) -> dict[str, Estimate]:
    return {
        name: Estimate(
            value=np.array([one[name][0] for one in results], dtype=np.float64),
            se=np.array([one[name][2] for one in results], dtype=np.float64),
            status=np.array([one[name][1] for one in results], dtype=np.str_),
            resampled="seeds and rows of one pair: another pair may differ by more",
        )
        for name in results[0]
    }
