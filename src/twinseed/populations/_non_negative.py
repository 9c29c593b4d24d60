"""Least squares with values that are not negative.

scipy.optimize has the same, but its import takes a third of a second of each small audit.
"""

from __future__ import annotations

import math

import numpy as np
import scipy
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = ["non_negative"]

_TINY = np.finfo(np.float64).tiny
_SPACE = 64  # numbers that Lapack may use


def non_negative(matrix: Array, target: Array, start: Array | None = None) -> Array:
    """Return the x >= 0 that makes ``|target - matrix x|`` least.

    A set of columns grows by the column of the steepest descent, and loses the columns whose
    least-squares value is not positive, as long as the distance falls. Nearly equal columns cannot
    take turns, because a distance that does not fall is the end. ``start`` is a guess, as the
    answer to a similar question; it saves time.
    Source: Lawson and Hanson, Solving Least Squares Problems (1974), chapter 23.

    >>> non_negative(np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([2.0, -1.0])).round(12)
    array([2., 0.])
    """
    x, left = np.zeros(matrix.shape[1]), target
    if start is not None:
        x, left = _solved(matrix, target, start, np.flatnonzero(start))
    distance = math.sqrt(left @ left)
    while True:
        descent = matrix.T @ left
        descent[x > 0.0] = 0.0
        steepest = int(descent.argmax())
        if descent[steepest] <= 0.0:
            return x
        found, nearer = _solved(matrix, target, x, np.append(np.flatnonzero(x), steepest))
        least = math.sqrt(nearer @ nearer)
        if least >= distance:
            return x
        x, left, distance = found, nearer, least


def _solved(
    matrix: Array, target: Array, x: Array, columns: NDArray[np.intp]
) -> tuple[Array, Array]:
    """Return the least squares of some columns, and what is left of the target.

    On the way there from x, a column whose value falls to zero is left out.
    """
    lapack, before, found = scipy.linalg.lapack, x[columns], np.zeros(x.size)
    while columns.size:
        factors, tau, _, _ = lapack.dgeqrf(matrix[:, columns])
        turned = lapack.dormqr("L", "T", factors, tau, target[:, None], _SPACE)[0]
        after, singular = lapack.dtrtrs(factors[: columns.size], turned[: columns.size, 0])
        if singular:  # one column is a sum of others: the last one is left out
            after[-1], before[-1] = -1.0, 0.0
        ratio, falls = np.full(before.size, np.inf), after <= 0.0
        ratio[falls] = before[falls] / np.maximum(before - after, _TINY)[falls]
        first = int(ratio.argmin())
        if after[first] > 0.0:
            found[columns] = after
            # what is left is orthogonal to the columns up to rounding, however alike these are
            turned[: columns.size] = 0.0
            return found, lapack.dormqr("L", "N", factors, tau, turned, _SPACE)[0][:, 0]
        before = np.delete(before + ratio[first] * (after - before), first)
        columns = np.delete(columns, first)
    return found, target
