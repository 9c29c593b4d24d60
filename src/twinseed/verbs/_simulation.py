"""A simulation before it is run: its cells, and how their results become a readout.

Apart from the verb, so that several simulations can share one store and one set of workers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinseed import __version__
from twinseed.checks import whole
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.readout import Estimate
from twinseed.simulation import Dense, Engine
from twinseed.status import Status
from twinseed.sweep import Cell, Result
from twinseed.verbs._grid import Grid

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Simulation", "as_result", "over_replicates"]


@dataclass(frozen=True)
class Simulation:
    """Every draw of a grid, checked and not yet made."""

    grid: Grid
    engine: Engine
    replicates: int

    @classmethod
    def build(
        cls,
        population: Population | Sequence[Population],
        filter: Filter | Sequence[Filter],
        *,
        n: Any,
        d: Any = None,
        replicates: int,
        engine: Engine | None = None,
    ) -> Simulation:
        """Check the arguments of ``simulate``."""
        grid = Grid.build(population, filter, n=n, d=d)
        number = whole(
            "replicates", replicates, "pass at least 2, so that there is an error bar", at_least=2
        )
        chosen = _require_engine(engine)
        for member, one in itertools.product(grid.populations, grid.filters):
            chosen.require_supported(member, one)
        _require_sizes(grid, chosen)
        return cls(grid, chosen, number)

    @property
    def version(self) -> str:
        """What a store of its draws must agree on: the code, and the engine's revision."""
        return f"{__version__}/{self.engine.revision}"

    @cached_property
    def cells(self) -> list[Cell]:
        """One cell a draw."""
        sizes = _require_sizes(self.grid, self.engine)
        populations, filters = self.grid.populations, self.grid.filters
        return [
            _cell(self.engine, populations[index[0]], filters[index[-1]], *sizes[index], replicate)
            for replicate in range(self.replicates)
            for index in np.ndindex(self.grid.shape)
        ]

    def readout(self, results: Sequence[Result], entropy: Sequence[int]) -> xr.Dataset:
        """Average the results of ``cells``, in their order."""
        return self.grid.readout(
            over_replicates(
                results,
                self.grid.shape,
                f"{self.replicates} replicates: training sets, held-out rows and seeds",
            ),
            source="simulate",
            attrs={
                "engine": repr(self.engine),
                "replicates": self.replicates,
                "entropy": " ".join(map(str, entropy)),
            },
        )


def over_replicates(
    results: Sequence[Result], shape: tuple[int, ...], resampled: str
) -> dict[str, Estimate]:
    """Return means and standard errors over replicates, which vary slowest in ``results``."""
    replicates = len(results) // math.prod(shape)
    estimates = {}
    for name in results[0]:
        values = np.array([result[name][0] for result in results], dtype=np.float64)
        status = np.array([result[name][1] for result in results], dtype=np.str_)
        values = values.reshape(replicates, *shape, *values.shape[1:])
        estimates[name] = Estimate(
            value=values.mean(axis=0),
            se=values.std(axis=0, ddof=1) / np.sqrt(replicates),
            resampled=resampled,
            status=_of_most(status.reshape(values.shape)),
        )
    return estimates


def _require_engine(engine: Any) -> Engine:
    if engine is None:
        return Dense()
    if not isinstance(engine, Engine):
        raise InputError("engine", "must be an engine", engine, "pass an object, as in ts.Dense()")
    return engine


def _require_sizes(grid: Grid, engine: Engine) -> dict[tuple[int, ...], tuple[int, int]]:
    sizes = {
        index: (
            whole("n", grid.n[index], "pass the number of training rows of each model"),
            whole("d", grid.d[index], "pass the number of columns of the data"),
        )
        for index in np.ndindex(grid.shape)
    }
    for n, d in set(sizes.values()):
        engine.require_room(n, d)
    return sizes


def _cell(
    engine: Engine, population: Population, filter: Filter, n: int, d: int, replicate: int
) -> Cell:
    return Cell(
        work=partial(_draw, engine, population, filter, n, d),
        description={
            "engine": dict(engine.description()),
            "population": dict(population.description()),
            "filter": dict(filter.description()),
            "n": n,
            "d": d,
            "replicate": replicate,
        },
    )


def _draw(
    engine: Engine,
    population: Population,
    filter: Filter,
    n: int,
    d: int,
    rng: np.random.Generator,
) -> Result:
    return as_result(engine.draw(population, filter, n, d, rng))


def as_result(estimates: Mapping[str, Estimate]) -> Result:
    """Return estimates without their errors, as a cell keeps them."""
    laid_out = {}
    for name, estimate in estimates.items():
        value, status = np.broadcast_arrays(
            np.asarray(estimate.value, dtype=np.float64), np.asarray(estimate.status, dtype=np.str_)
        )
        laid_out[name] = [value.tolist(), status.tolist()]
    return laid_out


def _of_most(status: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the commonest status along the first axis, the worse of two that are equally common.

    One without a value outdoes all others: the mean then has none either.
    """
    counts = np.stack([(status == str(one)).sum(axis=0) for one in Status])
    valueless = np.array([not one.has_value for one in Status])
    counts[valueless] *= len(status) + 1
    worst_first = counts[::-1]
    chosen = len(Status) - 1 - worst_first.argmax(axis=0)
    names: NDArray[np.str_] = np.array([str(one) for one in Status])[chosen]
    return names
