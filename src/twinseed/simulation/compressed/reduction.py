"""Samples and directions of a batch of data matrices, each given by a few rows of a band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinseed.arrays import Array
from twinseed.filters import Filter, checked

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

    Shapes: values (replicates, K), rising; directions (replicates, columns, K).
    """

    values: Array
    directions: Array

    def samples(self, filter: Filter, noise: Array) -> KrylovSamples:
        """Return ``f(S) z``, z given along the first directions: noise (replicates, b, seeds)."""
        width = noise.shape[1]
        gain = checked(filter, self.values.ravel()).reshape(self.values.shape)[..., None]
        inside = np.swapaxes(self.directions[:, :width], 1, 2) @ noise
        coordinates = self.directions @ ((gain - filter.at_zero) * inside)
        coordinates[:, :width] += filter.at_zero * noise
        energy = np.swapaxes((gain * inside) ** 2, 1, 2)
        powers = np.stack([self.values, self.values**2], axis=2)
        return KrylovSamples(np.ascontiguousarray(np.swapaxes(coordinates, 1, 2)), energy @ powers)


def tall(data: Array) -> Reduction:
    """Reduce along directions of the columns: the Gauss rule for the spectrum of S.

    Shape of the data: (replicates, K, K), ``S = data^T data``. For n >= d: directions in which S is
    zero are not included.
    """
    values, directions = np.linalg.eigh(np.swapaxes(data, 1, 2) @ data)
    return Reduction(np.maximum(values, 0.0), directions)


def wide(data: Array) -> Reduction:
    """Reduce along directions of the rows: the Gauss-Radau rule with a node at zero.

    Shape of the data: (replicates, K, columns), at least K of them.
    """
    _, left = np.linalg.eigh(data @ np.swapaxes(data, 1, 2))
    directions = np.swapaxes(np.swapaxes(left, 1, 2) @ data, 1, 2)
    length = np.sqrt(np.sum(np.ascontiguousarray(np.swapaxes(directions, 1, 2)) ** 2, axis=2))
    return Reduction(length**2, directions / length[:, None, :])
