"""Splits rows into disjoint halves for twins; near-duplicates stay in one half."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array, Indices
from twinseed.checks import non_negative, numeric_rows, whole
from twinseed.errors import InputError

__all__ = ["Halves", "halves", "near_duplicates"]

NEAR = 0.1
"""Rows nearer than this share of the median nearest-neighbour distance are near-duplicates."""

_FEWEST_HELD_OUT = 2
_BLOCK = 1024


@dataclass(frozen=True, eq=False)
class Halves:
    """Numbers of rows: of each twin, in the order of training sets, and of the held-out rows."""

    a: Indices
    b: Indices
    heldout: Indices
    grouped: int
    """Number of rows that have a near-duplicate."""

    def of(self, n: int) -> tuple[Indices, Indices]:
        """Return the numbers of the first n rows of both twins."""
        return self.a[:n], self.b[:n]


def halves(
    rows: ArrayLike,
    largest: int,
    rng: np.random.Generator,
    *,
    near: float = NEAR,
    groups: Indices | None = None,
) -> Halves:
    """Split rows at random: ``largest`` rows for each twin, all others are held out.

    Near-duplicates go to the same side, so no twin is tested on a near-duplicate of a row of either
    twin. ``groups`` is the result of ``near_duplicates`` for these rows; pass it if the rows are
    split more than once. With the same random stream a larger ``largest`` appends rows: the first
    rows stay the same.

    Raises:
        InputError: too few rows for two disjoint halves and held-out rows.

    >>> split = halves(np.arange(20.0).reshape(10, 2), 3, np.random.default_rng(0))
    >>> len({*split.a, *split.b, *split.heldout}), [len(one) for one in split.of(2)]
    (10, [2, 2])
    """
    x = numeric_rows("rows", rows)
    size = whole("largest", largest, "pass the rows of each twin at the largest size")
    need = 2 * size + _FEWEST_HELD_OUT
    if len(x) < need:
        raise InputError(
            "sizes",
            f"need {need} rows (two disjoint halves of {size}, and {_FEWEST_HELD_OUT} held out)",
            f"{len(x)} rows",
            f"use sizes up to {max((len(x) - _FEWEST_HELD_OUT) // 2, 0)}, or pass more rows",
        )
    if groups is None:
        groups = near_duplicates(x, near)
    counts = np.bincount(groups)
    order = rng.permutation(counts.size)
    members = np.argsort(groups, kind="stable")
    starts = np.concatenate([[0], np.cumsum(counts)])
    sides: tuple[list[int], list[int], list[int]] = ([], [], [])
    for group in order:
        mine = members[starts[group] : starts[group + 1]].tolist()
        open_sides = [k for k in (0, 1) if len(sides[k]) < size]
        chosen = min(open_sides, key=lambda k: len(sides[k])) if open_sides else 2
        sides[chosen].extend(mine)
    a, b, heldout = (np.array(side, dtype=np.int64) for side in sides)
    if min(len(a), len(b)) < size or len(heldout) < _FEWEST_HELD_OUT:
        raise InputError(
            "sizes",
            f"do not fit: with near-duplicates kept together the halves have {len(a)} and "
            f"{len(b)} rows, and {len(heldout)} are held out",
            size,
            "use smaller sizes, or remove repeated rows",
        )
    return Halves(a, b, heldout, int(np.sum(counts[groups] > 1)))


def near_duplicates(rows: ArrayLike, near: float = NEAR) -> Indices:
    """Return a group number for each row; near-duplicates have the same number.

    Equation: two rows are near-duplicates if their distance is at most ``near`` times the median,
    over all rows, of the distance to the nearest other row; groups are the connected components.
    Shapes: (n, d) to (n,). Range: ``near`` from 0 (equal rows only). Cost: all pairs, in blocks.
    Validity: fewer than half of the rows have a near-duplicate, so the median is not one of theirs.

    >>> near_duplicates([[0.0, 0.0], [5.0, 0.0], [0.0, 1e-9], [0.0, 7.0]]).tolist()
    [0, 1, 0, 2]
    """
    x = np.asarray(numeric_rows("rows", rows), dtype=np.float64)
    share = non_negative("near", near, "pass 0 to keep only equal rows together")
    centred = (x - x.mean(axis=0)).astype(np.float32)
    square = np.einsum("ij,ij->i", centred, centred, dtype=np.float64)
    nearest = np.empty(len(x))
    for start, distance in _squared_distances(centred, square):
        nearest[start : start + len(distance)] = distance.min(axis=1)
    # single precision rounds away the distances of near-duplicates: pairs that it cannot exclude
    # are measured again
    limit = share**2 * float(np.median(np.maximum(nearest, 0.0)))
    doubt = 4e-6 * float(square.max())
    left, right = [], []
    for start, distance in _squared_distances(centred, square):
        i, j = np.nonzero(distance <= limit + doubt)
        i += start
        true = np.sum((x[i] - x[j]) ** 2, axis=1)
        left.append(i[true <= limit])
        right.append(j[true <= limit])
    i, j = np.concatenate(left), np.concatenate(right)
    graph = scipy.sparse.coo_array((np.ones(i.size), (i, j)), shape=(len(x), len(x)))
    found: Indices = scipy.sparse.csgraph.connected_components(graph, directed=False)[1].astype(
        np.int64
    )
    return found


def _squared_distances(rows: NDArray[np.float32], square: Array) -> Iterator[tuple[int, Array]]:
    """Yield the first row of a block, and its squared distances to all rows; infinite to itself."""
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        distance = square[start : start + _BLOCK, None] + square - 2.0 * (block @ rows.T)
        distance[np.arange(len(block)), start + np.arange(len(block))] = np.inf
        yield start, distance
