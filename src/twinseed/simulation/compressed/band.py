"""Exact draws of the band matrix to which a white Gaussian matrix reduces from a few directions.

For a Gaussian matrix the numbers in the band are independent, so they are drawn instead of the
matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array, Flags, Indices

__all__ = ["GaussianBand", "chi", "gaussian_factor", "joined", "uniform_frame"]


def chi(freedom: ArrayLike, rng: np.random.Generator) -> Array:
    """Draw chi variables; degrees of freedom of zero give zero. Exact at any size, by a gamma draw.

    >>> round(float(chi(1e24, np.random.default_rng(0))) / 1e12, 9)
    1.0
    """
    half = np.asarray(freedom, dtype=np.float64) / 2.0
    return np.asarray(np.sqrt(2.0 * rng.standard_gamma(half)))


def gaussian_factor(rows: int, columns: int, rng: np.random.Generator) -> Array:
    """Draw the triangular factor R of a Gaussian ``rows x columns`` matrix ``Q R``.

    Equation: ``R[i, i] = chi`` with ``rows - i`` degrees of freedom, ``R[i, j] = N(0, 1)`` for
    j > i, independent of each other and of the uniform frame Q (orthonormal columns). Shape:
    ``(min(rows, columns), columns)``; the diagonal is not negative.

    Source: Bartlett, Proc. R. Soc. Edinburgh 53 (1933) 260.
    """
    upper, place, freedom = _triangle(rows, columns)
    factor = np.where(upper, rng.standard_normal(upper.shape), 0.0)
    factor[place, place] = chi(freedom, rng)
    return factor


@lru_cache(maxsize=16)
def _triangle(rows: int, columns: int) -> tuple[Flags, Indices, Indices]:
    """Return where normals are, the places on the diagonal, and their degrees of freedom."""
    place = np.arange(min(rows, columns))
    return place[:, None] < np.arange(columns), place, rows - place


@dataclass(frozen=True)
class GaussianBand:
    """Block Golub-Kahan reduction of a white Gaussian ``n x d`` matrix from ``b`` directions.

    Equation: ``G V = U B`` with uniform frames U and V, the first b columns of V given, and B upper
    triangular with bandwidth b: ``B[i, i] = chi_(n - i)``, ``B[i, i + b] = chi_(d - b - i)`` and
    standard normal entries in between, all independent. B can be drawn row by row. The first K rows
    are G along the first K directions of the frame U; without the last b columns they are G along
    the first K directions of V.

    Source: Golub and Kahan, SIAM J. Numer. Anal. 2 (1965) 205; Dumitriu and Edelman, J. Math. Phys.
    43 (2002) 5830, for b = 1.

    >>> band = GaussianBand(10**12, 10**12, 2)
    >>> rows = band.rows(0, 5, np.random.default_rng(0))
    >>> rows.shape, band.matrix(rows).shape, GaussianBand(3, 4, 2).matrix(rows[:3]).shape
    ((5, 3), (5, 7), (3, 4))
    """

    n: int
    d: int
    b: int

    @property
    def height(self) -> int:
        """Number of all rows of B."""
        return min(self.n, self.d)

    def rows(self, start: int, stop: int, rng: np.random.Generator) -> Array:
        """Draw rows ``start`` to ``stop``, diagonal first. Shape: (stop - start, b + 1)."""
        drawn = np.empty((stop - start, self.b + 1))
        drawn[:, 1:-1] = rng.standard_normal((stop - start, self.b - 1))
        drawn[:, 0], drawn[:, -1] = chi(_freedom(self, start, stop), rng)
        if stop + self.b > self.d:
            index = np.arange(start, stop)
            drawn[index[:, None] + np.arange(self.b + 1) >= self.d] = 0.0
        return drawn

    def matrix(self, rows: Array) -> Array:
        """Return rows, shape (..., K, b + 1), as a matrix of ``min(d, K + b)`` columns."""
        count = rows.shape[-2]
        laid = np.zeros((*rows.shape[:-2], count, count + self.b))
        index = np.arange(count)[:, None]
        laid[..., index, index + np.arange(self.b + 1)] = rows
        return laid[..., : self.d]

    def rest(self, count: int, rng: np.random.Generator) -> float:
        """Draw the squared Frobenius norm of B without its first ``count`` rows."""
        return float(chi(float(self.n - count) * float(self.d - count), rng)) ** 2


@lru_cache(maxsize=16)
def _freedom(band: GaussianBand, start: int, stop: int) -> Indices:
    """Return the degrees of freedom of the first and of the last number in each row."""
    index = np.arange(start, stop)
    return np.stack([band.n - index, np.maximum(band.d - band.b - index, 0)])


def uniform_frame(size: int, space: int, rng: np.random.Generator) -> Array:
    """Draw a uniform frame of ``size`` directions in R^space, relative to as many given directions.

    The first coordinates of the frame are along the given directions; the other coordinates span
    the part of the frame outside the given directions. Shape: (min(2 size, space), size),
    orthonormal columns; ``size <= space``.

    >>> frame = uniform_frame(2, 10**12, np.random.default_rng(0))
    >>> frame.shape, bool(np.allclose(frame.T @ frame, np.eye(2)))
    ((4, 2), True)
    """
    along = rng.standard_normal((size, size))
    q, r = np.linalg.qr(np.vstack([along, gaussian_factor(space - size, size, rng)]))
    # of the frames with this span, the uniform frame
    return np.asarray(q * np.where(np.diagonal(r) < 0, -1.0, 1.0))


def joined(a: Array, b: Array, inner_a: Array, inner_b: Array, frame: Array) -> tuple[Array, Array]:
    """Return two sets of vectors with partly shared coordinates in one space, isometrically.

    Shapes, each with leading axes for replicates: rows of ``a`` and ``b`` (m, shared) are the parts
    along common directions. The other parts lie in two independent uniform frames, and are given by
    their inner products ``inner_a`` and ``inner_b`` (m, m), of rank at most k. ``frame`` (h, k) is
    a ``uniform_frame``. The answer is the coordinates of both sets in one orthonormal frame, with
    ``shared + h`` columns.

    >>> one = np.ones((1, 1))
    >>> frame = uniform_frame(1, 10**12, np.random.default_rng(0))
    >>> x, y = joined(one, one, 2 * one, 2 * one, frame)
    >>> x.shape, round(float(x[0] @ y[0]), 3), round(float(y[0] @ y[0]), 3)
    ((1, 3), 1.0, 3.0)
    """
    height, rank = frame.shape[-2:]
    tail_a = np.zeros((*a.shape[:-1], height))
    tail_a[..., :rank] = _root(inner_a, rank)
    tail_b = _root(inner_b, rank) @ np.swapaxes(frame, -1, -2)
    return np.concatenate([a, tail_a], axis=-1), np.concatenate([b, tail_b], axis=-1)


def _root(inner: Array, rank: int) -> Array:
    """Return vectors, as rows of ``rank`` coordinates, with these inner products.

    The first vector has no negative coordinate, whichever sign the solver gives.
    """
    size = np.sqrt(np.diagonal(inner, axis1=-2, axis2=-1))
    scale = np.where(size > 0, size, 1.0)
    values, vectors = np.linalg.eigh(inner / scale[..., :, None] / scale[..., None, :])
    vectors *= np.where(vectors[..., :1, :] < 0, -1.0, 1.0)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]
    return np.asarray(size[..., None] * root[..., root.shape[-1] - rank :])
