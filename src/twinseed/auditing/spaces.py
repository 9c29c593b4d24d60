"""The spaces in which the closest rows are looked for: as given, scaled, by parts, by columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array, Indices
from twinseed.auditing.columns import ColumnByColumn
from twinseed.auditing.nearest_in_pool import (
    COSINE,
    DISTANCE,
    Gaps,
    NearestInPool,
    attribute,
    gaps_of,
)
from twinseed.auditing.pool import Pool
from twinseed.lanes import at_once
from twinseed.neighbours import Nearest, nearest, searches_at_once
from twinseed.randomness import stream
from twinseed.readers import Column

__all__ = [
    "COLUMNS",
    "Space",
    "Versions",
    "each_search",
    "searched",
    "searched_in_all",
    "spaces_of",
]

COLUMNS = "column by column"
"""Closeness in each column by itself, see ``ColumnByColumn``."""

_EVEN = 2.0  # columns whose spreads differ by less than this factor need no scaling
_FLOOR = 0.1  # of the median spread: columns that hardly vary are not blown up
_WIDE = 64  # columns from which parts of the columns are looked at as parts
_COPIES = 1 << 26  # entries of real rows of which a scaled copy is made, at most

_WORK = 5e9  # products of entries for each space beside the first
_FEWEST = 50  # samples that a space is searched for, at least

Versions = Callable[[NDArray[Any]], NDArray[Any]]
"""From rows (M, d) to the versions of each, itself first, (M, versions, d)."""


@dataclass(frozen=True, eq=False)
class Space:
    """A way to compare rows: ``find`` returns the gaps of ``samples[who]``, by name of the view."""

    name: str
    cost: int
    """Products for each pair of a sample and a row."""
    find: Callable[[NDArray[Any], Indices], Mapping[str, Gaps]]

    def affords(self, samples: int, rows: int, draw: np.random.Generator) -> Indices:
        """Draw the samples that are compared with ``rows`` rows: some where the space is dear.

        No samples are returned where too few can be afforded.
        """
        most = min(samples, int(_WORK / max(self.cost * rows, 1)))
        if most < min(samples, _FEWEST):
            return np.zeros(0, dtype=np.int64)
        return np.sort(draw.permutation(samples)[:most])


def searched_in_all(
    samples: NDArray[Any],
    pool: Pool,
    spaces: Sequence[Space],
    origin: Array | None,
    versions: Versions | None,
    draw: np.random.Generator,
    finished: Callable[[], None] = lambda: None,
    without: Indices | None = None,
) -> tuple[tuple[Nearest, ...], dict[str, NearestInPool]]:
    """Return what ``searched`` returns, and the closest row of each sample, by name of the view.

    ``finished`` is called after each space; ``without`` is that of ``attribute``.
    """
    chosen = [(space, space.affords(len(samples), pool.size, draw)) for space in spaces]

    def attributed(views: Mapping[str, Gaps]) -> dict[str, NearestInPool]:
        return {
            view: attribute(gaps, pool, None if without is None else without[gaps.who])
            for view, gaps in views.items()
        }

    def first() -> tuple[tuple[Nearest, ...], dict[str, NearestInPool]]:
        found = searched(samples, pool, origin, versions)
        return found, attributed({view: gaps_of(found, view) for view in (DISTANCE, COSINE)})

    def further(space: Space, who: Indices) -> dict[str, NearestInPool]:
        return attributed(space.find(samples, who))

    works: list[Callable[[], Any]] = [first]
    works += [partial(further, space, who) for space, who in chosen if who.size]
    (found, near), *others = each_search(works, pool, versions, finished)
    return found, {view: one for views in (near, *others) for view, one in views.items()}


def each_search(
    works: Sequence[Callable[[], Any]],
    pool: Pool,
    versions: Versions | None,
    finished: Callable[[], None],
) -> list[Any]:
    """Return what each search of the pool returns; ``finished`` is called after each.

    Of few rows, each thread of ``lanes.here()`` does whole searches, which is the least work. Of
    many rows, and of rows with versions, each search is divided among the threads.
    """
    entries = max(role.rows.size for role in pool.roles)
    return at_once(works, searches_at_once(entries) if versions is None else 1, finished)


def searched(
    samples: NDArray[Any], pool: Pool, origin: Array | None, versions: Versions | None = None
) -> tuple[Nearest, ...]:
    """Return the nearest rows of each sample in each label of each role: one search a role.

    With ``versions`` the nearest version of a row counts as the row. Shapes: samples (N, d); the
    answers (N, 2 cells), infinitely far where a role has no row of a label.
    """
    return tuple(
        _one(samples, role.rows, label, order, pool, origin, versions)
        for role, label, order in zip(pool.roles, pool.labels, pool.order, strict=True)
    )


def _one(
    samples: NDArray[Any],
    rows: NDArray[Any],
    label: Indices,
    order: Indices,
    pool: Pool,
    origin: Array | None,
    versions: Versions | None = None,
    cosines: bool = True,
) -> Nearest:
    used, compact = np.unique(label, return_inverse=True)
    count = 1
    if versions is not None:
        every = versions(rows)
        count = every.shape[1]
        rows = every.reshape(-1, every.shape[2])
        compact, order = np.repeat(compact, count), np.repeat(order, count)
    found = nearest(samples, rows, groups=compact, ties=order, origin=origin, cosines=cosines)
    found = Nearest(
        found.cosine, found.cosine_row // count, found.distance, found.distance_row // count
    )
    return found.placed(used, 2 * pool.cells, 0)


def spaces_of(
    pool: Pool,
    d: int,
    image_shape: tuple[int, ...] | None,
    layout: tuple[Column, ...],
) -> Iterator[Space]:
    """Yield the spaces beside the given one: scaled columns, parts of the columns, columns.

    Nothing here looks at the roles of the rows, so that the test stays exact.
    """
    rows = [role.rows for role in pool.roles]
    if pool.size * d <= _COPIES:
        scale = _spread(rows, layout)
        if scale is not None:
            yield _moved("scaled columns", d, pool, lambda part: part / scale)
    if d >= _WIDE:
        for number, part in enumerate(_parts(d, image_shape), 1):
            yield _moved(f"part {number} of the columns", part.size, pool, partial(_taken, part))
        return
    by_column = ColumnByColumn.of(np.concatenate(rows).astype(np.float64), layout)
    if by_column is not None:
        found = by_column

        def find(samples: NDArray[Any], who: Indices) -> Mapping[str, Gaps]:
            return {COLUMNS: found.gaps(samples, pool, who)}

        yield Space(COLUMNS, 8 * by_column.cost, find)


def _taken(part: Indices, rows: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(rows[:, part])


def _moved(name: str, cost: int, pool: Pool, move: Callable[[NDArray[Any]], NDArray[Any]]) -> Space:
    """Return the space that ``move`` takes rows to, compared by distance."""
    rows: list[NDArray[Any]] = []

    def find(samples: NDArray[Any], who: Indices) -> Mapping[str, Gaps]:
        if not rows:
            rows.extend(move(role.rows) for role in pool.roles)
        chosen = move(np.asarray(samples[who]))
        parts = zip(rows, pool.labels, pool.order, strict=True)
        found = tuple(_one(chosen, *part, pool, None, cosines=False) for part in parts)
        return {name: gaps_of(found, DISTANCE, who)}

    return Space(name, cost, find)


def _spread(rows: list[NDArray[Any]], layout: tuple[Column, ...]) -> Array | None:
    """Return the spread of each column of numbers; None where these vary about alike.

    Categories keep their scale of 1.
    """
    total = sum(len(part) for part in rows)
    mean = sum(part.sum(axis=0, dtype=np.float64) for part in rows) / total
    square = sum(np.square(part - mean).sum(axis=0) for part in rows) / total
    spread: Array = np.sqrt(square)
    numbers = np.repeat(
        [not column.categories for column in layout], [column.width for column in layout]
    )
    spread[~numbers] = 1.0
    varying = spread[numbers & (spread > 0)]
    if varying.size < 2:
        return None
    low, high = np.quantile(varying, [0.05, 0.95])
    if high <= _EVEN * low:
        return None
    return np.maximum(spread, _FLOOR * float(np.median(varying)))


def _parts(d: int, image_shape: tuple[int, ...] | None) -> list[Indices]:
    """Return four parts of the columns: the quarters of an image, or random quarters."""
    if image_shape is None:
        order = stream((d,), "audit: parts of the columns").permutation(d)
        return [np.sort(part) for part in np.array_split(order, 4)]
    axes = sorted(np.argsort(image_shape, kind="stable")[-2:])
    number = np.arange(d).reshape(image_shape)
    halves = [np.array_split(np.arange(image_shape[axis]), 2) for axis in axes]
    return [
        np.take(np.take(number, top, axes[0]), left, axes[1]).ravel()
        for top in halves[0]
        for left in halves[1]
    ]
