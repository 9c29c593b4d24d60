"""The largest cosine of a vector to very many Gaussian rows, without the rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, ndtri, stdtrit

from twinseed.simulation._bidiagonal import chi

__all__ = ["Rows"]

Array = NDArray[np.float64]

_EXPLICIT = 2048
"""Up to as many rows are drawn one by one."""
_NORMAL = 1e6
"""Degrees of freedom from which two terms give Student's quantiles to 1e-9."""


class Rows:
    """``n`` Gaussian rows, of which only the part along one direction and the length matter.

    Equation: ``along[i] = g_i^2``, g standard normal; the rest of the row has squared length
    ``w_i`` of mean 1, a chi^2 with ``freedom`` degrees of freedom over them, independent of it.
    Shapes: ``freedom`` (count,), one for each vector that is compared, and so every answer.
    """

    def __init__(self, n: int, freedom: Array, rng: np.random.Generator) -> None:
        if n <= _EXPLICIT:
            along = rng.standard_normal((freedom.size, n)) ** 2
            column = freedom[:, None]
            rest = chi(np.broadcast_to(column, along.shape), rng) ** 2 / column
            self._fresh = (rest / along).min(axis=1)
            # rows of a frame: those far along one direction are short in the others
            total = along.sum(axis=1, keepdims=True)
            rest *= total - along
            rest /= np.maximum(rest.sum(axis=1, keepdims=True), np.finfo(float).tiny)
            self._fitted = total[:, 0] * (rest / along).min(axis=1)
            return
        # the largest of n has the upper probability 1 - U^(1/n)
        above = -np.expm1(-rng.standard_exponential(freedom.size) / n)
        largest = -_student(freedom, above / 2)
        square = largest**2
        below = np.sqrt(2 / np.pi) * largest * np.exp(-square / 2) / erf(largest / np.sqrt(2))
        others = (1.0 - below) * chi(np.full(freedom.size, n - 1.0), rng) ** 2
        self._fresh = 1.0 / square
        self._fitted = others / (square * (n - 1.0))

    def fresh(self, own: Array, along: Array, rest: Array) -> Array:
        """Return the largest |cosine| of a unit vector x to rows that it does not depend on.

        With ``Sigma^1/2 x`` the direction: ``own = x.Sigma x``, ``along = x.Sigma^2 x/own``, and
        ``rest`` the trace of what is left of Sigma.
        """
        return np.asarray(np.sqrt(_share(own, along + rest * self._fresh)))

    def fitted(self, own: Array, along: Array, rest: Array) -> Array:
        """Return the same for rows X with ``S = X^T X/n`` in place of Sigma, x a function of S.

        Given S, the direction of ``X x`` in the space of rows is uniform.
        """
        return np.asarray(np.sqrt(_share(own, along + rest * self._fitted)))


def _share(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _student(freedom: Array, probability: Array) -> Array:
    """Return lower quantiles of Student's law."""
    z = ndtri(probability)
    wide = z + (z**3 + z) / (4.0 * freedom)
    exact = stdtrit(np.minimum(freedom, _NORMAL), probability)
    return np.asarray(np.where(freedom < _NORMAL, exact, wide))
