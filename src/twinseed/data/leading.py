"""Leading eigenvectors: of a square matrix, or of rows whose square matrix would not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks

__all__ = ["DIRECT", "leading", "leading_of_rows"]

DIRECT = 256
"""The size up to which a full decomposition is no slower than an iteration."""


def leading(matrix: Array, k: int) -> tuple[Array, Array]:
    """Return the k largest eigenvalues and their vectors, largest first."""
    size = len(matrix)
    k = min(k, size)
    if size > DIRECT and k < size // 8:
        from scipy.sparse.linalg import ArpackError, eigsh

        try:
            values, vectors = eigsh(matrix, k=k, v0=_start(size))
            order = np.argsort(-values)
            return values[order], vectors[:, order]
        except ArpackError:
            pass  # a matrix of lower rank than k: decompose it in full
    values, vectors = np.linalg.eigh(matrix)  # lets other threads run; that of scipy does not
    return values[: -k - 1 : -1], vectors[:, : -k - 1 : -1]


def leading_of_rows(
    rows: NDArray[Any], centre: Array, k: int, kept: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Return the k largest eigenvalues and the vectors of the covariance of the rows kept.

    Rows pass in blocks, as often as the iteration takes steps; ``centre`` is about their mean.
    """
    from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh

    count, d = int(kept.sum()), centre.size

    def blocks(about: Array) -> Iterator[Array]:
        for start, block in row_blocks(rows, 1 << 18):
            own = kept[start : start + len(block)]
            yield (block if own.all() else block[own]) - about

    mean = centre + sum(wide.sum(axis=0) for wide in blocks(centre)) / count

    def multiply(vectors: Array) -> Array:
        given = vectors.reshape(d, -1)
        result = np.zeros(given.shape)
        for wide in blocks(mean):
            result += wide.T @ (wide @ given)
        return np.asarray((result / (count - 1)).reshape(vectors.shape))

    operator = LinearOperator((d, d), matvec=multiply, dtype=np.float64)
    try:
        values, vectors = eigsh(operator, k=k, v0=_start(d))
    except ArpackNoConvergence:
        raise
    except ArpackError:
        return _low_rank(multiply, d, k)
    return values[::-1], vectors[:, ::-1]


def _low_rank(multiply: Callable[[Array], Array], d: int, k: int) -> tuple[Array, Array]:
    """Of a matrix of lower rank than k, on which the iteration stops: its range, by random vectors.

    Source: Halko, Martinsson and Tropp, SIAM Rev. 53 (2011) 217, algorithm 4.1; exact here, as the
    random vectors are more than the rank.
    """
    random = np.random.default_rng(0).standard_normal((d, k))
    basis = np.linalg.qr(multiply(random))[0]
    inner = basis.T @ multiply(basis)
    values, turn = scipy.linalg.eigh((inner + inner.T) / 2)
    return np.maximum(values[::-1], 0.0), (basis @ turn)[:, ::-1]


def _start(size: int) -> Array:
    """A fixed start vector: the same rows give the same directions, to the last digit."""
    return np.random.default_rng(0).standard_normal(size)
