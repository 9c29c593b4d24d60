"""Samples and directions of a batch of data matrices, each given by a few rows of a band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from twinseed.arrays import Array
from twinseed.filters import Filter, checked
from twinseed.simulation.compressed.extremes import gram_band

__all__ = ["KrylovSamples", "Reduction", "tall", "wide"]


@dataclass(frozen=True)
class KrylovSamples:
    """Samples of a batch of models in the coordinates of their Krylov spaces."""

    coordinates: Array
    """Shape (replicates, seeds, columns)."""
    moments: Array
    """``x.S x`` and ``x.S^2 x``, shape (replicates, seeds, 2)."""


@dataclass(frozen=True)
class Reduction:
    """Eigenvalues of ``S`` on a Krylov space and their directions; S is zero along all others.

    Shapes: values (replicates, K), rising; directions (replicates, K, columns), one per row.
    """

    values: Array
    directions: Array

    def samples(self, filter: Filter, noise: Array) -> KrylovSamples:
        """Return ``f(S) z``, z given along the first directions: noise (replicates, b, seeds)."""
        width = noise.shape[1]
        gain = checked(filter, self.values.ravel()).reshape(self.values.shape)[..., None]
        inside = self.directions[..., :width] @ noise
        weights = np.swapaxes((gain - filter.at_zero) * inside, 1, 2)
        coordinates = weights @ self.directions
        coordinates[..., :width] += filter.at_zero * np.swapaxes(noise, 1, 2)
        energy = np.swapaxes((gain * inside) ** 2, 1, 2)
        powers = np.stack([self.values, self.values**2], axis=2)
        return KrylovSamples(coordinates, energy @ powers)


def tall(rows: Array) -> Reduction:
    """Reduce along directions of the columns: the Gauss rule for the spectrum of S.

    Shape: rows (replicates, K, b + 1) of an upper band matrix, diagonal first; of this matrix the
    first K columns are the data, ``S = data^T data``. For n >= d: directions in which S is zero are
    not included.
    """
    values, directions = _decomposed(rows, of_rows=False)
    return Reduction(np.maximum(values, 0.0), directions)


def wide(rows: Array, d: int) -> Reduction:
    """Reduce along directions of the rows: the Gauss-Radau rule with a node at zero.

    Shape: rows as in ``tall``; all K + b columns are the data, d at most.
    """
    _, left = _decomposed(rows, of_rows=True)
    count, width = rows.shape[1], rows.shape[2] - 1
    directions = np.zeros((*left.shape[:2], count + width))
    for j in range(width + 1):
        directions[..., j : j + count] += left * rows[:, None, :, j]
    directions = directions[..., :d]
    square = np.einsum("rkc,rkc->rk", directions, directions)
    directions /= np.sqrt(square)[..., None]
    return Reduction(square, directions)


def _decomposed(rows: Array, *, of_rows: bool) -> tuple[Array, Array]:
    """Return the eigenvalues of ``gram_band``, rising, and the eigenvectors, one per row.

    The solver of LAPACK for bands takes a quarter to a third less time than the one for full
    matrices.
    """
    replicates, count = rows.shape[:2]
    values, vectors = np.empty((replicates, count)), np.empty((replicates, count, count))
    for i, band in enumerate(gram_band(rows, of_rows=of_rows)):
        values[i], columns, failed = scipy.linalg.lapack.dsbevd(band, lower=1)
        if failed:
            raise np.linalg.LinAlgError("the eigenvalues of a band matrix did not converge")
        vectors[i] = columns.T
    return values, vectors
