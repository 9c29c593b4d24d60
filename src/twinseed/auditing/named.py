"""Named copies: samples that equal a real row by more than chance allows, even a single one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.nearest_in_pool import NearestInPool
from twinseed.auditing.pool import Pool
from twinseed.readers import Column

__all__ = ["AMONG_REAL", "BY_CHANCE", "LOOKED_AT", "NamedCopy", "named_copies"]

BY_CHANCE = 1e-3
"""A copy is named where less than this number of such matches is expected among all pairs."""
AMONG_REAL = 0.1
"""Nothing is named where two real rows match as rarely as this: then columns go together."""

_RARE = 0.05  # share of real rows at least as close in a column, at most, for it to tell anything
_APART = 0.5  # correlation from which two columns count once
_COLUMNS = 12  # columns that are counted, at most
LOOKED_AT = 200
"""Closest samples that are looked at, at most."""

_ROWS = 5000  # real rows that frequencies are counted on, at most
_ROUNDING = 1e-6


@dataclass(frozen=True)
class NamedCopy:
    """A sample that equals a real row, or nearly so, and how often chance makes such a pair."""

    generator: str
    sample: int
    set: str
    """The argument that holds the row: "train_a", "train_b" or "heldout"."""
    row: int
    distance: float
    by_chance: float
    """Number of pairs at least as close that are expected among all samples and rows."""


def named_copies(
    samples: NDArray[np.generic],
    near: NearestInPool,
    pool: Pool,
    layout: tuple[Column, ...],
    generator: str,
    rng: np.random.Generator,
    *,
    below: float = BY_CHANCE,
    itself: NDArray[np.int64] | None = None,
) -> tuple[NamedCopy, ...]:
    """Return the samples that equal a row in continuous columns, each with its chance.

    Equation: for a sample x and its closest row r, column j tells ``p_j``, the share of the real
    rows of the pool (r itself left out, one added) that are within ``|x_j - r_j|`` of x_j. Columns
    count where ``p_j <= 0.05``, the rarest first, at most 12 of them, no two with a correlation
    beyond 1/2 in size. The expected number of such pairs is ``samples rows prod_j p_j``; if it is
    less than ``below``, the pair is named. Only a sample that is closer to its row than a hundredth
    of the distance to any row of another cell is looked at.

    Range: ``by_chance`` from 0 to ``below``. Validity: columns are counted as independent where
    their correlation is small. Columns that follow from each other in another way (prices from the
    shop and the week) make real rows match each other too: ``itself``, the numbers of real rows
    that take the place of samples, shows whether they do. A row that has an equal twin in another
    role is no name.
    """
    rows = [role.rows for role in pool.roles]
    clear = np.flatnonzero(near.margin.min(axis=0) >= np.log(100.0))
    clear = clear[np.argsort(near.gap[clear], kind="stable")][:LOOKED_AT]
    if not clear.size:
        return ()
    numbers = _number_columns(layout)
    if numbers.size < 2:
        return ()
    chosen = np.sort(rng.permutation(pool.size)[:_ROWS])
    role = pool.role_of[chosen]
    row = chosen - pool.starts[role]
    some = np.empty((chosen.size, numbers.size))
    for k, part in enumerate(rows):
        some[role == k] = part[np.ix_(row[role == k], numbers)]
    found = []
    for place in clear.tolist():
        sample = int(near.who[place])
        x = np.asarray(samples[sample], dtype=np.float64)[numbers]
        k, at = int(near.role[0, place]), int(near.row[0, place])
        r = np.asarray(rows[k][at], dtype=np.float64)[numbers]
        apart = np.abs(x - r)
        within = apart + _ROUNDING * np.abs(x)
        others = chosen != near.number[0, place]
        if itself is not None:
            others &= chosen != itself[sample]
        close = np.abs(some[others] - x) <= within
        if _twin_elsewhere(rows, k, at):
            continue
        share = (close.sum(axis=0) + 1) / (others.sum() + 1)
        pairs = float(len(samples)) * pool.size
        chance = pairs * float(np.prod(share[_telling(share, some)]))
        if chance < below:
            source = pool.roles[k]
            found.append(
                NamedCopy(
                    generator,
                    sample,
                    source.name,
                    int(source.index[at]),
                    float(np.exp(near.gap[place])),
                    chance,
                )
            )
    return tuple(found)


def _number_columns(layout: tuple[Column, ...]) -> NDArray[np.int64]:
    """Return the places of columns of numbers among the entries of a row."""
    starts = np.cumsum([0, *(column.width for column in layout)])[:-1]
    return np.array(
        [s for s, column in zip(starts, layout, strict=True) if not column.categories],
        dtype=np.int64,
    )


def _telling(share: Array, some: Array) -> list[int]:
    """Return the columns that count: rare matches first, none correlated with an earlier one."""
    kept: list[int] = []
    for j in np.argsort(share, kind="stable").tolist():
        if share[j] > _RARE or len(kept) == _COLUMNS:
            break
        if all(abs(_correlation(some[:, j], some[:, other])) <= _APART for other in kept):
            kept.append(j)
    return kept


def _correlation(one: Array, other: Array) -> float:
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 1.0


def _twin_elsewhere(rows: list[NDArray[np.generic]], role: int, row: int) -> bool:
    """Return whether a row of another role is equal to this row."""
    mine = rows[role][row]
    return any(bool((part == mine).all(axis=1).any()) for k, part in enumerate(rows) if k != role)
