"""Finds the sample direction that belongs to each factor of the population."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = ["matched"]


def matched(eigenvalues: Array, factors: int, learnt: int) -> NDArray[np.intp]:
    """Return the column of the sample direction of each factor, for the factors that have one.

    ``eigenvalues`` has the factors first, from large to small. Ranks in the lower half are counted
    from the smallest eigenvalue, because the sample may have fewer directions than the population.
    Factors without a sample direction are left out at the end: their overlap is 0.

    >>> matched(np.array([5.0, 0.1, 1.0, 1.0, 1.0, 1.0]), factors=2, learnt=4)
    array([0, 3])
    """
    d = eigenvalues.size
    rank = np.argsort(np.argsort(-eigenvalues, kind="stable"), kind="stable")[:factors]
    column = np.where(rank < d // 2, rank, learnt - (d - rank)).clip(0, learnt - 1)
    rising = np.diff(column, prepend=-1) > 0
    return column[np.logical_and.accumulate(rising)]
