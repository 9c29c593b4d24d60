"""Runs the cells of a sweep: in this process, in several processes, or on a running cluster.

Every cell has one BLAS thread: two busy processes with two threads each are far slower than one,
and another number of threads can change the last bits. Results are stored as they arrive. If a
worker dies, only the work of this worker is done again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import AbstractContextManager
from functools import partial

from threadpoolctl import threadpool_limits

from twinseed.errors import TwinseedError
from twinseed.lanes import here, sensible
from twinseed.progress import ShowProgress, track
from twinseed.sweep.cells import Cell, Job, Result
from twinseed.sweep.cluster import on_cluster
from twinseed.sweep.processes import (
    MOST_PROCESSES,
    importable,
    in_processes,
    require_sendable,
)
from twinseed.sweep.store import Store
from twinseed.sweep.tasks import Done, Queue, Task
from twinseed.sweep.threads import threads
from twinseed.sweep.workers import WorkerDiedError, Workers

__all__ = ["run", "run_here"]

_DEATHS = 3
"""A sweep stops after this many deaths of workers without a finished cell in between."""
_AHEAD = 2
"""Tasks that are sent per task that runs, so that no worker waits."""
_LONG = 8.0
"""Seconds of work left for each worker, from which the start of new interpreters pays."""

Finished = Callable[[Mapping[str, str]], None]


def run(
    job: Job,
    cells: Sequence[Cell],
    *,
    store: Store | None = None,
    workers: int = 1,
    cluster: str | None = None,
    progress: ShowProgress = False,
    in_threads: bool = False,
    long_in_processes: bool = False,
) -> list[Result]:
    """Do the work of every cell that is not in the store; return all results, in cell order.

    The work is done by ``workers`` processes on this machine, at most one per cell, or by the
    workers of the Dask scheduler at the address ``cluster``. With ``in_threads`` the workers of
    this machine are threads: they start at once and share arrays. With ``long_in_processes`` as
    well, processes take over where much work is left, if they can (``importable``). ``progress``
    counts cells, first those found in the store. After an interruption, by Ctrl-C or by a kill, the
    store has every finished cell. Unfinished tasks are done again: at most two per worker, each of
    about a tenth of a second or of one long cell.

    Raises:
        InputError: ``workers`` is not a whole number of at least 1 and at most four for each
            processor, a cell's work cannot be sent to another process, or no scheduler answers at
            ``cluster``.
        MissingExtraError: ``cluster`` is given and dask.distributed is not installed.
        StoreError: the store can no longer be written; results in the store are safe.
        TwinseedError: workers die again and again.
    """
    count = sensible(workers, "processes", MOST_PROCESSES)
    by_key = {job.key(cell): cell for cell in cells}
    done = store.get(by_key) if store is not None else {}
    todo = {key: cell for key, cell in by_key.items() if key not in done}
    with track(sum(cell.counted for cell in cells), job.kind, progress) as shown:

        def count_done(results: Mapping[str, str]) -> None:
            if counted := sum(by_key[key].counted for key in results):
                shown.advance(counted)

        count_done(done)

        def finished(results: Mapping[str, str]) -> None:
            done.update(results)
            if store is not None:
                store.put((key, by_key[key].kept, result) for key, result in results.items())
            count_done(results)

        count = min(count, len(todo))
        local = cluster is None and (count <= 1 or in_threads)
        for cell in [] if local else list(todo.values())[:1]:
            require_sendable(Task(job, (cell,)))
        queue = Queue(job, todo, singly=cluster is None and count <= 1)
        if cluster is not None:
            _elsewhere(queue, partial(on_cluster, cluster), finished)
        elif count <= 1:
            _here(queue, finished)
        else:
            start = threads if in_threads else in_processes
            most = _LONG * count if long_in_processes else math.inf
            _elsewhere(queue, partial(start, count), finished, most)
            if queue:
                groups = {cell.group: Task(job, (cell,)) for cell in todo.values()}
                start = in_processes if importable(groups.values()) else threads
                _elsewhere(queue, partial(start, count), finished)
    return [json.loads(done[job.key(cell)]) for cell in cells]


def run_here(job: Job, cells: Sequence[Cell], progress: ShowProgress = False) -> list[Result]:
    """Return the results of ``run``, at the place that the verb has chosen (``lanes.here``).

    The workers of this machine are threads.
    """
    place = here()
    return run(
        job,
        cells,
        workers=place.workers,
        cluster=place.cluster,
        progress=progress,
        in_threads=True,
    )


def _here(queue: Queue, finished: Finished) -> None:
    with threadpool_limits(limits=1):
        while queue:
            keys, task = queue.take(1)
            finished(queue.learn(keys, task, task.perform()))


def _elsewhere(
    queue: Queue,
    start: Callable[[], AbstractContextManager[Workers]],
    finished: Finished,
    most: float = math.inf,
) -> None:
    """Do all queued work on workers that may die; none that is longer than ``most`` seconds.

    After a death the cells of the running tasks are run one by one. So a cell that kills its worker
    does not affect other cells, and the error can name it.
    """
    deaths = 0

    def collect(results: Mapping[str, str]) -> None:
        nonlocal deaths
        deaths = 0
        finished(results)

    while queue and queue.seconds_left <= most:
        try:
            with start() as workers:
                _drain(queue, workers, collect, alone=queue.suspect is not None, most=most)
        except WorkerDiedError as error:
            deaths += 1
            if deaths == _DEATHS:
                assert queue.suspect is not None
                raise TwinseedError(
                    f"a worker died {deaths} times in a row, last in the cell "
                    f"{queue.suspect.name}; {len(queue)} cells are left: {error}"
                ) from error


def _drain(queue: Queue, workers: Workers, finished: Finished, *, alone: bool, most: float) -> None:
    """Send tasks and collect their results, to the end of the queue, or of its suspects."""
    under_way: dict[Future[Done], tuple[tuple[str, ...], Task]] = {}
    try:
        while True:
            lanes = 1 if alone else workers.lanes
            room = 1 if alone else _AHEAD * lanes
            while len(under_way) < room and (queue.suspect if alone else queue):
                if queue.seconds_left > most:
                    break
                keys, task = queue.take(lanes)
                under_way[workers.submit(task)] = keys, task
            if not under_way:
                return
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                done = future.result()
                finished(queue.learn(*under_way.pop(future), done))
    except workers.death as error:
        for future, (keys, task) in reversed(under_way.items()):
            if future.done() and not future.cancelled() and future.exception() is None:
                finished(queue.learn(keys, task, future.result()))
            else:
                queue.accuse(keys, task)
        raise WorkerDiedError(workers.advice) from error
    finally:
        for future in under_way:
            future.cancel()
