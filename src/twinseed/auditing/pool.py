"""The closest real row of each sample, whatever role the row plays, and how clear a win that is.

A test that relabels rows needs to know, for each sample, which row is closest among all rows, and
must not look at the labels while finding out. Roles therefore come last: the rows of all roles form
one pool, ties are broken by an order drawn for the pool, and a win is measured against rows of the
pool.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.neighbours import Nearest, folded, nearest
from twinseed.orders.memorisation import GROUPS
from twinseed.progress import Progress

__all__ = ["METRICS", "NearestInPool", "Pool", "attribute", "searched"]

METRICS = ("distance", "cosine")
"""Euclidean distance, and the sine of the angle that goes with |cosine|."""

_BESIDE = 2  # places below the closest group: one near-duplicate of the closest row does no harm


@dataclass(frozen=True)
class Pool:
    """The rows of all roles, split at random into groups, with an order that breaks ties.

    Every tuple has one entry a role; ``label`` and ``order`` have one number a row. Each role gives
    equally many rows to the groups below ``groups``; rows that only a larger role has lie in group
    ``groups + g``, which belongs with group g.
    """

    rows: tuple[NDArray[Any], ...]
    label: tuple[NDArray[np.int64], ...]
    order: tuple[NDArray[np.int64], ...]
    groups: int
    equal: int
    """Rows of the smallest role."""
    origin: NDArray[np.float64] | None
    counts: NDArray[np.int64]
    """Rows of each role in each group, (groups, roles)."""
    starts: NDArray[np.int64]
    """The number in the pool of each role's first row."""

    @classmethod
    def draw(
        cls,
        rows: Sequence[NDArray[Any]],
        rng: np.random.Generator,
        origin: NDArray[np.float64] | None = None,
        equal: int | None = None,
    ) -> Pool:
        """Split the rows of every role at random; nothing is copied.

        ``equal`` is the number of rows that count as those of the smallest role, where roles are
        parts of what is compared.
        """
        sizes = [len(part) for part in rows]
        equal = min(sizes) if equal is None else equal
        groups = min(GROUPS, max(sizes))
        labels = []
        for size in sizes:
            place = rng.permutation(size)
            beyond = min(groups, equal) + (place - equal) % groups
            labels.append(np.where(place < equal, place % groups, beyond))
        order = np.split(rng.permutation(sum(sizes)), np.cumsum(sizes)[:-1])
        counts = np.stack([np.bincount(x % groups, minlength=groups) for x in labels], axis=1)
        starts = np.cumsum([0, *sizes[:-1]])
        kept = tuple(rows), tuple(labels), tuple(order)
        return cls(*kept, groups, equal, origin, counts, starts)

    def odds(self, own: Sequence[int]) -> float:
        """Return the rows of the roles ``own`` for each row of the others."""
        mine = sum(len(self.rows[role]) for role in own)
        return mine / max(sum(len(part) for part in self.rows) - mine, 1)


@dataclass(frozen=True)
class NearestInPool:
    """The closest row of each sample among the rows of all roles; every array is (samples,)."""

    role: NDArray[np.int64]
    row: NDArray[np.int64]
    """Position among the rows of its role."""
    number: NDArray[np.int64]
    """Position in the pool."""
    group: NDArray[np.int64]
    gap: NDArray[np.float64]
    """How far away it is."""
    margin: NDArray[np.float64]
    """``log(gap of another row / gap)``: near 0 no clear win, infinite for an exact copy. The
    other row is the third of the groups' closest rows, so that the margin knows no roles and a
    second copy of a row does not hide the copying of it."""


def searched(
    samples: NDArray[Any], pool: Pool, progress: Progress | None = None
) -> tuple[Nearest, ...]:
    """Return the nearest rows of each sample in each group of each role: one search a role.

    Shapes: samples (N, d); the answers (N, groups) or (N, 2 groups).
    """
    found = []
    for rows, label, order in zip(pool.rows, pool.label, pool.order, strict=True):
        found.append(nearest(samples, rows, groups=label, ties=order, origin=pool.origin))
        if progress is not None:
            progress.advance()
    return tuple(found)


def attribute(found: Sequence[Nearest], pool: Pool) -> Mapping[str, NearestInPool]:
    """Return the closest row of each sample by each of ``METRICS``; ties by the pool's order."""
    sine = [np.sqrt((1 - one.cosine) * (1 + one.cosine)) for one in found]
    return {
        "distance": _closest(
            [one.distance for one in found], [x.distance_row for x in found], pool
        ),
        "cosine": _closest(sine, [one.cosine_row for one in found], pool),
    }


def _closest(
    gaps: Sequence[NDArray[np.float64]], rows: Sequence[NDArray[np.int64]], pool: Pool
) -> NearestInPool:
    role = np.repeat(np.arange(len(gaps)), [gap.shape[1] for gap in gaps])
    gap, row = np.concatenate(gaps, axis=1), np.concatenate(rows, axis=1)
    order = np.concatenate([order[part] for order, part in zip(pool.order, rows, strict=True)], 1)
    every, first = np.arange(len(gap)), gap.min(axis=1)
    pick = np.where(gap == first[:, None], order, np.iinfo(np.int64).max).argmin(axis=1)
    number = np.concatenate([np.arange(part.shape[1]) for part in gaps])
    by_group = folded(gap, pool.groups, np.minimum, number)
    group = number[pick] % pool.groups
    beside = np.sort(by_group, axis=1)[:, min(_BESIDE, pool.groups - 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.log(beside) - np.log(first)
    margin[beside == first] = 0.0
    won, own = role[pick], row[every, pick]
    return NearestInPool(won, own, pool.starts[won] + own, group, first, margin)
