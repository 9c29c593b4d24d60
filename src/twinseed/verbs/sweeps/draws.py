"""A simulation before it is run: its cells, and how their results become a readout.

This is a separate module so that several simulations can share one store and one set of workers.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed._version import __version__
from twinseed.checks import Sizes, whole
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.identity import plain
from twinseed.populations import Population
from twinseed.readout import Estimate, Readout
from twinseed.simulation import Dense, Engine
from twinseed.simulation.choice import DEFAULT_REVISION, cheaper
from twinseed.status import Status
from twinseed.sweep import Cell, Result
from twinseed.verbs.sweeps.grid import Grid

__all__ = ["Simulation", "as_result", "over_replicates"]


@dataclass(frozen=True)
class Simulation:
    """All draws of a grid: their arguments are checked, the draws are not made yet."""

    grid: Grid
    engine: Engine | None
    """The engine of every draw; None where each point of the grid has its own."""
    engines: tuple[Engine, ...]
    """The engine of each point of the grid, in the order of ``numpy.ndindex``."""
    replicates: int

    @classmethod
    def build(
        cls,
        population: Population | Sequence[Population],
        filter: Filter | Sequence[Filter],
        *,
        n: Sizes,
        d: Sizes | None = None,
        replicates: int,
        engine: Engine | None = None,
    ) -> Simulation:
        """Check the arguments of ``simulate``."""
        grid = Grid.build(population, filter, n=n, d=d)
        number = whole(
            "replicates",
            replicates,
            "pass at least 2, because one replicate gives no standard error",
            at_least=2,
        )
        if engine is not None and not isinstance(engine, Engine):
            remedy = "pass an object, as in ts.Dense()"
            raise InputError("engine", "must be an engine", engine, remedy)
        for member, one in itertools.product(grid.populations, grid.filters):
            (Dense() if engine is None else engine).require_supported(member, one)
        return cls(grid, engine, _engines(grid, engine), number)

    @property
    def version(self) -> str:
        """The version that all draws of a store must have: of twinseed and of the engine."""
        revision = DEFAULT_REVISION if self.engine is None else self.engine.revision
        return f"{__version__}/{revision}"

    @property
    def shared(self) -> dict[str, Any]:
        """What else all draws of a store must share: the engine, and the kind of population."""
        engine = {"kind": "default"} if self.engine is None else dict(self.engine.description())
        return {"engine": engine, "population": self.grid.axis.family}

    @cached_property
    def cells(self) -> list[Cell]:
        """Return one cell per draw."""
        points = [
            self._point(index, engine)
            for index, engine in zip(np.ndindex(self.grid.shape), self.engines, strict=True)
        ]
        return [point(replicate) for replicate in range(self.replicates) for point in points]

    def _point(self, index: tuple[int, ...], engine: Engine) -> Callable[[int], Cell]:
        """Return the function from a replicate to its cell, at one point of the grid."""
        population, filter = self.grid.populations[index[0]], self.grid.filters[index[-1]]
        n, d = int(self.grid.n[index]), int(self.grid.d[index])
        description = {
            "engine": dict(engine.description()),
            "population": plain("population", population.description()),
            "filter": dict(filter.description()),
            "n": n,
            "d": d,
        }
        identity = {"population": self._identity(index[0], d), "filter": self._filters[index[-1]]}
        arguments = (engine, population, filter, n, d)
        shares_work = type(engine).draws is not Engine.draws
        return partial(
            _cell,
            description,
            work=partial(_draw, *arguments),
            group=json.dumps(description, sort_keys=True),
            identity=identity,
            together=partial(_draws, *arguments) if shares_work else None,
        )

    @property
    def suits_threads(self) -> bool:
        """Whether threads suit the draws of every point."""
        points = zip(self.engines, self.grid.n.ravel(), self.grid.d.ravel(), strict=True)
        return all(engine.suits_threads(int(n), int(d)) for engine, n, d in points)

    def _identity(self, place: int, d: int) -> str:
        """Return the identity of a population at a dimension; computed once."""
        if (place, d) not in self._populations:
            self._populations[place, d] = self.grid.populations[place].identity(d)
        return self._populations[place, d]

    @cached_property
    def _populations(self) -> dict[tuple[int, int], str]:
        return {}

    @cached_property
    def _filters(self) -> list[str]:
        return [one.identity() for one in self.grid.filters]

    def readout(self, results: Sequence[Result], entropy: Sequence[int]) -> Readout:
        """Average the results of ``cells``, in their order."""
        return self.grid.readout(
            over_replicates(
                results,
                self.grid.shape,
                f"{self.replicates} replicates: training sets, held-out rows and seeds",
            ),
            source="simulate",
            attrs={
                "engine": " and ".join(
                    dict.fromkeys(map(repr, {id(one): one for one in self.engines}.values()))
                ),
                "replicates": self.replicates,
                "entropy": " ".join(map(str, entropy)),
            },
        )


def over_replicates(
    results: Sequence[Result], shape: tuple[int, ...], resampled: str
) -> dict[str, Estimate]:
    """Return means and standard errors over replicates, the first axis of ``results``.

    A single replicate has no standard error (NaN). The bits of a mean depend on its replicates
    alone, not on the size of the grid: numpy sums a contiguous last axis always in one order.
    """
    replicates = len(results) // math.prod(shape)
    estimates = {}
    for name in results[0]:
        values = np.array([result[name][0] for result in results], dtype=np.float64)
        status = np.array([result[name][1] for result in results], dtype=np.str_)
        full = (replicates, *shape, *values.shape[1:])
        values = np.ascontiguousarray(np.moveaxis(values.reshape(full), 0, -1))
        spread = values.std(axis=-1, ddof=1) if replicates > 1 else np.full(full[1:], np.nan)
        estimates[name] = Estimate(
            value=values.mean(axis=-1),
            se=spread / np.sqrt(replicates),
            resampled=resampled,
            status=_of_most(status.reshape(full)),
        )
    return estimates


def _engines(grid: Grid, engine: Engine | None) -> tuple[Engine, ...]:
    """Return the engine of each point, in the order of ``numpy.ndindex``; each has room."""
    pairs = list(zip(grid.n.ravel().tolist(), grid.d.ravel().tolist(), strict=True))
    sizes = {
        (n, d): (
            whole("n", n, "pass the number of training rows of each model"),
            whole("d", d, "pass the number of columns of the data"),
        )
        for n, d in set(pairs)
    }
    if engine is None:
        places = zip(np.ndindex(grid.shape), pairs, strict=True)
        found = tuple(
            cheaper(grid.populations[at[0]], grid.filters[at[-1]], *sizes[pair])
            for at, pair in places
        )
    else:
        found = (engine,) * len(pairs)
    for pair, one in {
        (pair, id(one)): (pair, one) for pair, one in zip(pairs, found, strict=True)
    }.values():
        one.require_room(*sizes[pair])
    return found


def _cell(description: Mapping[str, Any], replicate: int, **alike: Any) -> Cell:
    return Cell(description={**description, "replicate": replicate}, **alike)


def _draw(
    engine: Engine, population: Population, filter: Filter, n: int, d: int, rng: np.random.Generator
) -> Result:
    return as_result(engine.draw(population, filter, n, d, rng))


def _draws(
    engine: Engine,
    population: Population,
    filter: Filter,
    n: int,
    d: int,
    rngs: Sequence[np.random.Generator],
) -> list[Result]:
    return [as_result(found) for found in engine.draws(population, filter, n, d, rngs)]


def as_result(estimates: Mapping[str, Estimate]) -> Result:
    """Return estimates without their errors, as the result of a cell."""
    laid_out = {}
    for name, estimate in estimates.items():
        value, status = np.broadcast_arrays(
            np.asarray(estimate.value, dtype=np.float64), np.asarray(estimate.status, dtype=np.str_)
        )
        laid_out[name] = [value.tolist(), status.tolist()]
    return laid_out


def _of_most(status: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the most frequent status along the first axis; of equally frequent ones the worst.

    A status without a value comes before all others, because the mean then has no value either.
    """
    counts = np.stack([(status == str(one)).sum(axis=0) for one in Status])
    valueless = np.array([not one.has_value for one in Status])
    counts[valueless] *= len(status) + 1
    worst_first = counts[::-1]
    chosen = len(Status) - 1 - worst_first.argmax(axis=0)
    names: NDArray[np.str_] = np.array([str(one) for one in Status])[chosen]
    return names
