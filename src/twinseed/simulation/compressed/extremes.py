"""Extreme eigenvectors of long band matrices: the directions of factors near a transition."""

from __future__ import annotations

import numpy as np
import scipy

from twinseed.arrays import Array

__all__ = ["extreme", "gram_band"]

_FIRST_MARGIN = 1e-9
_TOLERANCE = 1e-10


def gram_band(rows: Array, *, of_rows: bool) -> Array:
    """Return ``B^T B``, or ``B B^T`` where ``of_rows``, of a square upper band matrix.

    Shapes, with leading axes for replicates: rows (K, b + 1), diagonal first; with ``of_rows`` the
    matrix has all K + b columns, else the first K. The answer (b + 1, K) holds the lower diagonals,
    as scipy's banded solvers take them; at most K of them.
    """
    count, width = rows.shape[-2:]
    columns = np.ascontiguousarray(np.moveaxis(rows, -1, 0))
    band = np.zeros((*rows.shape[:-2], min(width, count), count))
    for j in range(min(width, count)):
        for i in range(width - j):
            if of_rows:
                band[..., j, : count - j] += columns[i + j, ..., : count - j] * columns[i, ..., j:]
            elif i + j < count:
                left = slice(count - i - j)
                band[..., j, i : count - j] += columns[i, ..., left] * columns[i + j, ..., left]
    return band


def extreme(band: Array, near: float, count: int, start: Array, *, largest: bool) -> Array:
    """Return the ``count`` eigenvectors at one end of the spectrum, by falling eigenvalue.

    By inverse iteration (ARPACK) about a shift just outside the spectrum. Shapes: band (b + 1, K),
    lower diagonals; ``near`` is a value within the spectrum, close to this end; ``start`` (K,) is
    the first vector of the iteration. The answer is (K, count).
    """
    from scipy.sparse.linalg import LinearOperator, eigsh

    sign = 1.0 if largest else -1.0
    margin = _FIRST_MARGIN * float(band[0].max())
    while True:
        shifted = -sign * band
        shifted[0] += sign * near + margin
        try:
            factor = scipy.linalg.cholesky_banded(shifted, lower=True, check_finite=False)
            break
        except np.linalg.LinAlgError:  # the shift lies within the spectrum
            margin *= 8.0
    size = band.shape[1]
    inverse = LinearOperator(
        (size, size),
        matvec=lambda x: scipy.linalg.cho_solve_banded((factor, True), x, check_finite=False),
        dtype=np.float64,
    )
    values, vectors = eigsh(inverse, k=count, which="LM", tol=_TOLERANCE, v0=start)
    order = np.argsort(-sign * values)
    return np.asarray(vectors[:, order])
