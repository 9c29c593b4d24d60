"""Both twins of many replicates, on Krylov spaces that grow until the samples converge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.filters import Filter
from twinseed.populations import Spiked
from twinseed.simulation.compressed.band import GaussianBand
from twinseed.simulation.compressed.extremes import extreme, gram_band
from twinseed.simulation.compressed.reduction import tall, wide
from twinseed.simulation.ranks import matched

__all__ = ["CompressedTwin", "Limits", "compressed_twins"]

_FIRST_STEPS = 16
_GAUSS, _RADAU = 2.0 / 3.0, 1.0 / 3.0
"""Weights of the two quadrature rules: where convergence is slow (n = d, no ridge) their errors
have the ratio 1 to -2; elsewhere both errors are negligible."""


@dataclass(frozen=True)
class Limits:
    """The largest change by truncation, and the largest number of blocks."""

    tolerance: float
    max_steps: int


@dataclass(frozen=True)
class CompressedTwin:
    """One twin of each replicate (first axis). Its vectors are samples, then factor directions."""

    heads: Array
    """Coordinates of the vectors along the common directions, (replicates, vectors, b)."""
    inner: Array
    """Inner products of the other parts of the vectors, shape (replicates, vectors, vectors)."""
    learnt: int
    """Number of factors that have a direction; the rows of the other factors are zero."""
    values: Array
    """Sample eigenvalues of these factors, shape (replicates, learnt)."""
    moments: Array
    """``x.S x`` and ``x.S^2 x`` of each sample, shape (replicates, seeds, 2)."""
    trace: Array
    """``tr S``, the mean squared length of the training rows."""
    sampled: NDArray[np.bool_]
    """Whether the samples are within the tolerance."""
    directed: NDArray[np.bool_]
    """Whether the directions of the factors are within the tolerance."""


def compressed_twins(
    population: Spiked,
    filter: Filter,
    rows: tuple[int, int],
    d: int,
    noise: Array,
    rngs: Sequence[np.random.Generator],
    limits: Limits,
) -> tuple[CompressedTwin, CompressedTwin]:
    """Draw both twins, one replicate per random generator; noise (replicates, b, seeds).

    A replicate stops when doubling the Krylov space of either twin changed its samples by less than
    the tolerance allows; the directions of its factors may then be refined further.
    """
    sides = [
        _TwinBatch(GaussianBand(n, d, noise.shape[1]), population, filter, noise) for n in rows
    ]
    left = np.arange(len(rngs))
    steps = min(_FIRST_STEPS, limits.max_steps)
    while left.size:
        for i in left.tolist():
            for side in sides:
                side.extend(i, steps, rngs[i])
        settled = np.ones(left.size, dtype=np.bool_)
        for side in sides:
            settled &= side.look(left, steps, limits.tolerance)
        if steps == limits.max_steps:
            break
        left = left[~settled]
        steps = min(steps + steps // 2, limits.max_steps)
    for number, rng in enumerate(rngs):
        for side in sides:
            side.point(number, rng, limits)
    a, b = (side.finished(rngs) for side in sides)
    return a, b


class _TwinBatch:
    """One twin of each replicate, during the draw."""

    def __init__(
        self, band: GaussianBand, population: Spiked, filter: Filter, noise: Array
    ) -> None:
        count, width, self.seeds = noise.shape
        factors, bulk = population.factors, population.bulk
        self.band, self.filter, self.noise = band, filter, noise
        # columns are scaled by the population; the square of the data over n is S
        self.scale = np.sqrt(np.append(factors, np.full(width + 1, bulk)) / band.n)
        self.scales, self.scaled = np.empty((0, width + 1)), (0, 0)
        self.eigenvalues = population.eigenvalues(min(band.d, 2 * factors.size + 2))
        vectors = self.seeds + factors.size
        self.rows = [np.empty((0, width + 1)) for _ in range(count)]
        self.samples: list[Array] = [np.empty((0, 0)) for _ in range(count)]
        self.heads = np.zeros((count, vectors, width))
        self.inner = np.zeros((count, vectors, vectors))
        self.values = np.zeros((count, factors.size))
        self.ends = np.zeros((count, 2))
        self.moments = np.zeros((count, self.seeds, 2))
        self.sampled, self.directed = np.zeros((2, count), dtype=np.bool_)
        self.learnt = factors.size
        self.looked = 0
        """Number of rows at the last check."""

    def extend(self, i: int, steps: int, rng: np.random.Generator) -> None:
        """Draw the missing rows of the first ``steps`` blocks."""
        have, want = len(self.rows[i]), self._height(steps)
        if want > have:
            if self.scaled != (have, want):  # the same for all replicates at this size
                column = np.arange(have, want)[:, None] + np.arange(self.band.b + 1)
                self.scales = self.scale[np.minimum(column, self.scale.size - 1)]
                self.scaled = have, want
            more = self.band.rows(have, want, rng) * self.scales
            self.rows[i] = np.concatenate([self.rows[i], more]) if have else more

    def look(self, left: NDArray[np.intp], steps: int, tolerance: float) -> NDArray[np.bool_]:
        """Compute samples and directions of the replicates ``left``; return which converged."""
        size = self._height(steps)
        whole_matrix = size == self.band.height
        if size == self.looked:  # the whole matrix, which was checked before
            return self.sampled[left]
        rows = np.stack([self.rows[i] for i in left])
        if self.looked == 0 and not whole_matrix:
            self.looked = self._height(max(steps // 2, 1))
            self._find(left, rows[:, : self.looked], tolerance)
        before = self.heads[left, : self.seeds]
        apart = self._find(left, rows, tolerance)
        if whole_matrix:
            self.sampled[left] = self.directed[left] = True
        else:
            heads, inner = self.heads[left, : self.seeds], self.inner[left, : self.seeds]
            length = np.sqrt(np.sum(heads**2, axis=2) + np.diagonal(inner, axis1=1, axis2=2))
            # the remaining change falls at least as the square of the steps
            moved = np.sqrt(np.sum((heads - before) ** 2, axis=2))
            moved /= (size / self.looked) ** 2 - 1.0
            if self.filter.breaks:
                moved += apart
            error = np.divide(2.0 * moved, length, out=np.zeros_like(moved), where=length > 0)
            self.sampled[left] = error.max(axis=1) <= tolerance
        self.looked = size
        return self.sampled[left]

    def point(self, i: int, rng: np.random.Generator, limits: Limits) -> None:
        """Refine the directions of the factors of one replicate until they converge."""
        steps = len(self.rows[i]) // self.band.b
        while not self.directed[i] and steps < limits.max_steps:
            steps = min(2 * steps, limits.max_steps)
            self.extend(i, steps, rng)
            chosen = _signed(self._extremes(i))
            self._keep(i, chosen)
            whole_matrix = len(self.rows[i]) == self.band.height
            self.directed[i] = whole_matrix or bool(self._at_rest(chosen, limits.tolerance))

    def finished(self, rngs: Sequence[np.random.Generator]) -> CompressedTwin:
        """Return the twin of each replicate."""
        bulk = self.scale[-1] ** 2
        squares = [float(np.sum(rows**2)) for rows in self.rows]
        rest = [self.band.rest(len(rows), rng) for rows, rng in zip(self.rows, rngs, strict=True)]
        return CompressedTwin(
            heads=self.heads,
            inner=self.inner,
            learnt=self.learnt,
            values=self.values[:, : self.learnt],
            moments=self.moments,
            trace=np.array(squares) + bulk * np.array(rest),
            sampled=self.sampled,
            directed=self.directed,
        )

    def _height(self, steps: int) -> int:
        return min(steps * self.band.b, self.band.height)

    def _find(self, left: NDArray[np.intp], rows: Array, tolerance: float) -> Array:
        """Reduce the rows of the replicates ``left``; return the difference of the two rules."""
        count, seeds, d = rows.shape[1], self.seeds, self.band.d
        noise = self.noise[left]
        first = wide(rows, d) if self.band.n < d else tall(rows)
        found = first.samples(self.filter, noise)
        column = count - 1 - matched(self.eigenvalues, self.values.shape[1], count)
        chosen = _signed(first.directions[:, column])
        vectors = np.concatenate([found.coordinates, chosen], axis=1)
        heads, inner = self._split(vectors)
        moments, apart = found.moments, np.zeros((left.size, seeds))
        if self.band.n >= d and count < self.band.height:
            other = wide(rows, d).samples(self.filter, noise)
            other_heads, other_inner = self._split(other.coordinates)
            step = other_heads - heads[:, :seeds]
            apart = np.sqrt(np.sum(step**2, axis=2))
            heads[:, :seeds] += _RADAU * step
            inner[:, :seeds, :seeds] = (
                _GAUSS * inner[:, :seeds, :seeds]
                + _RADAU * other_inner
                + _GAUSS * _RADAU * (step @ np.swapaxes(step, 1, 2))
            )
            moments = _GAUSS * moments + _RADAU * other.moments
        used = vectors.shape[1]
        self.heads[left, :used] = heads
        self.inner[left, :used, :used] = inner
        self.moments[left] = moments
        self.values[left, : column.size] = first.values[:, column]
        self.learnt = column.size
        self.directed[left] = self._at_rest(chosen, tolerance)
        self.ends[left] = first.values[:, [0, -1]]
        for j in np.flatnonzero(~self.directed[left]).tolist():
            self.samples[left[j]] = found.coordinates[j].copy()
        return apart

    def _split(self, vectors: Array) -> tuple[Array, Array]:
        """Return the common coordinates of vectors, and the inner products of the others."""
        tails = vectors[..., self.band.b :]
        return vectors[..., : self.band.b].copy(), tails @ np.swapaxes(tails, -1, -2)

    def _at_rest(self, chosen: Array, tolerance: float) -> NDArray[np.bool_]:
        """Tell whether the parts of the directions in late blocks are within the tolerance."""
        square = chosen**2
        overlap = np.sum(square[..., : self.values.shape[1]], axis=-1)
        later = np.sum(square[..., chosen.shape[-1] // 2 :], axis=-1)
        return np.asarray(np.all(overlap * later <= tolerance, axis=-1))

    def _keep(self, i: int, chosen: Array) -> None:
        """Replace the directions of a replicate."""
        seeds, used, width = self.seeds, self.seeds + len(chosen), self.band.b
        samples = self.samples[i]
        heads, inner = self._split(chosen)
        self.heads[i, seeds:used] = heads
        self.inner[i, seeds:used, seeds:used] = inner
        cross = samples[:, width:] @ chosen[:, width : samples.shape[1]].T
        self.inner[i, :seeds, seeds:used] = cross
        self.inner[i, seeds:used, :seeds] = cross.T

    def _extremes(self, i: int) -> Array:
        """Return the directions of the factors, one per row, from the whole band of a replicate."""
        rows, of_rows = self.rows[i], self.band.n < self.band.d
        count, width = len(rows), self.band.b
        column = matched(self.eigenvalues, self.values.shape[1], count)
        start = np.zeros(count)
        start[:width] = 1.0
        band = gram_band(rows, of_rows=of_rows)
        high, low = column[column < count // 2], column[column >= count // 2] - count
        found = []
        if high.size:
            top = extreme(band, self.ends[i, 1], high.max() + 1, start, largest=True)
            found.append(top[:, high])
        if low.size:
            bottom = extreme(band, self.ends[i, 0], -low.min(), start, largest=False)
            found.append(bottom[:, low])
        left = np.hstack(found)
        if not of_rows:
            return np.asarray(left.T)
        seen = np.zeros((count + width, left.shape[1]))
        for j in range(width + 1):
            seen[j : j + count] += rows[:, j, None] * left
        seen = seen[: self.band.d]
        return np.asarray((seen / np.sqrt(np.sum(seen**2, axis=0))).T)


def _signed(chosen: Array) -> Array:
    """Return directions with a positive coordinate along their factors, (..., factors, columns).

    A solver may return either sign, and the draw depends on it.
    """
    own = np.diagonal(chosen, axis1=-2, axis2=-1)
    return chosen * np.where(own < 0, -1.0, 1.0)[..., None]
