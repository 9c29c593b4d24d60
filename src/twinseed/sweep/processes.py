"""Workers that are processes of this machine: fresh interpreters, which end when the sweep does."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from twinseed.errors import InputError
from twinseed.sweep.tasks import Done, Task

__all__ = ["in_processes", "require_sendable"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class _Processes:
    """A pool, as the executor sees it."""

    death: type[Exception] = BrokenProcessPool
    advice = (
        "it may run out of memory (use fewer workers, smaller cells); or the script that calls "
        "this lacks 'if __name__ == \"__main__\":', which one that uses several processes needs"
    )

    def __init__(self, pool: ProcessPoolExecutor, lanes: int) -> None:
        self._pool = pool
        self.lanes = lanes

    def submit(self, task: Task) -> Future[Done]:
        """Send a task; this may start a process."""
        try:
            with _no_interrupt():
                return self._pool.submit(task.perform)
        except BrokenProcessPool as error:
            future: Future[Done] = Future()
            future.set_exception(error)
            return future


@contextmanager
def in_processes(count: int) -> Iterator[_Processes]:
    """Open a pool of fresh interpreters; on the way out of an error, end them at once."""
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        count, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker
    )
    try:
        with _one_thread_in_children():
            yield _Processes(pool, count)
    except BaseException:
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def require_sendable(task: Task) -> None:
    """Raise ``InputError`` where the work of a cell cannot be sent to another process."""
    try:
        pickle.dumps(task)
    except Exception as error:
        raise InputError(
            "workers",
            "above 1 need work that can be sent to another process",
            str(error),
            "use a class or function of an importable module, or workers=1",
        ) from error


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
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back: a process started meanwhile never sees it, not even while it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


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
