"""What theory expects of the matched linear model: the same n, d and spectrum, nothing trained."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.coupling import outlier, solve
from twinseed.coupling.outliers import overlap_floor
from twinseed.data.directions import principal
from twinseed.data.rows import Rows
from twinseed.errors import InputError
from twinseed.filters import Ridge
from twinseed.orders import convergence
from twinseed.populations import Estimated, Population, sample_spectrum
from twinseed.randomness import stream

__all__ = ["DirectionBands", "Matched", "matched", "real_rows"]

_WIDEST = 3000  # columns up to which the population is estimated, from at most this many rows:
_PILOT = 8000
_AXES = 256  # directions of the real data that are followed, at most

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DirectionBands:
    """Principal directions of the real data, in bands of rising width: 1, 1, ... then wider."""

    directions: Array
    """(d, k), largest variance first."""
    bands: tuple[slice, ...]

    @classmethod
    def of(cls, rows: NDArray[np.generic]) -> DirectionBands:
        """Take the leading directions of rows, one by one up to the eighth, then in bands."""
        found = principal(rows, min(_AXES, rows.shape[1]))
        count = found.vectors.shape[1]
        edges = [0]
        while edges[-1] < count:
            edges.append(min(count, edges[-1] + max(1, edges[-1] // 4)))
        bands = tuple(slice(a, b) for a, b in itertools.pairwise(edges))
        return cls(found.vectors, bands)


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

    def recovered(self, group: slice) -> tuple[float, bool]:
        """Predict the recovery of directions of these ranks, as one subspace.

        Returns the mean squared overlap, the floor of an unlearned direction at the least, and
        whether the group is above the threshold under which nothing is learned.
        """
        d = self.eigenvalues.size
        mu = float(self.eigenvalues[group].mean())
        others = np.delete(self.eigenvalues, np.r_[group])
        if not others.any():  # nothing blurs the only directions there are
            return 1.0, True
        surroundings = (others, np.full(others.size, 1.0 / d))
        found = outlier(mu, surroundings, self.gamma)
        floor = float(overlap_floor(mu, surroundings, self.gamma, d))
        value = float(found.overlap)
        return max(value, floor), value > floor


def real_rows(rows: Rows, entropy: tuple[int, ...]) -> NDArray[np.generic]:
    """Return all real rows (training and held-out), or a random 8000 of them."""
    real = rows.arrays.values()
    draw = stream(entropy, "audit: rows for the population")
    share = min(1.0, _PILOT / sum(len(part) for part in real))
    chosen = [part[np.sort(draw.permutation(len(part))[: int(share * len(part))])] for part in real]
    return np.concatenate(chosen)


def matched(rows: NDArray[np.generic], n: int, factors: int) -> Matched | None:
    """Predict for models of ``n`` rows each, from the population that real rows tell of.

    The population spectrum is estimated; the sample spectrum in its place would make convergence
    look easier than it is. Recovery is predicted for as many leading directions as are asked for,
    whether they stand out of the bulk or not. None where there are too many columns, or where rows
    repeat each other.
    """
    if rows.shape[1] > _WIDEST:
        return None
    try:
        sample = sample_spectrum(rows)
        population = Estimated.of(sample)
        leading = Estimated.of(sample, factors)
    except InputError:
        return None
    d = rows.shape[1]
    degrees = np.full((1, 1, 1), max(n - 1.0, 1.0))  # a model estimates its mean as well
    load = degrees / d
    coupling = solve(population, [Ridge(0.0)], degrees, np.full_like(degrees, d), load)
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
