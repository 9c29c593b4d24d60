"""Leading principal directions of rows, all together and with one group of rows left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

from twinseed.checks import row_blocks

__all__ = ["Directions", "Jackknifed", "jackknifed", "principal", "principal_without"]

_DENSE = 4096  # the smaller side of the rows up to which its square matrix is formed
_DIRECT = 256  # the size up to which a full decomposition is no slower than an iteration


@dataclass(frozen=True)
class Directions:
    """Orthonormal directions, largest variance first."""

    vectors: NDArray[np.float64]
    """(d, k), one direction a column, as in ``LinearGenerator.directions``."""
    eigenvalues: NDArray[np.float64]
    """(k,), sample variances along them."""


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

    vectors: NDArray[np.float64]
    eigenvalues: NDArray[np.float64]
    deleted: list[NDArray[np.float64]]
    exact: bool = False
    rows: int | None = None
    """How many rows told of them; None where they were given."""

    def first(self, count: int) -> Jackknifed:
        """Return the first ``count`` directions."""
        return replace(
            self,
            vectors=self.vectors[:, :count],
            eigenvalues=self.eigenvalues[:count],
            deleted=[vectors[:, :count] for vectors in self.deleted],
        )


def jackknifed(
    rows: NDArray[Any] | None,
    known: NDArray[np.float64] | None,
    need: int,
    labels: NDArray[np.int64] | None,
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
        rows=len(rows),
    )


def _varying(found: Directions, size: int) -> NDArray[np.bool_]:
    """Return which directions have a variance above rounding."""
    floor = found.eigenvalues.max(initial=0.0) * size * np.finfo(np.float64).eps
    return np.asarray(found.eigenvalues > floor)


def _of_width(found: Directions, need: int, size: int) -> NDArray[np.float64]:
    """Return the vectors of ``need`` directions: NaN where they are unknown, else zero if still."""
    d = len(found.vectors)
    vectors = np.full((d, min(need, d)), np.nan)
    vectors[:, : found.eigenvalues.size] = np.where(_varying(found, size), found.vectors, 0.0)
    return vectors


def _with_deletions(rows: NDArray[Any], k: int, labels: NDArray[np.int64]) -> Iterator[Directions]:
    """Yield the directions of all rows, then those without group 0, 1, ..."""
    count, d = rows.shape
    groups = range(int(labels.max()) + 1)
    mean = sum(b.sum(axis=0, dtype=np.float64) for _, b in row_blocks(rows, 1 << 18)) / count
    if min(count, d) > _DENSE:
        yield _by_products(rows, mean, k)
        for g in groups:
            yield _by_products(rows[labels != g], mean, k)
    elif d <= count:
        total, middle = _scatter(rows, mean)
        yield _from_scatter(total, middle, count, k)
        for g in groups:
            part, shift = _scatter(rows[labels == g], mean)
            yield _from_scatter(total - part, middle - shift, int(np.sum(labels != g)), k)
    else:
        gram = np.empty((count, count))
        for start, block in row_blocks(rows, 1 << 20):
            wide = block - mean
            for other, second in row_blocks(rows, 1 << 20):
                gram[start : start + len(wide), other : other + len(second)] = (
                    wide @ (second - mean).T
                )
        yield _from_gram(gram, rows, mean, np.arange(count), k)
        for g in groups:
            kept = np.flatnonzero(labels != g)
            yield _from_gram(gram[np.ix_(kept, kept)], rows, mean, kept, k)


def _scatter(
    rows: NDArray[Any], mean: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``sum (x - mean)(x - mean)^T`` and ``sum (x - mean)``."""
    scatter, total = np.zeros((mean.size, mean.size)), np.zeros(mean.size)
    for _, block in row_blocks(rows, 1 << 20):
        wide = block - mean
        scatter += wide.T @ wide
        total += wide.sum(axis=0)
    return scatter, total


def _from_scatter(
    scatter: NDArray[np.float64], total: NDArray[np.float64], count: int, k: int
) -> Directions:
    covariance = (scatter - np.outer(total, total / count)) / (count - 1)
    values, vectors = _leading(covariance, min(k, count - 1))
    return Directions(vectors, values)


def _from_gram(
    gram: NDArray[np.float64],
    rows: NDArray[Any],
    mean: NDArray[np.float64],
    kept: NDArray[np.int64],
    k: int,
) -> Directions:
    """The same from the products of rows with one another: few rows, many columns."""
    level = gram.mean(axis=0)
    centred = gram - level - level[:, None] + level.mean()
    values, weights = _leading(centred / (kept.size - 1), min(k, kept.size - 1))
    weights -= weights.mean(axis=0)
    vectors = np.zeros((mean.size, values.size))
    step = max(1, (1 << 18) // mean.size)
    for start in range(0, kept.size, step):
        some = kept[start : start + step]
        vectors += (rows[some] - mean).T @ weights[start : start + step]
    return Directions(np.linalg.qr(vectors)[0], values)


def _by_products(rows: NDArray[Any], centre: NDArray[np.float64], k: int) -> Directions:
    """The same for rows whose square matrix would not fit: products with vectors alone."""
    count = len(rows)
    shift = sum((b - centre).sum(axis=0) for _, b in row_blocks(rows, 1 << 18)) / count
    mean = centre + shift

    def multiply(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        result = np.zeros(mean.size)
        for _, block in row_blocks(rows, 1 << 18):
            wide = block - mean
            result += wide.T @ (wide @ vector.ravel())
        return result / (count - 1)

    operator = LinearOperator((mean.size, mean.size), matvec=multiply, dtype=np.float64)
    values, vectors = eigsh(operator, k=k, v0=_start(mean.size))
    return Directions(vectors[:, ::-1], values[::-1])


def _leading(
    matrix: NDArray[np.float64], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the k largest eigenvalues and their vectors, largest first."""
    size = len(matrix)
    k = min(k, size)
    if size > _DIRECT and k < size // 8:
        try:
            values, vectors = eigsh(matrix, k=k, v0=_start(size))
            order = np.argsort(-values)
            return values[order], vectors[:, order]
        except ArpackError:
            pass  # a matrix of lower rank than k: decompose it in full
    values, vectors = scipy.linalg.eigh(matrix, subset_by_index=[size - k, size - 1])
    return values[::-1], vectors[:, ::-1]


def _start(size: int) -> NDArray[np.float64]:
    """A fixed start vector: the same rows give the same directions, to the last digit."""
    return np.random.default_rng(0).standard_normal(size)
