"""A draw of the engine that ``simulate`` chooses by default, beside a draw of the other engine.

The choice is made by a model of the cost (``twinseed.simulation.choice``), whose constants were
measured once. Here both engines draw one cell each. At the smaller size these are cells of every
kind: fewer rows than columns, as many, and more; with a ridge that is large, small, or none. At the
larger size they are the cells in which the model finds the two engines nearly equal, where the
choice is hardest. One factor of strength 3 above an identity bulk; and a power law, whose
eigenvalues have many scales. A ratio below 1 means that the other engine would have been faster.

Not drawn are cells in which the model expects more than 30 times the cost of one engine from the
other: as many rows as columns without a ridge, where Krylov takes as many steps as there are
columns, and a draw takes minutes. The whole takes about four minutes of one core.

CPU seconds of a whole draw: the rows, both models, their directions, and all measurements.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

import twinseed as ts
from comparison import Comparison
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.simulation import Dense, Engine, Krylov
from twinseed.simulation.choice import cheaper, dense_cost, expected_steps, krylov_cost

CLAIM = "The engine that simulate chooses takes at most 1.5 times as long as the other engine"
MORE = 1.5
LOADS, RIDGES = (0.25, 1.0, 4.0), (1.0, 0.1, 0.01, 0.0)
SIZES = {1100: 30.0, 1800: 1.2}
"""Columns, and by what factor the expected costs of the two engines may differ in a cell."""


def compare(*, quick: bool) -> Iterator[Comparison]:
    for d, factor in {60: np.inf}.items() if quick else SIZES.items():
        for population in (ts.Spiked([3.0]), ts.PowerLaw(1.0, d)):
            for load in LOADS:
                for ridge in RIDGES:
                    filter, n = ts.Ridge(ridge), round(load * d)
                    if 1.0 / factor <= expected(population, filter, n, d) <= factor:
                        yield compared(population, filter, n, d)


def expected(population: Population, filter: Filter, n: int, d: int) -> float:
    """Return the cost of Krylov over the cost of Dense, as the model expects them."""
    engine = Krylov()
    steps = expected_steps(population, filter, n, d, engine.tolerance)
    return krylov_cost(n, d, engine.seeds, steps, population.factors.size) / dense_cost(n, d)


def compared(population: Population, filter: Filter, n: int, d: int) -> Comparison:
    chosen = cheaper(population, filter, n, d)
    other: Engine = Dense() if isinstance(chosen, Krylov) else Krylov()
    ours, theirs = (seconds(one, population, filter, n, d) for one in (chosen, other))
    return Comparison(
        ours=f"{type(chosen).__name__}(), chosen: {type(population).__name__}, {filter}, "
        f"n = {n:,}, d = {d:,}",
        our_value=ours,
        theirs=f"{type(other).__name__}()",
        their_value=theirs,
        unit="CPU s",
        claimed=f"at most {MORE:g} times as long",
        held=ours <= MORE * theirs,
    )


def seconds(engine: Engine, population: Population, filter: Filter, n: int, d: int) -> float:
    start = time.process_time()
    engine.draw(population, filter, n, d, np.random.default_rng(0))
    return time.process_time() - start
