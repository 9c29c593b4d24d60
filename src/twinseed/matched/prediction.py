"""What theory predicts for twin linear models of the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.coupling import outlier, solve
from twinseed.coupling.outliers import overlap_floor
from twinseed.errors import InputError
from twinseed.filters import Ridge
from twinseed.orders import convergence
from twinseed.populations import Estimated, Population, estimate_population, sample_spectrum
from twinseed.verbs.predict import predict

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "PILOT",
    "WIDEST",
    "Matched",
    "degrees_of_freedom",
    "matched",
    "predicted_curve",
]

WIDEST = 3000
"""With more columns there is no prediction, because the estimate would take too long."""
PILOT = 8000
"""The prediction uses at most this many rows."""
_POINTS = 12  # points of the predicted curve, besides the sizes themselves
_PLAIN = Ridge(0.0)


def degrees_of_freedom(n: ArrayLike) -> Array:
    """Return n - 1, the n of the formulas, because a model of n rows also estimates its mean."""
    return np.maximum(np.asarray(n, dtype=np.float64) - 1.0, 1.0)


def predicted_curve(rows: NDArray[Any], sizes: Sequence[int]) -> xr.Dataset | None:
    """Predict the matched linear model at and between ``sizes``, from the spectrum of all rows.

    The spectrum is deconvolved, because with the sample spectrum predicted convergence would be too
    high. None with too many columns, with too few rows, or with repeated rows.
    """
    if rows.shape[1] > WIDEST:
        return None
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), PILOT)).astype(np.int64)
    try:
        population = estimate_population(rows[chosen])
    except InputError:
        return None
    between = np.rint(np.geomspace(sizes[0], sizes[-1], _POINTS))
    n = np.unique([*between, *sizes])
    found = predict(population, _PLAIN, n=degrees_of_freedom(n))
    return found.assign_coords(n=("n", n), gamma=("n", n / rows.shape[1]))


@dataclass(frozen=True)
class Matched:
    """Predictions for twin linear models that match the covariance of ``n`` rows each.

    Args:
        population: the population, estimated from rows.
        convergence: predicted convergence.
        spectrum: agreement along each direction of the population, (d,), largest variance first.
        eigenvalues: of the population, (d,), with each leading eigenvalue inverted by itself.
        gamma: degrees of freedom of each model over d.
    """

    population: Population
    convergence: float
    spectrum: Array
    eigenvalues: Array
    gamma: float

    def along(self, bands: tuple[slice, ...]) -> Array:
        """Return the predicted agreement along bands of ranks, energy-weighted.

        Args:
            bands: slices of the ranks.
        """
        energy = self.population.eigenvalues(self.spectrum.size)
        weighted = energy * self.spectrum
        total = np.array([energy[band].sum() for band in bands])
        product = np.array([weighted[band].sum() for band in bands])
        told: Array = np.divide(product, total, out=np.full(len(bands), np.nan), where=total > 0)
        return told

    def recovered(self, group: slice, rank: int) -> tuple[float, bool]:
        """Predict the recovery of one direction by the subspace of a group of directions.

        Args:
            group: the ranks of the group.
            rank: the rank of the direction, from 0.

        Returns:
            The squared overlap, at least the floor of an unlearned direction; and whether the
            direction is above the threshold below which nothing is learned.
        """
        d = self.eigenvalues.size
        mu = float(self.eigenvalues[rank])
        others = np.delete(self.eigenvalues, np.r_[group])
        if not others.any():  # all other directions have no variance: no error of direction
            return 1.0, True
        surroundings = (others, np.full(others.size, 1.0 / d))
        found = outlier(mu, surroundings, self.gamma)
        floor = float(overlap_floor(mu, surroundings, self.gamma, d))
        value = float(found.overlap)
        return max(value, floor), value > floor


def matched(rows: NDArray[np.generic], n: int, factors: int) -> Matched | None:
    """Predict for models of ``n`` rows each, from a population that is estimated from real rows.

    With the sample spectrum in place of the estimate, predicted convergence would be too high.
    Recovery is predicted for ``factors`` leading directions, whether they stand out of the bulk or
    not. None with too many columns, or with repeated rows.
    """
    if rows.shape[1] > WIDEST:
        return None
    try:
        sample = sample_spectrum(rows)
        population = Estimated.of(sample)
        leading = Estimated.of(sample, factors)
    except InputError:
        return None
    d = rows.shape[1]
    degrees = np.full((1, 1, 1), degrees_of_freedom(n))
    load = degrees / d
    coupling = solve(population, [_PLAIN], degrees, np.full_like(degrees, d), load)
    if coupling.missing.any():
        return None
    q = convergence.from_coupling(coupling)["convergence"].value
    mu, energy = coupling.mu.ravel(), coupling.second.ravel()
    ratio = np.divide(
        coupling.first.ravel() ** 2, energy, out=np.zeros_like(energy), where=energy > 0
    )
    return Matched(
        population,
        convergence=float(np.asarray(q).item()),
        spectrum=np.interp(np.sqrt(population.eigenvalues(d)), np.sqrt(mu), ratio),
        eigenvalues=leading.eigenvalues(d),
        gamma=float(load.item()),
    )
