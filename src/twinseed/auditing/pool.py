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

from twinseed.auditing.roles import Role
from twinseed.orders.memorisation import GROUPS

__all__ = ["CELLS", "FOLDS", "Gaps", "NearestInPool", "Pool", "attribute"]

CELLS = 20
"""Cells of the pool; a row of the pool is never compared with the rows of its own cell."""

FOLDS = 5
"""Ways in which the cells are put together into groups; the statistics are averaged over them."""

_BESIDE = 2  # places below the closest group: one near-duplicate of the closest row does no harm

Indices = NDArray[np.int64]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pool:
    """The rows of all roles, in cells, with an order that breaks ties.

    Tuples have one entry a role, and their arrays one number a row. A unit is what is relabelled as
    a whole: one row, or all rows of one person, film or picture; a unit has one role and one cell.
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
        return cls(
            tuple(roles),
            tuple(unit),
            unit_role,
            tuple(cell_of[part] for part in unit),
            tuple(rng.permutation(size) for size in sizes),
            tuple(np.split(rng.permutation(sum(sizes)), starts[1:])),
            cells,
            groups,
            folds,
            np.stack([rng.permutation(cells) for _ in range(FOLDS)]),
            min(sizes) if equal is None else equal,
            starts,
        )

    @property
    def labels(self) -> tuple[Indices, ...]:
        """The label that each row is searched under: its cell, beyond ``equal`` cells + cell."""
        return tuple(
            cell + self.cells * (place >= self.equal)
            for cell, place in zip(self.cell, self.place, strict=True)
        )

    @property
    def size(self) -> int:
        """Number of rows."""
        return sum(len(role.rows) for role in self.roles)

    def odds(self, own: Sequence[int]) -> float:
        """Return the rows of the roles ``own`` for each row of the others."""
        mine = sum(len(self.roles[role].rows) for role in own)
        return mine / max(self.size - mine, 1)

    def unit_of(self, number: Indices) -> Indices:
        """Return the unit of rows by their position in the pool."""
        return np.concatenate(self.unit)[number]

    def role_of(self, number: Indices) -> tuple[Indices, Indices]:
        """Return the role of rows by their position in the pool, and their position in the role."""
        role = np.searchsorted(self.starts, number, side="right") - 1
        return role, number - self.starts[role]


def _numbered(parts: Sequence[Indices]) -> list[Indices]:
    """Number the units of all roles from 0; rows of one unit in two roles become two units."""
    keys = np.concatenate([part * len(parts) + role for role, part in enumerate(parts)])
    _, number = np.unique(keys, return_inverse=True)
    ends = np.cumsum([len(part) for part in parts])[:-1]
    return [np.asarray(part, dtype=np.int64) for part in np.split(number.ravel(), ends)]


@dataclass(frozen=True, eq=False)
class Gaps:
    """How far some samples are from the closest row of each label of each role.

    Shapes: (samples, roles times labels). ``gap`` is a logarithm, so that -inf is an exact copy.
    ``who`` numbers the samples that were searched for.
    """

    gap: Array
    row: Indices
    who: Indices


@dataclass(frozen=True, eq=False)
class NearestInPool:
    """The closest row of some samples among the rows of all roles.

    ``role``, ``row`` (position among the rows of its role), ``number`` (position in the pool) and
    ``margin`` are (folds, samples): ties are broken anew, and cells put together anew, in each.
    """

    role: Indices
    row: Indices
    number: Indices
    gap: Array
    """Logarithm of how far away it is, (samples,)."""
    margin: Array
    """``log(gap of another row / gap)``: near 0 no clear win, infinite for an exact copy. The
    other row is the third of the groups' closest rows, so that the margin knows no roles and a
    second copy of a row does not hide the copying of it."""
    who: Indices

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.gap.size


def attribute(found: Gaps, pool: Pool, without: Indices | None = None) -> NearestInPool:
    """Return the closest row of each sample; ties by the pool's order, anew in each folding.

    ``without``: a cell for each sample that is left out of its search, as the cell of a real row
    that is compared with the other real rows.
    """
    gap = found.gap
    labels = 2 * pool.cells
    column = np.arange(gap.shape[1])
    cell = column % labels % pool.cells
    if without is not None:
        gap = np.where(cell[None, :] == without[:, None], np.inf, gap)
    every, first = np.arange(len(gap)), gap.min(axis=1, initial=np.inf)
    tied = gap == first[:, None]
    role_of_column = column // labels
    order = np.empty(gap.shape, dtype=np.int64)
    for k, part in enumerate(pool.order):
        here = role_of_column == k
        order[:, here] = part[found.row[:, here]]
    most = np.iinfo(np.int64).max
    roles, rows, margins = [], [], []
    for fold, rank in zip(pool.folds, pool.ranks, strict=True):
        key = rank[cell][None, :] * pool.size + order
        pick = np.where(tied, key, most).argmin(axis=1)
        roles.append(role_of_column[pick])
        rows.append(found.row[every, pick])
        group = fold[cell]
        sorted_columns = np.argsort(group, kind="stable")
        edges = np.searchsorted(group[sorted_columns], np.arange(pool.groups))
        by_group = np.minimum.reduceat(gap[:, sorted_columns], edges, axis=1)
        beside = np.sort(by_group, axis=1)[:, min(_BESIDE, pool.groups - 1)]
        with np.errstate(invalid="ignore"):
            margins.append(np.where(beside == first, 0.0, beside - first))
    role, row = np.stack(roles), np.stack(rows)
    number = pool.starts[role] + row
    return NearestInPool(role, row, number, first, np.stack(margins), found.who)
