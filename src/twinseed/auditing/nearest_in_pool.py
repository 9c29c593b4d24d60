"""The closest row of each sample in the pool of all real rows; roles are not looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinseed.arrays import Array, Indices
from twinseed.auditing.pool import Pool
from twinseed.neighbours import Nearest

__all__ = ["COSINE", "DISTANCE", "Gaps", "NearestInPool", "attribute", "gaps_of"]

DISTANCE = "distance"
"""Euclidean distance in the units of the comparison."""
COSINE = "cosine"
"""The sine of the angle that goes with |cosine|."""

_BESIDE = 2  # places below the closest group: one near-duplicate of the closest row does no harm


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
    ``margin`` are (folds, samples): each folding breaks ties and puts cells together in its own
    way.
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


def gaps_of(found: tuple[Nearest, ...], metric: str, who: Indices | None = None) -> Gaps:
    """Return the gaps of one search by distance or by cosine."""
    if metric == DISTANCE:
        value = np.concatenate([one.distance for one in found], axis=1)
        row = np.concatenate([one.distance_row for one in found], axis=1)
    else:
        cosine = np.concatenate([one.cosine for one in found], axis=1)
        value = np.sqrt(np.maximum((1 - cosine) * (1 + cosine), 0.0))
        value[np.isneginf(cosine)] = np.inf
        row = np.concatenate([one.cosine_row for one in found], axis=1)
    with np.errstate(divide="ignore"):
        gap = np.log(value)
    return Gaps(gap, row, np.arange(len(gap)) if who is None else who)


def attribute(found: Gaps, pool: Pool, without: Indices | None = None) -> NearestInPool:
    """Return the closest row of each sample; ties by the pool's order, which differs between
    foldings.

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
