"""Runs the cells of a sweep: in this process, in several, or on a cluster that is already there.

Whatever runs them, every cell has one BLAS thread (two busy processes with two threads each are far
slower than one, and another number of threads can change the last bits), results are stored as
they come, and a worker that dies takes down nothing but its own cell, which is done again.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from threadpoolctl import threadpool_limits

from twinseed.checks import whole
from twinseed.errors import InputError, MissingExtraError, TwinseedError
from twinseed.sweep.cells import Cell, Job, Result
from twinseed.sweep.store import Store

__all__ = ["run"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_BREAKDOWNS = 3
"""Pools that may die one after the other without a single finished cell."""

Finished = Callable[[str, str], None]


def run(
    job: Job,
    cells: Sequence[Cell],
    *,
    store: Store | None = None,
    workers: int = 1,
    cluster: str | None = None,
    advance: Callable[[int], None] | None = None,
) -> list[Result]:
    """Do the work of every cell that the store does not hold; return all results, in cell order.

    ``workers`` processes on this machine, or the workers of the Dask scheduler at the address
    ``cluster``. ``advance(k)`` is called as k more cells are done, first for those found in the
    store. Interrupted, by the keyboard or by a kill, the store holds every finished cell.

    Raises:
        InputError: ``workers`` is not a whole number of at least 1, or a cell's work cannot be sent
            to another process.
        MissingExtraError: ``cluster`` is given and dask.distributed is not installed.
        TwinseedError: workers keep dying.
    """
    count = whole("workers", workers, "pass the number of processes to use")
    by_key = {job.key(cell): cell for cell in cells}
    done = store.get(by_key) if store is not None else {}
    todo = {key: cell for key, cell in by_key.items() if key not in done}
    tell = advance if advance is not None else _ignore
    if done:
        tell(len(done))

    def finished(key: str, result: str) -> None:
        done[key] = result
        if store is not None:
            store.put(key, by_key[key].name, result)
        tell(1)

    if cluster is not None:
        _on_cluster(cluster, job, todo, finished)
    elif count == 1 or len(todo) <= 1:
        _here(job, todo, finished)
    else:
        _in_processes(count, job, todo, finished)
    return [json.loads(done[job.key(cell)]) for cell in cells]


def _ignore(steps: int) -> None:
    """Stand in for a progress bar."""


def _here(job: Job, todo: Mapping[str, Cell], finished: Finished) -> None:
    with threadpool_limits(limits=1):
        for key, cell in todo.items():
            finished(key, _perform(cell, job.entropy))


def _in_processes(workers: int, job: Job, todo: Mapping[str, Cell], finished: Finished) -> None:
    _require_sendable(todo)
    left = dict(todo)
    breakdowns = 0

    def collect(key: str, result: str) -> None:
        nonlocal breakdowns
        breakdowns = 0
        del left[key]
        finished(key, result)

    while left:
        # After a breakdown the next cell goes alone, so that one that kills its worker takes no
        # other down with it and is known by name.
        batch = dict(itertools.islice(left.items(), 1)) if breakdowns else dict(left)
        try:
            with _process_pool(min(workers, len(batch))) as pool:
                _collect(pool, _perform, job, batch, collect)
        except BrokenProcessPool as error:
            breakdowns += 1
            if breakdowns == _BREAKDOWNS:
                raise TwinseedError(
                    f"the worker process died {breakdowns} times in a row, last in the cell "
                    f"{next(iter(left.values())).name}; {len(left)} are left: it may run out of "
                    "memory (use fewer workers, smaller cells); "
                    "or the script that calls this lacks 'if __name__ == \"__main__\":', which a "
                    "script that uses several processes needs"
                ) from error


def _on_cluster(address: str, job: Job, todo: Mapping[str, Cell], finished: Finished) -> None:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtraError("dask.distributed", "cluster", "cluster=") from error
    _require_sendable(todo)
    with Client(address) as client, client.get_executor(pure=False) as pool:
        _collect(pool, _perform_on_cluster, job, todo, finished)


def _collect(
    pool: Executor,
    do: Callable[[Cell, tuple[int, ...]], str],
    job: Job,
    todo: Mapping[str, Cell],
    finished: Finished,
) -> None:
    futures: dict[Future[str], str] = {
        pool.submit(do, cell, job.entropy): key for key, cell in todo.items()
    }
    try:
        broken: BrokenProcessPool | None = None
        for future in as_completed(futures):
            try:
                result = future.result()
            except BrokenProcessPool as error:  # others may have finished before it broke
                broken = error
                continue
            finished(futures[future], result)
        if broken is not None:
            raise broken
    finally:
        for future in futures:
            future.cancel()


def _perform(cell: Cell, entropy: tuple[int, ...]) -> str:
    try:
        return cell.perform(entropy)
    except Exception as error:
        error.add_note(f"in the cell {cell.name}")
        raise


def _perform_on_cluster(cell: Cell, entropy: tuple[int, ...]) -> str:
    with threadpool_limits(limits=1):  # a worker there may have started with more
        return _perform(cell, entropy)


@contextmanager
def _process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of fresh interpreters; on the way out of an error, end them at once."""
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker
    )
    try:
        with _one_thread_in_children():
            yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Keep to one thread, leave Ctrl-C to the parent, and end when the parent is gone."""
    threadpool_limits(limits=1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent cannot end its workers, which would wait for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _one_thread_in_children() -> Iterator[None]:
    """Set the variables that a BLAS reads when it loads, for the processes started meanwhile."""
    saved = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _require_sendable(todo: Mapping[str, Cell]) -> None:
    cell: Any = next(iter(todo.values()), None)
    try:
        pickle.dumps(cell)
    except Exception as error:
        raise InputError(
            "workers",
            "above 1 need work that can be sent to another process",
            str(error),
            "use a class or function of an importable module, or workers=1",
        ) from error
