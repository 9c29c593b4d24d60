"""Nearest rows per group of rows: joined over queries, or the least over parts of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = ["Nearest", "folded"]

_NAMES = ("cosine", "cosine_row", "distance", "distance_row")


@dataclass(frozen=True)
class Nearest:
    """The nearest rows of each query in each group of rows; every array is (queries, groups).

    Args:
        cosine: largest |cosine| to a row, from 0 to 1; 0 for a query or rows of length zero.
        cosine_row: number of the row with this cosine.
        distance: smallest Euclidean distance to a row.
        distance_row: number of the row with this distance.
    """

    cosine: Array
    cosine_row: NDArray[np.int64]
    distance: Array
    distance_row: NDArray[np.int64]

    @classmethod
    def empty(cls, queries: int, groups: int) -> Nearest:
        """Return arrays to be filled.

        Args:
            queries: number of queries.
            groups: number of groups.
        """
        row = np.zeros((queries, groups), dtype=np.int64)
        return cls(np.zeros(row.shape), row, np.zeros(row.shape), row.copy())

    @classmethod
    def joined(cls, parts: Sequence[Nearest]) -> Nearest:
        """Return the answers of several sets of queries, one after the other.

        Args:
            parts: the answers, with the same groups.
        """
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in _NAMES))

    @classmethod
    def least(cls, parts: Sequence[Nearest]) -> Nearest:
        """Return the nearest row over several parts of the rows; of equals the first.

        Args:
            parts: the answers for the same queries.
        """
        best, *others = parts
        for one in others:
            closer, nearer = one.cosine > best.cosine, one.distance < best.distance
            best = cls(
                np.where(closer, one.cosine, best.cosine),
                np.where(closer, one.cosine_row, best.cosine_row),
                np.where(nearer, one.distance, best.distance),
                np.where(nearer, one.distance_row, best.distance_row),
            )
        return best

    def part(self, queries: slice, groups: slice = slice(None)) -> Nearest:
        """Return a view of some queries, in some groups.

        Args:
            queries: which queries.
            groups: which groups; all by default.
        """
        return Nearest(*(getattr(self, name)[queries, groups] for name in _NAMES))

    def placed(self, groups: NDArray[Any], count: int, before: int) -> Nearest:
        """Return the answers among more groups; the other groups are infinitely far.

        Args:
            groups: the numbers of these groups among all groups.
            count: number of all groups.
            before: number of rows that come before the rows that were searched.
        """
        shape = len(self.cosine), count
        found = Nearest(
            np.full(shape, -np.inf),
            np.zeros(shape, dtype=np.int64),
            np.full(shape, np.inf),
            np.zeros(shape, dtype=np.int64),
        )
        found.cosine[:, groups], found.distance[:, groups] = self.cosine, self.distance
        found.cosine_row[:, groups] = self.cosine_row + before
        found.distance_row[:, groups] = self.distance_row + before
        return found


def folded(
    values: Array, groups: int, best: np.ufunc, number: NDArray[np.int64] | None = None
) -> Array:
    """Return the best value of each group: columns ``g``, ``g + groups``, ... are group g.

    Shapes: values (queries, columns); the answer (queries, groups). ``best`` is ``np.maximum`` or
    ``np.minimum``. ``number`` (columns,) are the numbers of the columns, by default from 0.

    >>> folded(np.array([[1.0, 5.0, 3.0]]), 2, np.maximum)
    array([[3., 5.]])
    """
    group = (np.arange(values.shape[1]) if number is None else number) % groups
    return np.stack([best.reduce(values[:, group == g], axis=1) for g in range(groups)], axis=1)
