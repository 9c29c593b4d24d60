"""The coupling of sample and population spectra, solved on a grid of loads and filters.

Every order parameter is a functional of the coupling: see the ``from_coupling`` functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.coupling import marchenko_pastur
from twinseed.coupling.compression import compressed
from twinseed.coupling.conditional import conditional, constant
from twinseed.coupling.information import single_level
from twinseed.coupling.quadrature import ridge_conditional
from twinseed.coupling.scale import filter_in, population_in, unit_of
from twinseed.errors import InputError, NoTheoryError, TwinseedError
from twinseed.filters import Filter, Ridge
from twinseed.populations import Population, Spectrum

__all__ = ["Coupling", "solve"]


@dataclass(frozen=True)
class Coupling:
    """What theory computes for a grid of models; arrays have the shape (load, load, filter).

    Args:
        population: with its eigenvalues divided by ``unit``.
        filters: the filters on the last axis of the grid, in the units of the caller.
        n: training rows.
        d: dimension.
        gamma: n / d.
        mu: nodes of the population spectrum, on a further last axis; large spectra are compressed.
        weight: shares of the directions at the nodes.
        first: ``F(mu) = E[f(lambda) | mu]`` at the nodes.
        second: ``E[f^2 | mu]`` at the nodes.
        shortfall: ``sqrt(second) - first``, without cancellation for the ridge filter.
        factor_first: ``F(mu)`` along each factor, on a further last axis.
        factor_second: ``E[f^2 | mu]`` along each factor.
        own: ``tr[S f(S)^2]/d``.
        twice: ``tr[S^2 f(S)^2]/d``.
        at_zero: ``f(0)``.
        log_square: ``E log f(S)^2``; minus infinity where f is zero on a share of the directions,
            NaN where the form of the filter allows no answer.
        precision: ``tr[Sigma f(S)^-2]/d``; infinity and NaN as for ``log_square``.
        missing: entries for which theory has no number; their values are those of ``f = 1``.
        unit: the unit of eigenvalues and of f^2; 1 unless the mean eigenvalue is far from 1.
        reason: the error of the first missing entry.
    """

    population: Population
    filters: tuple[Filter, ...]
    n: Array
    d: Array
    gamma: Array
    mu: Array
    weight: Array
    first: Array
    second: Array
    shortfall: Array
    factor_first: Array
    factor_second: Array
    own: Array
    twice: Array
    at_zero: Array
    log_square: Array
    precision: Array
    missing: NDArray[np.bool_]
    unit: float = 1.0
    reason: TwinseedError | None = None

    @property
    def mean(self) -> Array:
        """``tr Sigma/d``."""
        return np.asarray((self.weight * self.mu).sum(axis=-1))

    @property
    def mean_square(self) -> Array:
        """``tr Sigma^2/d``."""
        return np.asarray((self.weight * self.mu**2).sum(axis=-1))

    @property
    def energy(self) -> Array:
        """``E|x|^2/d = tr f(S)^2/d``."""
        return np.asarray((self.weight * self.second).sum(axis=-1))

    @property
    def fresh(self) -> Array:
        """``tr[Sigma f(S)^2]/d``."""
        return np.asarray((self.weight * self.mu * self.second).sum(axis=-1))

    @property
    def chance(self) -> Array:
        """``f(0)^2/energy``: the share of the energy that is noise in every direction."""
        return np.asarray(self.at_zero**2 / np.where(self.silent, 1.0, self.energy))

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Where the filter is zero on the whole spectrum: every sample is zero."""
        return np.asarray(self.energy == 0.0)

    @property
    def isotropy(self) -> Array:
        """Effective dimension over d, ``(tr Sigma)^2/(d tr Sigma^2)``; 1: the identity."""
        return np.asarray(self.mean**2 / self.mean_square)


def solve(
    population: Population, filters: Sequence[Filter], n: Array, d: Array, gamma: Array
) -> Coupling:
    """Solve the coupling for every entry of ``n``, ``d`` and ``gamma`` (last axis: the filters).

    An entry without an answer, for example because a number leaves the range of float64, is marked
    as ``missing``. Ridges on a single-level spectrum use the closed forms of Marchenko and Pastur,
    a million entries together; everything else uses ``conditional``, entry by entry. At a finite d
    each factor is an atom of weight 1/d, which includes the effect of factors on the bulk to order
    1/d; in the limit a factor has no weight.

    Raises:
        InputError: a mean eigenvalue of the population above 1e150, or below 1e-150.
    """
    unit = unit_of(population, float(np.max(d)))
    population = population_in(population, unit)
    exact = {size: population.spectrum(size) for size in np.unique(d)}
    nodes = {size: compressed(spectrum) for size, spectrum in exact.items()}
    width = max(values.size for values, _ in nodes.values())
    if width == 1 and all(isinstance(one, Ridge) for one in filters):
        return _single_level(population, filters, unit, next(iter(nodes.values())), n, d, gamma)
    shape = gamma.shape
    per_node = (*shape, width)
    mu, weight = np.ones(per_node), np.zeros(per_node)
    first, second, shortfall = (np.zeros(per_node) for _ in range(3))
    factors = population.factors
    factor_first, factor_second = np.zeros((2, *shape, factors.size))
    own, twice, at_zero, log_square, precision = (np.zeros(shape) for _ in range(5))
    missing = np.zeros(shape, dtype=np.bool_)
    reason: TwinseedError | None = None
    for index in np.ndindex(shape):
        size = float(d[index])
        rows, columns = (float(n[index]), size) if np.isfinite(size) else (float(gamma[index]), 1.0)
        try:
            with np.errstate(divide="raise", over="raise", invalid="raise"):
                found = conditional(
                    filter_in(filters[index[-1]], unit),
                    exact[size],
                    nodes[size],
                    rows,
                    columns,
                    limit=bool(np.isinf(size)),
                    factors=factors,
                )
        except (NoTheoryError, InputError, ArithmeticError) as error:
            missing[index], reason = True, reason or _told(error, filters[index[-1]])
            found = constant(nodes[size], factors)
        count = nodes[size][0].size
        used = slice(0, count)
        mu[index][used], weight[index][used] = nodes[size]
        first[index][used], second[index][used] = found.first[used], found.second[used]
        shortfall[index][used] = found.shortfall[used]
        factor_first[index], factor_second[index] = found.first[count:], found.second[count:]
        own[index], twice[index], at_zero[index] = found.own, found.twice, found.at_zero
        log_square[index] = found.information.log_square
        precision[index] = found.information.precision
    return Coupling(
        population,
        tuple(filters),
        n,
        d,
        gamma,
        mu,
        weight,
        first,
        second,
        shortfall,
        factor_first,
        factor_second,
        own,
        twice,
        at_zero,
        log_square,
        precision,
        missing,
        unit,
        reason,
    )


def _told(error: Exception, filter: Filter) -> TwinseedError:
    """Return an error of twinseed; a failure of arithmetic becomes a ``NoTheoryError``."""
    if isinstance(error, TwinseedError):
        return error
    return NoTheoryError(f"the numbers of {filter!r} leave the range of float64: {error}")


def _single_level(
    population: Population,
    filters: Sequence[Filter],
    unit: float,
    spectrum: Spectrum,
    n: Array,
    d: Array,
    gamma: Array,
) -> Coupling:
    level = float(spectrum[0][0])
    strengths = np.array([one.parameters["ridge"] / unit for one in filters])
    ridge = np.broadcast_to(strengths, gamma.shape)
    root = np.sqrt(level) * marchenko_pastur.mean_root(gamma, ridge / level)
    gap = marchenko_pastur.convergence_gap(gamma, ridge / level)
    shortfall = gap * (level + ridge) / (np.sqrt(level + ridge) + root)
    shape = (*gamma.shape, 1)
    log_square, precision = single_level(level, gamma, ridge)
    return Coupling(
        population,
        tuple(filters),
        n,
        d,
        gamma,
        mu=np.broadcast_to(level, shape),
        weight=np.broadcast_to(1.0, shape),
        first=root[..., None],
        second=(level + ridge)[..., None],
        shortfall=shortfall[..., None],
        factor_first=_factor_roots(population.factors, level, gamma, ridge),
        factor_second=population.factors + ridge[..., None],
        own=level**2 * (1.0 + 1.0 / gamma) + ridge * level,
        twice=level**3 * (1.0 + (3.0 + 1.0 / gamma) / gamma)
        + ridge * level**2 * (1.0 + 1.0 / gamma),
        at_zero=np.sqrt(ridge),
        log_square=log_square,
        precision=precision,
        missing=np.zeros(gamma.shape, dtype=np.bool_),
        unit=unit,
    )


def _factor_roots(factors: Array, level: float, gamma: Array, ridge: Array) -> Array:
    """Return F along each factor over a single-level bulk, entry by entry of the grid."""
    roots = np.empty((*gamma.shape, factors.size))
    bulk = (np.array([level]), np.array([1.0]))
    for index in np.ndindex(gamma.shape if factors.size else (0,)):
        load, strength = float(gamma[index]), float(ridge[index])
        roots[index] = ridge_conditional(factors, bulk, load, 1.0, strength).value
    return roots
