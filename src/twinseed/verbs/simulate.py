"""The verb of simulation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinseed import __version__
from twinseed.checks import whole
from twinseed.errors import InputError
from twinseed.filters import Filter, Ridge
from twinseed.populations import Population
from twinseed.progress import track
from twinseed.randomness import RandomSource, entropy_of
from twinseed.readout import Estimate
from twinseed.simulation import Dense, Engine
from twinseed.status import Status
from twinseed.sweep import Cell, Job, Result, Store, run
from twinseed.verbs._grid import Grid

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["simulate"]

_PLAIN = Ridge(0.0)


def simulate(
    population: Population,
    filter: Filter | Sequence[Filter] = _PLAIN,
    *,
    n: Any,
    d: Any = None,
    replicates: int,
    rng: RandomSource,
    engine: Engine | None = None,
    store: str | Path | None = None,
    cluster: str | None = None,
    workers: int = 1,
    progress: bool | Callable[[int], None] | None = None,
) -> xr.Dataset:
    """Draw twin linear generators at a finite size and measure every order parameter.

    Equation: each replicate draws two training sets, held-out rows and one block of noise of its
    own, and measures them with the estimators of ``measure``; a value is the mean over the ``R``
    replicates, its standard error their standard deviation over ``sqrt(R)``. What is known exactly
    in a simulation (the truth, the models' own directions, the chance level) is used.

    Range: ``n`` and ``d`` from 1, ``replicates`` from 2; see ``readout.VARIABLES`` for each
    variable's. Shapes: a number gives a scalar coordinate, a 1-d sequence a dimension (``n``,
    ``d``, and the filter's parameter, such as ``ridge``); recovery has a further dimension
    ``factor``. Every cell of the grid has draws of its own, so all errors are independent.

    Args:
        population: the covariance of the data.
        filter: one filter, or a sequence of them.
        n: training rows of each model, and held-out rows.
        d: columns of the data; may be left out for a population with a dimension of its own.
        replicates: independent draws of each cell.
        rng: a seed or a numpy generator. The same seed gives the same bits for any number of
            workers, on one kind of processor and BLAS.
        engine: how a draw is made, ``ts.Dense()`` unless given.
        store: a file that keeps each finished draw; run again, the same call goes on from there.
        cluster: the address of a Dask scheduler that is already running, instead of ``workers``.
        workers: processes on this machine. A script that asks for more than one needs the usual
            ``if __name__ == "__main__":``.
        progress: True shows it on stderr, False does not, None does on a terminal; a function is
            called with the number of draws done since its last call, of as many as the cells of
            the grid times ``replicates``.

    Returns:
        A readout. A status is that of most replicates; where any replicate has no number, neither
        has the mean.

    Raises:
        InputError: an argument out of range, fewer than two replicates, or a size that the engine
            cannot hold.
        StoreError: the store cannot be written, or belongs to another job.
        MissingExtraError: ``cluster`` without dask.distributed.

    Validity: Gaussian data with known mean; standard errors need about ten replicates to be worth
    much (with two they are off by a factor of two as often as not).
    Source: Maillard and Goldt, arXiv 2605.21402, for the order parameters.

    >>> import twinseed as ts
    >>> readout = ts.simulate(ts.Spiked([3.0]), n=[40, 80], d=40, replicates=2, rng=0)
    >>> dict(readout.convergence.sizes), bool((readout.convergence_se > 0).all())
    ({'n': 2}, True)
    """
    grid = Grid.build(population, filter, n=n, d=d)
    number = whole(
        "replicates", replicates, "pass at least 2, so that there is an error bar", at_least=2
    )
    chosen = _require_engine(engine)
    sizes = _require_sizes(grid, chosen)
    job = Job("simulate", f"{__version__}/{chosen.revision}", entropy_of(rng))
    cells = [
        _cell(chosen, population, grid.filters[index[-1]], *sizes[index], replicate)
        for replicate in range(number)
        for index in np.ndindex(grid.shape)
    ]
    with ExitStack() as stack:
        kept = stack.enter_context(Store(store, job)) if store is not None else None
        if callable(progress):
            advance = progress
        else:
            advance = stack.enter_context(track(len(cells), "simulate", progress)).advance
        results = run(job, cells, store=kept, workers=workers, cluster=cluster, advance=advance)
    return grid.readout(
        _over_replicates(results, number, grid.shape),
        source="simulate",
        attrs={
            "engine": repr(chosen),
            "replicates": number,
            "entropy": " ".join(map(str, job.entropy)),
        },
    )


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
    laid_out = {}
    for name, estimate in engine.draw(population, filter, n, d, rng).items():
        value, status = np.broadcast_arrays(
            np.asarray(estimate.value, dtype=np.float64), np.asarray(estimate.status, dtype=np.str_)
        )
        laid_out[name] = [value.tolist(), status.tolist()]
    return laid_out


def _over_replicates(
    results: Sequence[Result], replicates: int, shape: tuple[int, ...]
) -> dict[str, Estimate]:
    estimates = {}
    for name in results[0]:
        values = np.array([result[name][0] for result in results], dtype=np.float64)
        status = np.array([result[name][1] for result in results], dtype=np.str_)
        values = values.reshape(replicates, *shape, *values.shape[1:])
        estimates[name] = Estimate(
            value=values.mean(axis=0),
            se=values.std(axis=0, ddof=1) / np.sqrt(replicates),
            resampled=f"{replicates} replicates: training sets, held-out rows and seeds",
            status=_of_most(status.reshape(values.shape)),
        )
    return estimates


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
