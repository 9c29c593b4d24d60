"""Workers that are threads of this process: they start at once, and numpy runs in parallel.

They suit work that numpy does, such as large products and random draws, and that needs arrays which
would be long to send to another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from twinseed.lanes import Place, placed
from twinseed.sweep.tasks import Done, Task

__all__ = ["threads"]


class _NeverRaisedError(Exception):
    """A thread does not die without its process."""


class _Threads:
    """Performs the executor's tasks in a pool of threads."""

    death: type[Exception] = _NeverRaisedError
    advice = ""

    def __init__(self, pool: ThreadPoolExecutor, lanes: int) -> None:
        self._pool = pool
        self.lanes = lanes

    def submit(self, task: Task) -> Future[Done]:
        """Send a task to a thread."""
        return self._pool.submit(_perform, task)


@contextmanager
def threads(count: int) -> Iterator[_Threads]:
    """Open a pool of threads, each of which computes with one BLAS thread."""
    with threadpool_limits(limits=1):
        pool = ThreadPoolExecutor(count)
        try:
            yield _Threads(pool, count)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _perform(task: Task) -> Done:
    with placed(Place()):  # the work of a task is not divided again
        return task.perform()
