"""Populations along an axis of the grid: of one family, which differ in one parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinseed.arrays import Array
from twinseed.errors import InputError
from twinseed.populations import Population, PowerLaw, Spiked, require_population

__all__ = ["PopulationAxis"]


@dataclass(frozen=True)
class PopulationAxis:
    """One population, or several with the name and the coordinate of their dimension."""

    members: tuple[Population, ...]
    dims: Mapping[str, int]
    coords: Mapping[str, Any]

    @classmethod
    def build(cls, population: Population | Sequence[Population]) -> PopulationAxis:
        """Check a population or a sequence of them.

        ``Spiked`` populations have the dimension ``strength``: of the first factor whose strength
        differs in all populations. ``PowerLaw`` populations have the dimension ``exponent``.

        Raises:
            InputError: not populations, or not of one family that differs in this parameter alone.
        """
        if isinstance(population, Population):
            return cls((population,), {}, {})
        if not isinstance(population, Sequence) or isinstance(population, str) or not population:
            raise InputError(
                "population",
                "must be a population or a sequence of them",
                population,
                "pass ts.Spiked, ts.PowerLaw or ts.Atoms",
            )
        members = tuple(
            require_population(one, f"population[{i}]") for i, one in enumerate(population)
        )
        spiked = [one for one in members if isinstance(one, Spiked)]
        power_laws = [one for one in members if isinstance(one, PowerLaw)]
        if len(spiked) == len(members):
            name, values = "strength", _strengths(spiked)
        elif len(power_laws) == len(members):
            name, values = "exponent", _exponents(power_laws)
        else:
            raise InputError(
                "population",
                "must be all Spiked or all PowerLaw in a sequence",
                sorted({type(one).__name__ for one in members}),
                "make one call per population of another kind",
            )
        return cls(members, {name: len(members)}, {name: (name, values)})

    @property
    def dimension(self) -> int | None:
        """The dimension of the populations; None where they are defined at any dimension."""
        return self.members[0].dimension

    @property
    def factors(self) -> Array:
        """Eigenvalues of the factors: (factor), or (population, factor) along a dimension."""
        if not self.dims:
            return self.members[0].factors
        return np.array([one.factors for one in self.members])

    @property
    def family(self) -> dict[str, Any]:
        """The parameters that all populations of the axis share."""
        first = self.members[0]
        if isinstance(first, Spiked):
            return {"kind": "Spiked", "bulk": first.bulk, "factors": first.strengths.size}
        if isinstance(first, PowerLaw):
            return {"kind": "PowerLaw", "d": first.dimension, "leading": first.factors.size}
        return dict(first.description())

    def __str__(self) -> str:
        first, last = self.members[0], self.members[-1]
        return (
            repr(first) if first is last else f"{first!r} to {last!r}, {len(self.members)} in all"
        )


def _strengths(populations: Sequence[Spiked]) -> Array:
    bulks = {one.bulk for one in populations}
    if len(bulks) > 1:
        raise InputError(
            "population",
            "must have the same bulk in all members of a sweep over strength",
            sorted(bulks),
            "make one call per bulk",
        )
    numbers = {one.strengths.size for one in populations}
    if len(numbers) > 1 or numbers == {0}:
        raise InputError(
            "population",
            "must have the same number of factors, at least 1, in all members of a sweep "
            "over strength",
            sorted(numbers),
            "write a missing factor as strength 0, as in ts.Spiked([0.0])",
        )
    strengths = np.array([one.strengths for one in populations])
    for column in range(strengths.shape[1]):
        values: Array = strengths[:, column]
        if np.unique(values).size == values.size:
            return values
    raise InputError(
        "population",
        "must differ in the strength of one factor along a sweep over strength",
        strengths.tolist(),
        "make one call per value of the other factors",
    )


def _exponents(populations: Sequence[PowerLaw]) -> Array:
    exponents = np.array([one.exponent for one in populations])
    shared = {(one.dimension, one.factors.size) for one in populations}
    if len(shared) > 1:
        raise InputError(
            "population",
            "must have the same d and the same number of leading factors in all members of "
            "a sweep over exponent",
            sorted(shared),
            "make one call per d",
        )
    if np.unique(exponents).size != exponents.size:
        raise InputError(
            "population", "must not repeat an exponent", exponents.tolist(), "pass each value once"
        )
    return exponents
