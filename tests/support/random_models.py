"""Random models of every kind, on which the promise of a status is tested.

A model is a population, a filter, n and d. Model ``number`` of a series depends on the name of the
series and on this number alone, so a series can be drawn in parts and in any order. The law that
gives ``bias`` its constants was fitted on the series "fit"; tests use other series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import twinseed as ts
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.randomness import stream

__all__ = ["RandomModel", "random_model"]

Draw = np.random.Generator

DIMENSIONS = (4, 400)
ROWS = (4, 1000)
_LARGEST = 150_000
"""Models with more numbers in a training set than this are left out, for their cost."""


@dataclass(frozen=True)
class RandomModel:
    """One model of a series."""

    population: Population
    filter: Filter
    n: int
    d: int

    def __str__(self) -> str:
        return f"{self.population!r}, {self.filter!r}, n = {self.n}, d = {self.d}"


def random_model(series: str, number: int) -> RandomModel:
    """Return model ``number`` of a series."""
    draw = stream((number,), f"random models: {series}")
    while True:
        n, d = (round(_between(draw, *ends)) for ends in (ROWS, DIMENSIONS))
        if n * d <= _LARGEST:
            break
    kinds = (_spiked, _spiked, _power_law, _power_law, _levels, _smooth, _estimated)
    population = kinds[draw.integers(len(kinds))](draw, d)
    return RandomModel(population, _filter(draw, population, n, d), n, d)


def _between(draw: Draw, low: float, high: float) -> float:
    """Return a number whose logarithm is uniform."""
    return float(np.exp(draw.uniform(np.log(low), np.log(high))))


def _spiked(draw: Draw, d: int) -> Population:
    count = int(draw.integers(0, min(4, d // 2 - 1) + 1))
    strengths = [_between(draw, 0.3, 60.0) for _ in range(count)]
    if count > 1 and draw.random() < 0.5:  # a neighbour, near or equal
        strengths[1] = strengths[0] * (1.0 + draw.choice([0.0, 0.05, 0.2, 0.5]))
    return ts.Spiked(strengths, bulk=float(draw.choice([1.0, 0.2, 5.0])))


def _power_law(draw: Draw, d: int) -> Population:
    return ts.PowerLaw(draw.uniform(0.0, 2.5), d, leading=int(draw.integers(0, 6)))


def _levels(draw: Draw, d: int) -> Population:
    """A few levels, one of which may be zero."""
    count = int(draw.integers(2, 6))
    values = np.array([_between(draw, 0.02, 20.0) for _ in range(count)])
    if draw.random() < 0.15:
        values[0] = 0.0
    return ts.Atoms(values, draw.dirichlet(np.ones(count)))


def _smooth(draw: Draw, d: int) -> Population:
    """Many eigenvalues between two ends."""
    return ts.Atoms(np.geomspace(1.0, _between(draw, 1.5, 1000.0), min(d, 60)))


def _estimated(draw: Draw, d: int) -> Population:
    """The population estimated from a pilot of a power law."""
    rows = ts.PowerLaw(draw.uniform(0.0, 1.5), d).sample(int(draw.integers(20, 200)), d, draw)
    return ts.estimate_population(rows, known_mean=True)


def _filter(draw: Draw, population: Population, n: int, d: int) -> Filter:
    level = float(population.eigenvalues(d).mean())
    kind = draw.random()
    if kind < 0.4:
        return ts.Ridge(0.0)
    if kind < 0.65:
        return ts.Ridge(level * _between(draw, 0.003, 3.0))
    root = level**0.5
    makers: list[Callable[[], Filter]] = [
        lambda: ts.ProbabilityFlow(root * _between(draw, 0.03, 0.5), root * draw.uniform(2.0, 40)),
        lambda: ts.ProbabilityFlow(root * 0.2, root * 20.0, sampler=ts.Euler(30)),
        lambda: ts.ProbabilityFlow(root * 0.2, root * 20.0, sampler=ts.Heun(12)),
        lambda: ts.EarlyStopping(_between(draw, 0.1, 1e3) / level, root * 0.2, root * 10.0),
        lambda: ts.Truncation(rank=int(draw.integers(1, max(2, min(n, d) // 2)))),
        lambda: ts.Truncation(threshold=level * _between(draw, 0.1, 3.0)),
        ts.Shrinkage,
    ]
    return makers[draw.integers(len(makers))]()
