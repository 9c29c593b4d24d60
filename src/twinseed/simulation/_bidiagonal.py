"""Exact draws of what a white Gaussian matrix looks like from a few directions.

The reduction of a matrix to a band, started from given directions, needs as many numbers as the
band holds, and for a Gaussian matrix these numbers are independent: the matrix is never drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["GaussianBand", "chi", "gaussian_factor", "joined"]

Array = NDArray[np.float64]


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
    j > i, independent of each other and of the frame Q, which is uniform. Shape: ``(min(rows,
    columns), columns)``; the diagonal is not negative.

    Source: Bartlett, Proc. R. Soc. Edinburgh 53 (1933) 260.
    """
    kept = min(rows, columns)
    factor = np.triu(rng.standard_normal((kept, columns)), 1)
    factor[np.arange(kept), np.arange(kept)] = chi(rows - np.arange(kept), rng)
    return factor


class GaussianBand:
    """Block Golub-Kahan reduction of a white Gaussian ``n x d`` matrix from ``b`` directions.

    Equation: ``G V = U B`` with uniform frames U and V, the first b columns of V given, and B upper
    triangular with bandwidth b: ``B[i, i] = chi_(n - i)``, ``B[i, i + b] = chi_(d - b - i)`` and
    standard normal entries in between, all independent. Row by row it can be drawn as far as
    wanted: the first K columns of B are G on the space of the first K directions.

    Source: Golub and Kahan, SIAM J. Numer. Anal. 2 (1965) 205; Dumitriu and Edelman, J. Math. Phys.
    43 (2002) 5830, for b = 1.

    >>> band = GaussianBand(10**12, 10**12, 2, np.random.default_rng(0))
    >>> band.leading(5).shape, GaussianBand(3, 9, 2, np.random.default_rng(0)).leading(3).shape
    ((5, 5), (3, 5))
    """

    def __init__(self, n: int, d: int, b: int, rng: np.random.Generator) -> None:
        self.n, self.d, self.b = n, d, b
        self._rng = rng
        self._rows = np.empty((0, b + 1))

    def leading(self, size: int) -> Array:
        """Return the first ``size`` columns; all there are once the smaller side runs out."""
        rows = min(size, self.n, self.d)
        self._grow(rows)
        columns = min(self.d, self.n + self.b) if self.exhausted(size) else rows
        band = np.zeros((rows, rows + self.b))
        index = np.arange(rows)[:, None]
        band[index, index + np.arange(self.b + 1)] = self._rows[:rows]
        return band[:, :columns]

    def exhausted(self, size: int) -> bool:
        """Whether ``size`` columns are the whole of the matrix, seen from its start."""
        return size >= min(self.n, self.d)

    def rest(self, size: int, rng: np.random.Generator) -> float:
        """Draw the squared Frobenius norm of what ``leading(size)`` leaves out of G."""
        if self.exhausted(size):
            return 0.0
        freedom = float(self.n - size + min(self.b, size)) * float(self.d - size)
        return float(chi(freedom, rng)) ** 2

    def _grow(self, rows: int) -> None:
        have = len(self._rows)
        if rows <= have:
            return
        index = np.arange(have, rows)
        new = self._rng.standard_normal((index.size, self.b + 1))
        new[:, 0] = chi(self.n - index, self._rng)
        new[:, -1] = chi(np.maximum(self.d - self.b - index, 0), self._rng)
        self._rows = np.concatenate([self._rows, new])


def joined(
    a: Array, b: Array, shared: int, d: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Put two sets of vectors with partly shared coordinates into one space, isometrically.

    Shapes: rows of ``a`` (m, Ka) and ``b`` (m, Kb) are vectors of R^d; the first ``shared``
    coordinates are along common directions, the others along two independent uniform frames of the
    rest. The answer: coordinates of both in one orthonormal frame, of at most ``shared + 2 m``
    columns, whatever d.

    >>> x, y = np.ones((2, 1, 3))
    >>> x, y = joined(x, y, 1, 10**12, np.random.default_rng(0))
    >>> x.shape, round(float(x[0] @ y[0]), 3), round(float(y[0] @ y[0]), 3)
    ((1, 3), 1.0, 3.0)
    """
    outside = d - shared
    # every tail lies in a space of at most m directions: the rows of a triangular factor
    tails = [np.transpose(np.linalg.qr(x[:, shared:].T, mode="r")) for x in (a, b)]
    size = min(len(a), outside)
    frame = rng.standard_normal((size, size))
    q, r = np.linalg.qr(np.vstack([frame, gaussian_factor(outside - size, size, rng)]))
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)  # the uniform one of the frames with this span
    tail_a = np.zeros((len(a), len(q)))
    tail_a[:, : tails[0].shape[1]] = tails[0]
    tail_b = tails[1] @ q[:, : tails[1].shape[1]].T
    return np.hstack([a[:, :shared], tail_a]), np.hstack([b[:, :shared], tail_b])
