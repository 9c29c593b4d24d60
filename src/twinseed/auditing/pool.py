"""The real rows of all roles as one pool, cut into cells without a look at the roles.

A test that relabels rows needs to know, for each sample, which row is closest among all rows, and
must not look at the labels while finding out. The rows of all roles therefore form one pool, the
pool is cut at random into cells, ties are broken at random, and a win is measured against rows of
other cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Indices
from twinseed.auditing.roles import Role
from twinseed.orders.memorisation import GROUPS

__all__ = ["CELLS", "FOLDS", "Pool"]

CELLS = 20
"""Cells of the pool; a row of the pool is never compared with the rows of its own cell."""

FOLDS = 5
"""Ways in which the cells are put together into groups; the statistics are averaged over them."""


@dataclass(frozen=True, eq=False)
class Pool:
    """The rows of all roles, in cells, with an order that breaks ties.

    Tuples have one entry per role, and their arrays one number per row. A unit is what is
    relabelled as a whole: one row, or all rows of one person, film or picture; a unit has one role
    and one cell.
    """

    roles: tuple[Role, ...]
    unit: tuple[Indices, ...]
    unit_role: NDArray[np.int8]
    """The role of each unit."""
    cell: tuple[Indices, ...]
    place: tuple[Indices, ...]
    """A random order of the rows of each role; those below ``equal`` are compared in m."""
    order: tuple[Indices, ...]
    cells: int
    groups: int
    folds: Indices
    """The group of each cell in each of the ``FOLDS`` foldings, (folds, cells)."""
    ranks: Indices
    """A random rank of each cell in each folding: ties between cells, (folds, cells)."""
    equal: int
    """Rows of the smallest role."""
    starts: Indices
    """The number in the pool of each role's first row."""
    labels: tuple[Indices, ...]
    """The label that each row is searched under: its cell, beyond ``equal`` cells + cell."""
    unit_of: Indices
    """The unit of each row of the pool, all roles one after the other."""
    role_of: Indices
    """The role of each row of the pool."""
    size: int
    """Number of rows."""

    @classmethod
    def draw(
        cls,
        roles: Sequence[Role],
        rng: np.random.Generator,
        units: Mapping[str, Indices] | None = None,
        equal: int | None = None,
    ) -> Pool:
        """Cut the rows of every role at random; nothing is copied.

        ``units`` holds the number of each row's unit, by argument name; by default each row is its
        own unit. ``equal`` is the number of rows that count as the rows of the smallest role, where
        roles are parts of what is compared.
        """
        sizes = [len(role.rows) for role in roles]
        starts = np.cumsum([0, *sizes[:-1]])
        if units is None:
            unit = [start + np.arange(size) for start, size in zip(starts, sizes, strict=True)]
        else:
            unit = _numbered([units[role.name][role.index] for role in roles])
        count = 1 + max(int(part.max()) for part in unit)
        unit_role = np.empty(count, dtype=np.int8)
        for role, part in enumerate(unit):
            unit_role[part] = role
        cells = min(CELLS, count)
        cell_of = rng.permutation(count) % cells
        groups = min(GROUPS, cells)
        dealt = np.arange(cells) % groups
        folds = np.stack([dealt[rng.permutation(cells)] for _ in range(FOLDS)])
        cell = tuple(cell_of[part] for part in unit)
        place = tuple(rng.permutation(size) for size in sizes)
        equal = min(sizes) if equal is None else equal
        return cls(
            tuple(roles),
            tuple(unit),
            unit_role,
            cell,
            place,
            tuple(np.split(rng.permutation(sum(sizes)), starts[1:])),
            cells,
            groups,
            folds,
            np.stack([rng.permutation(cells) for _ in range(FOLDS)]),
            equal,
            starts,
            tuple(one + cells * (at >= equal) for one, at in zip(cell, place, strict=True)),
            np.concatenate(unit),
            np.repeat(np.arange(len(sizes)), sizes),
            sum(sizes),
        )

    def odds(self, own: Sequence[int]) -> float:
        """Return the rows of the roles ``own`` for each row of the others."""
        mine = sum(len(self.roles[role].rows) for role in own)
        return mine / max(self.size - mine, 1)


def _numbered(parts: Sequence[Indices]) -> list[Indices]:
    """Number the units of all roles from 0; rows of one unit in two roles become two units."""
    keys = np.concatenate([part * len(parts) + role for role, part in enumerate(parts)])
    _, number = np.unique(keys, return_inverse=True)
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return [np.asarray(part, dtype=np.int64) for part in np.split(number.ravel(), ends)]
