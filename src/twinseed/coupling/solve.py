"""The coupling of sample and population spectra, solved on a grid of loads and filters.

Every order parameter is a functional of it; see the ``from_coupling`` functions of ``orders``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.coupling import marchenko_pastur
from twinseed.coupling.compression import compressed
from twinseed.coupling.quadrature import ridge_conditional
from twinseed.errors import InputError
from twinseed.filters import Filter, Ridge
from twinseed.populations import Population, Spectrum

__all__ = ["Coupling", "solve"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Coupling:
    """What theory knows of a grid of models; arrays have the grid's shape (load, load, filter).

    ``mu`` and ``weight`` are the nodes of the population spectrum on a further last axis (a large
    spectrum is compressed, to full precision); ``mean_root`` is ``F(mu) = E[f(lambda) | mu]`` there
    and ``shortfall`` is ``sqrt(mu + r) - F(mu)``, without cancellation.
    """

    population: Population
    n: Array
    d: Array
    gamma: Array
    ridge: Array
    mu: Array
    weight: Array
    mean_root: Array
    shortfall: Array

    @property
    def mean(self) -> Array:
        """``tr Sigma/d``."""
        return np.asarray((self.weight * self.mu).sum(axis=-1))

    @property
    def mean_square(self) -> Array:
        """``tr Sigma^2/d``."""
        return np.asarray((self.weight * self.mu**2).sum(axis=-1))

    @property
    def isotropy(self) -> Array:
        """Effective dimension over d, ``(tr Sigma)^2/(d tr Sigma^2)``; 1: the identity."""
        return np.asarray(self.mean**2 / self.mean_square)


def solve(
    population: Population,
    filters: Sequence[Filter],
    n: Array,
    d: Array,
    gamma: Array,
) -> Coupling:
    """Solve the coupling for every entry of ``n``, ``d`` and ``gamma`` (last axis: the filters).

    A single-level spectrum goes through the closed forms of Marchenko and Pastur, a million entries
    at a time; any other through the fixed point and its quadrature, an entry at a time. At a finite
    d each factor is an atom of weight 1/d (this captures the O(1/d) effect of factors on the
    bulk); in the limit it has no weight.

    Raises:
        InputError: a filter for which no theory is implemented.
    """
    strengths = np.empty(len(filters))
    for position, one in enumerate(filters):
        if not isinstance(one, Ridge):
            raise InputError("filter", "has no theory yet", one, "use ts.Ridge, or simulate it")
        strengths[position] = one.strength
    ridge = np.broadcast_to(strengths, gamma.shape)
    spectra = {size: compressed(population.spectrum(size)) for size in np.unique(d)}
    width = max(values.size for values, _ in spectra.values())
    if width == 1:
        return _single_level(population, next(iter(spectra.values())), n, d, gamma, ridge)
    mu = np.ones((*gamma.shape, width))
    weight, root, shortfall = np.zeros_like(mu), np.zeros_like(mu), np.zeros_like(mu)
    for index in np.ndindex(gamma.shape):
        values, weights = spectra[d[index]]
        finite = np.isfinite(d[index])
        size, dimension = (n[index], d[index]) if finite else (gamma[index], 1.0)
        conditional = ridge_conditional(
            values, (values, weights), float(size), float(dimension), float(ridge[index])
        )
        used = slice(0, values.size)
        mu[index][used], weight[index][used] = values, weights
        root[index][used], shortfall[index][used] = conditional.value, conditional.shortfall
    return Coupling(population, n, d, gamma, ridge, mu, weight, root, shortfall)


def _single_level(
    population: Population, spectrum: Spectrum, n: Array, d: Array, gamma: Array, ridge: Array
) -> Coupling:
    level = float(spectrum[0][0])
    scale = np.sqrt(level)
    relative = ridge / level
    root = scale * marchenko_pastur.mean_root(gamma, relative)
    gap = marchenko_pastur.convergence_gap(gamma, relative)
    shortfall = gap * (level + ridge) / (np.sqrt(level + ridge) + root)
    shape = (*gamma.shape, 1)
    mu, weight = np.broadcast_to(level, shape), np.broadcast_to(1.0, shape)
    return Coupling(
        population, n, d, gamma, ridge, mu, weight, root[..., None], shortfall[..., None]
    )
