"""The verb ``simulate``: every order parameter of drawn data."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from twinseed.checks import Sizes, given_path
from twinseed.filters import Filter, Ridge
from twinseed.populations import Population
from twinseed.progress import ShowProgress
from twinseed.randomness import RandomSource, entropy_of
from twinseed.readout import Readout
from twinseed.simulation import Engine
from twinseed.sweep import Job, Store, run
from twinseed.verbs.sweeps.draws import Simulation

__all__ = ["simulate"]

_PLAIN = Ridge(0.0)


def simulate(
    population: Population | Sequence[Population],
    filter: Filter | Sequence[Filter] = _PLAIN,
    *,
    n: Sizes,
    d: Sizes | None = None,
    replicates: int,
    rng: RandomSource,
    engine: Engine | None = None,
    store: str | Path | None = None,
    cluster: str | None = None,
    workers: int = 1,
    progress: ShowProgress = None,
) -> Readout:
    """Draw twin linear generators at a finite size and measure every order parameter.

    Equation: each replicate draws two training sets, held-out rows and one block of noise, and
    measures them with the estimators of ``measure``. A value is the mean over the ``R`` replicates;
    its standard error is their standard deviation over ``sqrt(R)``. Quantities that are known
    exactly in a simulation (the truth, the models' directions, the chance level) are used.

    Range: ``n`` and ``d`` from 1, ``replicates`` from 2; see ``readout.VARIABLES`` for the range of
    each variable. Shapes: as ``predict``. Every cell of the grid has its own draws, so all errors
    are independent.

    Args:
        population: the covariance of the data; or several, as in ``predict``.
        filter: one filter, or a sequence of them.
        n: training rows of each model, and held-out rows.
        d: columns of the data; may be left out for a population that has a dimension.
        replicates: independent draws of each cell.
        rng: a seed or a numpy generator. The same seed gives the same bits for any number of
            workers, on one kind of processor and BLAS.
        engine: how a draw is made. By default ``ts.Dense()``; at points of more than 1,000 columns
            ``ts.Krylov()`` where it takes less time, by a model of the cost. ``Krylov`` leaves the
            distances to the truth "not measured": pass ``ts.Dense()`` if you need them.
        store: a file that keeps each finished draw. The same call, run again, continues from the
            file, and so does a call with more replicates, sizes, filters or populations along the
            dimension. ``load_sweep`` reads the file, also while the call runs.
        cluster: the address of a Dask scheduler that is already running, instead of ``workers``.
        workers: draws that are made at the same time, by processes on this machine. Small draws of
            ``Dense`` are made by threads, which start at once; where much is left, processes take
            over. A script that asks for more than one worker needs the usual
            ``if __name__ == "__main__":``.
        progress: True shows it on stderr, False does not, None does on a terminal; a function is
            called with the number of draws done since its last call, of as many as the cells of
            the grid times ``replicates``.

    Returns:
        A readout. Each status is the status of most replicates. If one replicate has no number, the
        mean has no number either.

    Raises:
        InputError: an argument out of range, fewer than two replicates, or a size that the engine
            cannot hold.
        StoreError: the store cannot be written, or belongs to another job.
        MissingExtraError: ``cluster`` without dask.distributed.

    Validity: Gaussian data with known mean; standard errors need about ten replicates (with two
    replicates half of all standard errors are wrong by a factor of two or more).
    Source: Maillard and Goldt, arXiv 2605.21402, for the order parameters.

    >>> import twinseed as ts
    >>> readout = ts.simulate(ts.Spiked([3.0]), n=[40, 80], d=40, replicates=2, rng=0)
    >>> dict(readout.convergence.sizes), bool((readout.convergence_se > 0).all())
    ({'n': 2}, True)

    See also: ``predict``, ``measure``, ``compare``, ``load_sweep``, ``Dense``, ``Krylov``,
        ``Compressed``.
    """
    if store is not None:
        store = given_path(
            "store", store, "pass the path of a file that can be created, such as draws.sqlite"
        )
    simulation = Simulation.build(
        population, filter, n=n, d=d, replicates=replicates, engine=engine
    )
    cells = simulation.cells
    job = Job("simulate", simulation.version, entropy_of(rng), simulation.shared)
    with ExitStack() as stack:
        kept = stack.enter_context(Store(store, job)) if store is not None else None
        results = run(
            job,
            cells,
            store=kept,
            workers=workers,
            cluster=cluster,
            progress=progress,
            in_threads=simulation.suits_threads,
            long_in_processes=True,
        )
    return simulation.readout(results, job.entropy)
