"""The closest real row of each sample, whatever role the row plays, and how clear a win that is.

A test that relabels rows needs to know, for each sample, which row is closest among all rows, and
must not look at the labels while finding out. Rows are therefore put into blocks, one row of each
role a block, at random; a row is known by its block, and its role comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.neighbours import nearest

__all__ = ["METRICS", "Closest", "Roles", "closest"]

METRICS = ("distance", "cosine")
"""Euclidean distance, and the sine of the angle that goes with |cosine|."""

_GROUPS = 8

Advance = Callable[[], None]


@dataclass(frozen=True)
class Roles:
    """Equal numbers of rows in every role, aligned at random in blocks of one row a role.

    Every tuple has one entry a role; ``block`` and ``index`` have one number a row: its block, and
    its position in the array that it was taken from.
    """

    rows: tuple[NDArray[Any], ...]
    block: tuple[NDArray[np.int64], ...]
    index: tuple[NDArray[np.int64], ...]
    blocks: int
    origin: NDArray[np.float64] | None

    @classmethod
    def draw(
        cls,
        rows: Sequence[NDArray[Any]],
        rng: np.random.Generator,
        origin: NDArray[np.float64] | None = None,
    ) -> Roles:
        """Take as many rows of each role as the smallest has, and align them at random.

        A role that is used whole is not copied.
        """
        blocks = min(len(part) for part in rows)
        taken, block, index = [], [], []
        for part in rows:
            chosen = np.sort(rng.permutation(len(part))[:blocks])
            taken.append(part if blocks == len(part) else part[chosen])
            block.append(rng.permutation(blocks))
            index.append(chosen)
        return cls(tuple(taken), tuple(block), tuple(index), blocks, origin)

    @property
    def groups(self) -> int:
        """Groups of blocks; the runner-up of a sample is sought in the groups of other blocks."""
        return min(_GROUPS, self.blocks)


@dataclass(frozen=True)
class Closest:
    """The closest row of each sample among the rows of all roles; every array is (samples,)."""

    block: NDArray[np.int64]
    role: NDArray[np.int64]
    row: NDArray[np.int64]
    """Position in the array that the role's rows were taken from."""
    gap: NDArray[np.float64]
    """How far away it is."""
    margin: NDArray[np.float64]
    """``log(gap of the runner-up / gap)``: 0 no clear win, infinite for an exact copy. The
    runner-up is the closest row in other groups of blocks, so that the margin knows no roles."""


def closest(
    samples: NDArray[Any],
    roles: Roles,
    rng: np.random.Generator,
    advance: Advance | None = None,
) -> Mapping[str, Closest]:
    """Return the closest row of each sample by each of ``METRICS``; ties are broken at random.

    Shapes: samples (N, d). Cost: one exact search of all rows for each role.
    """
    found = []
    for rows, block in zip(roles.rows, roles.block, strict=True):
        labels = block % roles.groups
        found.append(nearest(samples, rows, groups=labels, origin=roles.origin))
        if advance is not None:
            advance()
    sine = [np.sqrt((1 - one.cosine) * (1 + one.cosine)) for one in found]
    gaps = {"distance": [one.distance for one in found], "cosine": sine}
    where = {
        "distance": [one.distance_row for one in found],
        "cosine": [one.cosine_row for one in found],
    }
    return {
        metric: _closest(np.stack(gaps[metric], 1), np.stack(where[metric], 1), roles, rng)
        for metric in METRICS
    }


def _closest(
    gap: NDArray[np.float64],
    where: NDArray[np.int64],
    roles: Roles,
    rng: np.random.Generator,
) -> Closest:
    """Reduce (samples, roles, groups) to the closest row of each sample."""
    count, _, groups = gap.shape
    every = np.arange(count)
    flat = gap.reshape(count, -1)
    first = flat.min(axis=1)
    pick = np.argmax((flat == first[:, None]) * (1 + rng.random(flat.shape)), axis=1)
    role, group = np.divmod(pick, groups)
    row = where[every, role, group]
    block, index = np.empty_like(row), np.empty_like(row)
    for k in range(len(roles.rows)):
        own = role == k
        block[own] = roles.block[k][row[own]]
        index[own] = roles.index[k][row[own]]
    by_group = gap.min(axis=1)
    by_group[every, group] = np.inf
    runner_up = by_group.min(axis=1) if groups > 1 else first
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = np.log(runner_up) - np.log(first)
    margin[runner_up == first] = 0.0
    return Closest(block, role, index, first, margin)
