"""Workers of a Dask scheduler that is already running; their number may change."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
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

    def __init__(self, client: Any, death: type[Exception]) -> None:
        self.death = death
        self._client = client
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
        sent = self._client.submit(_perform, task, __version__, pure=False)
        outcome: Future[Done] = Future()
        self._client.loop.add_callback(_fetched, sent, outcome)
        return outcome


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
        except Exception as error:
            if not _lost(client, error):
                raise
            raise TwinseedError(
                f"the Dask scheduler at {address} stopped answering: start the scheduler and "
                "its workers again; with a store, the same call continues from the results in "
                "the store"
            ) from error


async def _fetched(sent: Any, outcome: Future[Done]) -> None:
    """Fetch what a task returned or raised; cancel the outcome if the scheduler is lost before.

    The executor of Dask waits forever for a result that it was fetching from a lost scheduler.
    """
    from asyncio import CancelledError as Cancelled  # not before there is a cluster: it takes long

    try:
        done = await sent
    except (Exception, Cancelled) as error:
        if sent.status != "error":  # so it is no error of the task
            outcome.cancel()
        if outcome.set_running_or_notify_cancel():
            outcome.set_exception(error)
    else:
        if outcome.set_running_or_notify_cancel():
            outcome.set_result(done)


def _lost(client: Any, error: Exception) -> bool:
    """Say whether an error means that the client has lost its scheduler."""
    closed = import_module("distributed.comm").CommClosedError
    if isinstance(error, CancelledError | closed):
        return True
    return client.status != "running" and not isinstance(error, TwinseedError)


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
    """Connect to a scheduler; at the end, it forgets the tasks that are not done."""
    with connected(address) as client:
        yield _Cluster(client, import_module("distributed").KilledWorker)


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
