"""Limit against simulation as the dimension doubles: the difference is a multiple of 1/d.

Heavy: run by ``make nightly``.
"""

from __future__ import annotations

import pytest

import twinseed as ts
from twinseed.filters import Filter

FILTERS = [
    ts.Ridge(0.0),
    ts.Ridge(0.3),
    ts.ProbabilityFlow(0.3, 5.0),
    ts.ProbabilityFlow(0.3, 5.0, sampler=ts.Heun(8)),
    ts.EarlyStopping(1.0, 0.3, 5.0),
    ts.Truncation(threshold=1.2),
]
PER_DIMENSION = {"convergence": 2.0, "memorisation_ratio": 8.0}


@pytest.mark.nightly
@pytest.mark.parametrize("filter", FILTERS, ids=repr)
@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_the_limit_is_reached_as_one_over_d(filter: Filter, gamma: float) -> None:
    """At d = 100, 200 and 400, with as many seeds as columns."""
    population = ts.Atoms([1.0, 5.0], [0.75, 0.25])
    limit = ts.predict(population, filter, gamma=gamma)
    for d in (100, 200, 400):
        drawn = ts.simulate(
            population,
            filter,
            n=round(gamma * d),
            d=d,
            replicates=8,
            rng=7,
            engine=ts.Dense(seeds=d, wasserstein_limit=0),
            progress=False,
        )
        for name, constant in PER_DIMENSION.items():
            off = abs(float(drawn[name]) - float(limit[name]))
            assert off < 3.5 * float(drawn[f"{name}_se"]) + constant / d, (name, d)
