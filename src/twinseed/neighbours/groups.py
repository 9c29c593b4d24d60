"""Nearest rows by group of rows: joined over queries, least over parts of the rows, folded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Nearest", "folded"]

_NAMES = ("cosine", "cosine_row", "distance", "distance_row")


@dataclass(frozen=True)
class Nearest:
    """The nearest rows of each query in each group of rows; every array is (queries, groups)."""

    cosine: NDArray[np.float64]
    """Largest |cosine| to a row, from 0 to 1; 0 for a query or rows of length zero."""
    cosine_row: NDArray[np.int64]
    distance: NDArray[np.float64]
    """Smallest Euclidean distance to a row."""
    distance_row: NDArray[np.int64]

    @classmethod
    def empty(cls, queries: int, groups: int) -> Nearest:
        """Return arrays to be filled."""
        row = np.zeros((queries, groups), dtype=np.int64)
        return cls(np.zeros(row.shape), row, np.zeros(row.shape), row.copy())

    @classmethod
    def joined(cls, parts: Sequence[Nearest]) -> Nearest:
        """Return the answers of several lots of queries, one after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in _NAMES))

    @classmethod
    def least(cls, parts: Sequence[Nearest]) -> Nearest:
        """Return the nearest of the answers of several parts of the rows, the first of equals."""
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
        """Return a view of some queries, in some groups."""
        return Nearest(*(getattr(self, name)[queries, groups] for name in _NAMES))

    def placed(self, groups: NDArray[Any], count: int, before: int) -> Nearest:
        """Return the answers of ``groups`` among ``count`` groups, the others infinitely far.

        ``before`` rows come before the rows that were searched.
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
    values: NDArray[np.float64],
    groups: int,
    best: np.ufunc,
    number: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Return the best value of each group: columns ``g``, ``g + groups``, ... are group g.

    Shapes: values (queries, columns); the answer (queries, groups). ``best`` is ``np.maximum`` or
    ``np.minimum``. ``number`` (columns,) numbers the columns, which count from 0 by default.

    >>> folded(np.array([[1.0, 5.0, 3.0]]), 2, np.maximum)
    array([[3., 5.]])
    """
    group = (np.arange(values.shape[1]) if number is None else number) % groups
    return np.stack([best.reduce(values[:, group == g], axis=1) for g in range(groups)], axis=1)
