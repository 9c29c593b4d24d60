"""Leading principal directions of rows, all together and with one group of rows left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks
from twinseed.data.leading import DIRECT, leading, leading_of_rows
from twinseed.lanes import here, in_threads

__all__ = [
    "GROUPS",
    "Directions",
    "Jackknifed",
    "jackknifed",
    "left_out",
    "principal",
    "principal_without",
]

GROUPS = 10
"""Groups of rows for the jackknife of directions."""

_DENSE = 4096  # the smaller side of the rows up to which its square matrix is formed
_ROOM = 1 << 25  # entries of the square matrices of several groups that are held together

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Directions:
    """Orthonormal directions, largest variance first."""

    vectors: Array
    """(d, k), one direction per column, as in ``LinearGenerator.directions``."""
    eigenvalues: Array
    """(k,), sample variances along them."""
    noise: float = 0.0
    """The variance that rounding alone gives to rows that never vary."""


def principal(rows: NDArray[Any], k: int) -> Directions:
    """Return the ``k`` leading eigenvectors of the sample covariance, about the rows' own mean.

    Shapes: rows (N, d). At most ``min(N - 1, d)`` directions exist; fewer come back then. The sign
    of a direction is arbitrary. Validity: exact to rounding; products run in float64 over blocks of
    rows, and no matrix is larger than the square of the smaller side (beyond 4096: no matrix).

    >>> rows = np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    >>> found = principal(rows, 1)
    >>> abs(found.vectors.ravel()), found.eigenvalues
    (array([1., 0.]), array([6.]))
    """
    return next(_with_deletions(rows, k, np.full(len(rows), -1)))


def principal_without(
    rows: NDArray[Any], k: int, labels: NDArray[np.int64]
) -> tuple[Directions, list[Directions]]:
    """Return the directions of all rows, and those without each group of rows in turn.

    ``labels`` (rows,) are the groups, from 0; -1 where a row is in none.
    """
    found = _with_deletions(rows, k, labels)
    return next(found), list(found)


@dataclass(frozen=True)
class Jackknifed:
    """Directions with what deleting groups of rows makes of them; eigenvalues NaN if unknown.

    Eigenvalues are zero along directions in which the rows do not vary.
    """

    vectors: Array
    eigenvalues: Array
    deleted: list[Array]
    exact: bool = False

    def first(self, count: int) -> Jackknifed:
        """Return the first ``count`` directions."""
        return replace(
            self,
            vectors=self.vectors[:, :count],
            eigenvalues=self.eigenvalues[:count],
            deleted=[vectors[:, :count] for vectors in self.deleted],
        )


def jackknifed(
    rows: NDArray[Any] | None, known: Array | None, need: int, labels: NDArray[np.int64] | None
) -> Jackknifed | None:
    """Return what is known, or else the ``need`` leading directions of rows; None without either.

    ``labels`` (rows,) are the groups to delete, or None. Where rows are too few to tell of a
    direction, its vector is NaN; where the rows do not vary along it, its vector is zero. There are
    no eigenvalues for directions that rows are too few for.
    """
    if known is not None:
        return Jackknifed(known, np.full(known.shape[1], np.nan), [], exact=True)
    if rows is None:
        return None
    without: list[Directions] = []
    if labels is None:
        found = principal(rows, need)
    else:
        found, without = principal_without(rows, need, labels)
    size = max(rows.shape)
    return Jackknifed(
        _of_width(found, need, size),
        found.eigenvalues * _varying(found, size),
        [_of_width(part, need, size) for part in without],
    )


def left_out(rows: int, draw: np.random.Generator) -> NDArray[np.int64] | None:
    """Return a random group for each row, to be left out in turn; None for too few rows."""
    groups = min(GROUPS, rows // 2)
    return draw.permutation(np.arange(rows) % groups) if groups >= 2 else None


def _varying(found: Directions, size: int) -> NDArray[np.bool_]:
    """Return which directions have a variance above rounding."""
    floor = found.eigenvalues.max(initial=0.0) * size * np.finfo(np.float64).eps
    return np.asarray(found.eigenvalues > max(floor, found.noise))


def _of_width(found: Directions, need: int, size: int) -> Array:
    """Return the vectors of ``need`` directions: NaN where they are unknown, else zero if still."""
    d = len(found.vectors)
    vectors = np.full((d, min(need, d)), np.nan)
    vectors[:, : found.eigenvalues.size] = np.where(_varying(found, size), found.vectors, 0.0)
    return vectors


def _with_deletions(rows: NDArray[Any], k: int, labels: NDArray[np.int64]) -> Iterator[Directions]:
    """Yield the directions of all rows, then those without group 0, 1, ...

    Rows pass in blocks and are never copied: three times where a square matrix is formed (more
    often beyond some 1800 columns, as the matrices of all groups would not fit), else as often as
    the iteration takes steps.
    """
    count, d = rows.shape
    groups = int(labels.max()) + 1
    mean = sum(b.sum(axis=0, dtype=np.float64) for _, b in row_blocks(rows, 1 << 18)) / count
    if min(count, d) > _DENSE:
        found = _by_products(rows, mean, k, labels, groups)
    elif d <= count:
        found = _from_scatters(rows, mean, k, labels, groups)
    else:
        found = _from_gram(rows, mean, k, labels, groups)
    noise = float(mean @ mean) * (max(count, d) * float(np.finfo(np.float64).eps)) ** 2
    for one in found:
        yield replace(one, noise=noise)


def _from_scatters(
    rows: NDArray[Any], mean: Array, k: int, labels: NDArray[np.int64], groups: int
) -> Iterator[Directions]:
    """Many rows, few columns: from sums of squares and products, less those of a group."""
    count, d = rows.shape
    whole, middle = (one[0] for one in _scatters(rows, mean, np.zeros_like(labels), range(1)))
    yield _from_scatter(whole, middle, count, k)
    together = max(1, _ROOM // d**2)
    counts = count - np.bincount(labels[labels >= 0], minlength=groups)
    for start in range(0, groups, together):
        chosen = range(start, min(start + together, groups))
        without = partial(_without, whole, middle, *_scatters(rows, mean, labels, chosen), k)
        yield from _each(without, list(enumerate(counts[chosen.start : chosen.stop].tolist())), d)


def _scatters(
    rows: NDArray[Any], mean: Array, labels: NDArray[np.int64], chosen: range
) -> tuple[Array, Array]:
    """Return ``sum (x - mean)(x - mean)^T`` and ``sum (x - mean)`` over each group, in one pass."""
    scatter, total = (
        np.zeros((len(chosen), mean.size, mean.size)),
        np.zeros((len(chosen), mean.size)),
    )
    for start, block in row_blocks(rows, 1 << 20):
        own = block - mean, labels[start : start + len(block)]
        _each(partial(_add, scatter, total, *own), list(enumerate(chosen)), mean.size)
    return scatter, total


def _add(
    scatter: Array, total: Array, wide: Array, labels: NDArray[np.int64], which: tuple[int, int]
) -> None:
    """Add the rows of one group to its sums; ``which`` is their place, and the group's number."""
    place, group = which
    own = labels == group
    part = wide if own.all() else wide[own]
    scatter[place] += part.T @ part
    total[place] += part.sum(axis=0)


def _without(
    whole: Array, middle: Array, scatter: Array, total: Array, k: int, which: tuple[int, int]
) -> Directions:
    """Return the directions without one group: its place among the sums, and how many rows stay."""
    place, count = which
    return _from_scatter(whole - scatter[place], middle - total[place], count, k)


def _from_scatter(scatter: Array, total: Array, count: int, k: int) -> Directions:
    covariance = (scatter - np.outer(total, total / count)) / (count - 1)
    values, vectors = leading(covariance, min(k, count - 1))
    return Directions(vectors, values)


def _from_gram(
    rows: NDArray[Any], mean: Array, k: int, labels: NDArray[np.int64], groups: int
) -> Iterator[Directions]:
    """Few rows, many columns: from the products of rows with one another, by blocks of columns."""
    count, d = rows.shape
    step = max(1, (1 << 20) // count)
    blocks = [slice(start, min(start + step, d)) for start in range(0, d, step)]
    gram = np.zeros((count, count))
    for part in blocks:
        wide = rows[:, part] - mean[part]
        gram += wide @ wide.T
    kept = _kept(labels, groups)
    found = [_in_gram(gram, k, kept[0]), *_each(partial(_in_gram, gram, k), kept[1:], count)]
    values, weights = zip(*found, strict=True)
    every = np.concatenate(weights, axis=1)
    vectors = np.empty((d, every.shape[1]))
    for part in blocks:
        vectors[part] = (rows[:, part] - mean[part]).T @ every
    ends = np.cumsum([value.size for value in values])[:-1]
    for value, own in zip(values, np.split(vectors, ends, axis=1), strict=True):
        yield Directions(np.linalg.qr(own)[0], value)


def _in_gram(gram: Array, k: int, kept: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Return the leading eigenvalues of the rows kept, and the weights of all rows, 0 elsewhere."""
    of = np.flatnonzero(kept)
    inner = gram[np.ix_(of, of)]
    level = inner.mean(axis=0)
    centred = inner - level - level[:, None] + level.mean()
    value, weight = leading(centred / (of.size - 1), min(k, of.size - 1))
    weights = np.zeros((len(gram), value.size))
    weights[of] = weight - weight.mean(axis=0)
    return value, weights


def _by_products(
    rows: NDArray[Any], centre: Array, k: int, labels: NDArray[np.int64], groups: int
) -> Iterator[Directions]:
    """Rows whose square matrix would not fit: products with vectors alone."""
    kept = _kept(labels, groups)
    work = partial(leading_of_rows, rows, centre, k)
    for values, vectors in [work(kept[0]), *_each(work, kept[1:], centre.size)]:
        yield Directions(vectors, values)


def _kept(labels: NDArray[np.int64], groups: int) -> list[NDArray[np.bool_]]:
    """Say which rows stay: all of them, then those without group 0, 1, ..."""
    return [np.full(labels.size, True), *(labels != g for g in range(groups))]


def _each(work: Callable[[T], R], items: Sequence[T], size: int) -> list[R]:
    """Return the work on each item, in the threads of ``lanes.here()`` if its matrices are large.

    Work of one BLAS thread each has the same bits in one thread and in several. As many threads as
    hold matrices of this size in the room for them.
    """
    if size <= DIRECT or len(items) < 2:
        return [work(item) for item in items]
    return in_threads(work, items, min(here().workers, max(1, _ROOM // min(size, _DENSE) ** 2)))
