"""The experiments of the linear theory: the predictions, and the simulations that test them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twinseed.filters import Ridge
from twinseed.populations import Population, PowerLaw, Spiked
from twinseed.readout import Readout
from twinseed.reproduction.ridges import best_ridge, path_ridges
from twinseed.reproduction.settings import Settings
from twinseed.simulation import Compressed, Dense, Engine
from twinseed.verbs.predict import predict
from twinseed.verbs.sweeps.draws import Simulation

__all__ = ["FACTORS", "IDENTITY_LOADS", "TOLERANCE", "Experiment", "experiments", "theory"]

FACTORS = (3.0, 1.0)
"""Strengths of the two factors in the figure over the load."""


@dataclass(frozen=True)
class Experiment:
    """One simulated readout of the main job, and the prediction at the same points."""

    name: str
    population: Population
    ridges: tuple[float, ...]
    n: tuple[int, ...]
    d: int
    replicates: int
    engine: Engine

    @cached_property
    def simulation(self) -> Simulation:
        """The simulation of this experiment."""
        return Simulation.build(
            self.population,
            [Ridge(ridge) for ridge in self.ridges],
            n=list(self.n),
            d=self.d,
            replicates=self.replicates,
            engine=self.engine,
        )

    @cached_property
    def predicted(self) -> Readout:
        """The prediction on the simulated grid."""
        filters = [Ridge(ridge) for ridge in self.ridges]
        return predict(self.population, filters, n=list(self.n), d=self.d)


def experiments(settings: Settings) -> list[Experiment]:
    """Return every simulation of the linear model."""
    plain = Dense(seeds=settings.seeds, wasserstein_limit=0)
    exact = Dense(seeds=settings.seeds)
    large = settings.d_large
    found = [
        Experiment(
            name=f"simulated_load_d{d}",
            population=Spiked(FACTORS),
            ridges=settings.ridges,
            n=_rows(settings.loads, d),
            d=d,
            replicates=replicates,
            engine=plain,
        )
        for d, replicates in (
            (settings.d_small, settings.small_replicates),
            (large, settings.large_replicates),
        )
    ]

    def at_the_limit(name: str, population: Population, loads: tuple[float, ...]) -> Experiment:
        d = settings.d_limit
        engine = Compressed(seeds=2, tolerance=TOLERANCE)
        rows = _rows(loads, d)
        return Experiment(name, population, (0.0,), rows, d, settings.limit_replicates, engine)

    found.append(at_the_limit("identity_simulated", Spiked(), IDENTITY_LOADS))
    found += [
        at_the_limit(f"blind_simulated_{strength:g}", Spiked([strength]), settings.factor_loads)
        for strength in settings.strengths
    ]
    found += [
        Experiment(
            name=f"power_law_simulated_{exponent:g}",
            population=PowerLaw(exponent, large),
            ridges=(0.0,),
            n=_rows(settings.power_law_loads, large),
            d=large,
            replicates=settings.power_law_replicates,
            engine=plain,
        )
        for exponent in settings.exponents
    ]
    found += [
        Experiment(
            name=f"ridge_path_simulated_{load:g}",
            population=Spiked(),
            ridges=path_ridges(load),
            n=_rows((load,), settings.path_d),
            d=settings.path_d,
            replicates=settings.path_replicates,
            engine=exact,
        )
        for load in settings.path_loads
    ]
    return found


TOLERANCE = 1e-5
"""How much the draws of a million columns may change q, because they are truncated."""

IDENTITY_LOADS = (0.05, 0.5, 1.0, 2.0, 10.0)
"""Loads at which the closed forms of the pure identity are tested."""


def theory(settings: Settings) -> dict[str, Readout]:
    """Return the predictions that the figures draw as lines."""
    loads = np.geomspace(0.05, 20.0, 61)
    ridges = [Ridge(ridge) for ridge in settings.ridges]
    sizes = [settings.d_small, settings.d_large]
    found = {
        "theory_load": predict(Spiked(FACTORS), ridges, d=sizes, gamma=loads),
        "identity_theory": predict(Spiked(), d=settings.d_large, gamma=loads),
    }
    # A fine grid, in the limit, so that the onset of each recovery is exact.
    fine = np.union1d(np.geomspace(0.05, 20.0, 241), [b**-2.0 for b in settings.strengths])
    for strength in settings.strengths:
        found[f"blind_theory_{strength:g}"] = predict(Spiked([strength]), gamma=fine)
    for exponent in settings.exponents:
        population = PowerLaw(exponent, settings.d_large)
        few = np.geomspace(0.05, 10.0, 31)
        found[f"power_law_theory_{exponent:g}"] = predict(population, d=settings.d_large, gamma=few)
    for load in settings.path_loads:
        grid = np.union1d(np.linspace(0.0, 2.0, 81), [best_ridge(load)])
        found[f"ridge_path_theory_{load:g}"] = predict(
            Spiked(), [Ridge(ridge) for ridge in grid], d=settings.path_d, gamma=load
        )
    return found


def _rows(loads: tuple[float, ...], d: int) -> tuple[int, ...]:
    """Return whole numbers of rows at these loads, at least two each."""
    return tuple(max(2, round(load * d)) for load in loads)
