"""Workers that a Dask scheduler already has: as many as there are, while they come and go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from threadpoolctl import threadpool_limits

from twinseed._version import __version__
from twinseed.errors import InputError, MissingExtraError, TwinseedError
from twinseed.sweep.tasks import Done, Task

__all__ = ["as_worker", "connected", "on_cluster"]

_RECOUNT = 1.0
"""Seconds after which the threads of the cluster are counted anew."""


class _Cluster:
    """A Dask client, as the executor sees it."""

    advice = "a cell may need more memory than a worker of the cluster has; see the workers' logs"

    def __init__(self, client: Any, pool: Executor, death: type[Exception]) -> None:
        self.death = death
        self._client = client
        self._pool = pool
        self._counted = (0, float("-inf"))

    @property
    def lanes(self) -> int:
        """The threads of all workers; 1 while there is none, so that something waits for them."""
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
    """Connect a client to a Dask scheduler, which stays with its workers when the client goes."""
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise MissingExtraError("dask.distributed", "cluster", "cluster=") from error
    try:
        client = distributed.Client(address, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            "cluster",
            f"has no Dask scheduler that answers ({error})",
            address,
            "start one with 'dask scheduler', and pass its address",
        ) from error
    with client:
        try:
            yield client
        except CancelledError as error:
            raise TwinseedError(
                f"the Dask scheduler at {address} stopped answering: start the scheduler and "
                "its workers again; with a store, the same call continues from the results in "
                "the store"
            ) from error


@contextmanager
def on_cluster(address: str) -> Iterator[_Cluster]:
    """Connect to a scheduler; on the way out, drop what is still under way there."""
    with connected(address) as client:
        pool = client.get_executor(pure=False)
        try:
            yield _Cluster(client, pool, import_module("distributed").KilledWorker)
        finally:
            pool.shutdown(wait=False)


def as_worker(version: str) -> None:
    """Refuse work from another version; compute in one thread, as work is parallel by task."""
    if version != __version__:
        raise TwinseedError(
            f"a worker of the cluster has twinseed {__version__}, here it is {version}: "
            "install the same version there"
        )
    # For good: tasks in the threads of one worker would undo each other's limits.
    threadpool_limits(limits=1)


def _perform(task: Task, version: str) -> Done:
    as_worker(version)
    return task.perform()
