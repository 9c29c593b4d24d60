"""Workers that are processes of this machine: new interpreters, which end with the sweep.

The environment of the calling process, the signals that it blocks, and its other child processes
are never changed.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from twinseed.errors import InputError
from twinseed.sweep.tasks import Done, Task

__all__ = ["MOST_PROCESSES", "importable", "in_processes", "require_sendable"]

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
MOST_PROCESSES: float = 61 if os.name == "nt" else math.inf
"""Windows cannot wait for more processes."""


class _Context(SpawnContext):
    """Starts new interpreters, and keeps a list of them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[multiprocessing.process.BaseProcess] = []

    def Process(self, *args: Any, **options: Any) -> Any:  # type: ignore[override]  # a method there too, with other types
        """Return a new process, which the pool will start."""
        process = super().Process(*args, **options)
        self.started.append(process)
        return process


class _Processes:
    """Performs the executor's tasks in a pool of processes."""

    death: type[Exception] = BrokenProcessPool
    advice = (
        "the worker may run out of memory: use fewer workers, or smaller cells. Or the script "
        "lacks 'if __name__ == \"__main__\":', which a script with several workers needs"
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
    """Open a pool of new interpreters; after an error, end them at once."""
    context = _Context()
    with _no_interrupt():  # the first pool makes Python unblock signals
        pool = ProcessPoolExecutor(count, mp_context=context, initializer=_start_worker)
    try:
        yield _Processes(pool, count)
    except BaseException:
        for process in context.started:
            if process.is_alive():
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
            "must be 1, because this work cannot be sent to another process",
            str(error),
            "use a class or function of an importable module, or workers=1",
        ) from error


def importable(tasks: Iterable[Task]) -> bool:
    """Say whether new interpreters can do these tasks without any help of the caller.

    They import the caller's script, if there is one. So the script must look at ``__name__``, and
    no task may need what only the script defines.
    """
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    try:
        if script is not None and "__name__" not in Path(script).read_text("utf-8", "replace"):
            return False
        return all(b"__main__" not in pickle.dumps(task) for task in tasks)
    except Exception:  # a script that is no file, or work that cannot be sent
        return False


def _start_worker() -> None:
    """Use one thread, ignore Ctrl-C (the parent handles it), and end when the parent has ended.

    The limit is for libraries that are loaded, the variables for a BLAS that is loaded later.
    """
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    threadpool_limits(limits=1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker when its parent was killed; else the worker would wait for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Block Ctrl-C: a process that starts meanwhile never receives it, not even while it starts.

    Signals that the caller blocks stay blocked.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    held = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
