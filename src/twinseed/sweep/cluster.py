"""Workers of a Dask scheduler that is already running; their number may change."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from threadpoolctl import threadpool_limits

from twinseed._version import __version__
from twinseed.errors import InputError, TwinseedError, needs
from twinseed.sweep.tasks import Done, Task

__all__ = ["as_worker", "connected", "on_cluster"]

_RECOUNT = 1.0
"""Seconds after which the threads of the cluster are counted again."""
_LOGGERS = (
    *("distributed.client", "distributed.core", "distributed.batched", "distributed.comm.tcp"),
    "tornado.application",  # on which Dask stands
)
"""What logs a connection that is lost; the caller gets the loss as an error."""


class _Cluster:
    """Performs the executor's tasks through a Dask client."""

    advice = "a cell may need more memory than a worker of the cluster has: read the workers' logs"

    def __init__(self, client: Any, pool: Executor, death: type[Exception]) -> None:
        self.death = death
        self._client = client
        self._pool = pool
        self._counted = (0, float("-inf"))

    @property
    def lanes(self) -> int:
        """The number of threads of all workers; 1 without workers, so that one task waits."""
        threads, at = self._counted
        if time.monotonic() - at > _RECOUNT:
            threads = sum(self._client.nthreads().values())
            self._counted = threads, time.monotonic()
        return max(1, threads)

    def submit(self, task: Task) -> Future[Done]:
        """Send a task to the scheduler, which sends it again when a worker is lost."""
        return self._pool.submit(_perform, task, __version__)


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect a client to a Dask scheduler; closing the client leaves the scheduler running."""
    with needs("dask.distributed", "cluster", "cluster="):
        distributed = import_module("distributed")
    try:
        client = distributed.Client(address, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            "cluster",
            f"has no Dask scheduler that answers ({error})",
            address,
            "start a scheduler with 'dask scheduler', and pass its address",
        ) from error
    with _unlogged(), client:
        try:
            yield client
        except CancelledError as error:
            raise TwinseedError(
                f"the Dask scheduler at {address} stopped answering: start the scheduler and "
                "its workers again; with a store, the same call continues from the results in "
                "the store"
            ) from error


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep Dask from logging a lost connection: its tracebacks would hide the sentence of twinseed.

    Warnings of a scheduler or of workers in this process are logged as before.
    """

    def never(record: logging.LogRecord) -> bool:
        return False

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(never)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(never)


@contextmanager
def on_cluster(address: str) -> Iterator[_Cluster]:
    """Connect to a scheduler; at the end, cancel the tasks that are not done."""
    with connected(address) as client:
        pool = client.get_executor(pure=False)
        try:
            yield _Cluster(client, pool, import_module("distributed").KilledWorker)
        finally:
            pool.shutdown(wait=False)


def as_worker(version: str) -> None:
    """Refuse work from another version; use one thread per task, because tasks run in parallel."""
    if version != __version__:
        raise TwinseedError(
            f"a worker of the cluster has twinseed {__version__}, this process has {version}: "
            "install the same version on all machines"
        )
    # Never reset: tasks in several threads of one worker would reset each other's limits.
    threadpool_limits(limits=1)


def _perform(task: Task, version: str) -> Done:
    as_worker(version)
    return task.perform()
