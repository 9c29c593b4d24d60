"""Populations and filters in units near the mean eigenvalue, so that no power overflows.

The theory needs the eigenvalues up to their second power, and contours that reach far beyond them.
In units near the mean eigenvalue these fit into float64, whatever the units of the data are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Self

from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.errors import InputError, NoTheoryError
from twinseed.filters import Filter, Ridge, SpectrumSeen, Truncation, checked, evaluated
from twinseed.populations import Population, Spectrum

__all__ = ["filter_in", "population_in", "unit_of"]

_LEAST, _MOST = 1e-150, 1e150
"""The mean population eigenvalue lies between these."""

_ORDINARY = 1e10
"""A problem whose mean lies between this number and its inverse is left unchanged."""


def unit_of(population: Population, d: float) -> float:
    """Return the unit in which a population is solved: a power of 4 near its mean eigenvalue.

    The unit is 1 where the mean lies between 1e-10 and 1e10. Division by a power of 4 is exact, and
    so is division by its square root.

    Raises:
        InputError: the mean eigenvalue is above 1e150, or below 1e-150.

    >>> import twinseed as ts
    >>> unit_of(ts.Spiked([3.0]), math.inf), unit_of(ts.Spiked([], bulk=1e-60), math.inf) * 1e60
    (1.0, 0.62...)
    """
    values, weights = population.spectrum(d)
    mean = float((values * weights).sum())
    if not _LEAST <= mean <= _MOST:
        raise InputError(
            "population",
            f"must have a mean eigenvalue from {_LEAST:g} to {_MOST:g}",
            mean,
            "rescale the data",
        )
    if 1.0 / _ORDINARY <= mean <= _ORDINARY:
        return 1.0
    return 4.0 ** round(math.log(mean, 4.0))


def population_in(population: Population, unit: float) -> Population:
    """Return the population with its eigenvalues divided by the unit."""
    return population if unit == 1.0 else _PopulationInUnits(population, unit)


def filter_in(filter: Filter, unit: float) -> Filter:
    """Return the filter of eigenvalues that are divided by the unit: ``f(unit lambda)/sqrt(unit)``.

    >>> filter_in(Ridge(8.0), 4.0)
    Ridge(strength=2.0)
    """
    if unit == 1.0:
        return filter
    if isinstance(filter, Ridge):
        return Ridge(_within(filter, filter.strength / unit))
    if isinstance(filter, Truncation):
        if filter.threshold is None:
            return filter
        return Truncation(threshold=_within(filter, filter.threshold / unit))
    return _FilterInUnits(filter, unit)


def _within(filter: Filter, value: float) -> float:
    if math.isinf(value):
        raise NoTheoryError(f"{filter!r} is too far from the eigenvalues of the population")
    return value


class _PopulationInUnits(Population):
    """A population whose eigenvalues are divided by a unit."""

    def __init__(self, population: Population, unit: float) -> None:
        self._population, self._unit = population, unit

    @property
    def factors(self) -> Array:
        return self._population.factors / self._unit

    @property
    def dimension(self) -> int | None:
        return self._population.dimension

    def spectrum(self, d: float) -> Spectrum:
        values, weights = self._population.spectrum(d)
        return values / self._unit, weights

    def surroundings(self, factor: int, d: float) -> Spectrum:
        values, weights = self._population.surroundings(factor, d)
        return values / self._unit, weights

    def eigenvalues(self, d: int) -> Array:
        return self._population.eigenvalues(d) / self._unit

    def description(self) -> Mapping[str, Any]:
        return {**self._population.description(), "unit": self._unit}

    @classmethod
    def examples(cls) -> list[Self]:
        return []


class _FilterInUnits(Filter):
    """A filter of eigenvalues divided by a unit; errors name the eigenvalues before division."""

    def __init__(self, filter: Filter, unit: float) -> None:
        self._filter, self._unit, self._root = filter, unit, math.sqrt(unit)

    def __call__(self, eigenvalues: Array) -> Array:
        return checked(self._filter, self._unit * eigenvalues) / self._root

    @property
    def breaks(self) -> tuple[float, ...]:
        return tuple(one / self._unit for one in self._filter.breaks)

    @property
    def analytic_part(self) -> tuple[float, Callable[..., Any]] | None:
        part = self._filter.analytic_part
        return None if part is None else (part[0] / self._unit, partial(self._on_plane, part[1]))

    def _on_plane(self, function: Callable[..., Any], points: NDArray[Any]) -> NDArray[Any]:
        return evaluated(self._filter, function, self._unit * points) / self._root

    def adapted(self, spectrum: SpectrumSeen) -> Filter:
        oracle = None if spectrum.oracle is None else spectrum.oracle * self._unit
        seen = SpectrumSeen(
            spectrum.values * self._unit, spectrum.weights, spectrum.n, spectrum.d, oracle
        )
        return _FilterInUnits(self._filter.adapted(seen), self._unit)

    @property
    def parameters(self) -> Mapping[str, float]:
        return self._filter.parameters

    def __repr__(self) -> str:
        return repr(self._filter)

    @classmethod
    def examples(cls) -> list[Self]:
        return []
