"""The linear model fitted to the same rows: its samples and its predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.coupling import outlier, solve
from twinseed.coupling.outliers import overlap_floor
from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.filters import Ridge
from twinseed.generators import LinearGenerator
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
    "matched_model",
    "matched_twins",
    "predicted_curve",
]

WIDEST = 3000
"""Columns up to which theory is asked ..."""
PILOT = 8000
"""... from at most this many rows."""
_POINTS = 12  # of the theory's curve, besides the sizes themselves
_PLAIN = Ridge(0.0)


def matched_model(rows: NDArray[Any]) -> LinearGenerator:
    """Fit the linear model whose samples have the mean and the covariance of the rows.

    Equation: ``x = mean + S^(1/2) z``, the mean and S of the rows.
    """
    return LinearGenerator.fit(rows, _PLAIN, center=True)


def matched_twins(twins: Twins, noise: Array, *, same_rows: bool = False) -> Twins:
    """Return the twins of the matched linear model: the same rows, sampled from the same noise.

    Without ``train_b`` there is no second model; ``same_rows`` says that B has the rows of A.
    """
    a = matched_model(twins.train_a).sample(noise)
    b = a if same_rows else None
    if twins.train_b is not None:
        b = matched_model(twins.train_b).sample(noise)
    return twins.with_samples(a, b)


def degrees_of_freedom(n: ArrayLike) -> Array:
    """Return the n that formulas take: a model of n rows estimates its mean as well."""
    return np.maximum(np.asarray(n, dtype=np.float64) - 1.0, 1.0)


def predicted_curve(rows: NDArray[Any], sizes: Sequence[int]) -> xr.Dataset | None:
    """Predict the matched linear model at and between ``sizes``, from the spectrum of all rows.

    The spectrum is deconvolved: that of the sample would make convergence look easier than it is.
    None where it cannot be had: too many columns, too few rows, rows that repeat each other.
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
    """Predictions for twin linear models that match the covariance of ``n`` rows each."""

    population: Population
    convergence: float
    spectrum: Array
    """(d,) agreement along each direction of the population, largest variance first."""
    eigenvalues: Array
    """(d,) of the population, with the leading ones inverted one by one."""
    gamma: float
    """Degrees of freedom of each model over d."""

    def along(self, bands: tuple[slice, ...]) -> Array:
        """Return the predicted agreement along bands of ranks, energy-weighted."""
        energy = self.population.eigenvalues(self.spectrum.size)
        weighted = energy * self.spectrum
        total = np.array([energy[band].sum() for band in bands])
        product = np.array([weighted[band].sum() for band in bands])
        told: Array = np.divide(product, total, out=np.full(len(bands), np.nan), where=total > 0)
        return told

    def recovered(self, group: slice, rank: int) -> tuple[float, bool]:
        """Predict the recovery of one direction by a subspace of those of the ranks in ``group``.

        Returns the squared overlap, the floor of an unlearned direction at the least, and whether
        the direction is above the threshold under which nothing is learned. ``rank`` is from 0.
        """
        d = self.eigenvalues.size
        mu = float(self.eigenvalues[rank])
        others = np.delete(self.eigenvalues, np.r_[group])
        if not others.any():  # nothing blurs the only directions there are
            return 1.0, True
        surroundings = (others, np.full(others.size, 1.0 / d))
        found = outlier(mu, surroundings, self.gamma)
        floor = float(overlap_floor(mu, surroundings, self.gamma, d))
        value = float(found.overlap)
        return max(value, floor), value > floor


def matched(rows: NDArray[np.generic], n: int, factors: int) -> Matched | None:
    """Predict for models of ``n`` rows each, from the population that real rows tell of.

    The population spectrum is estimated; the sample spectrum in its place would make convergence
    look easier than it is. Recovery is predicted for as many leading directions as are asked for,
    whether they stand out of the bulk or not. None where there are too many columns, or where rows
    repeat each other.
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
