"""Where work is done: in one thread, in several threads, or on a cluster.

A verb chooses the place once (``placed``), and the parts that can be divided ask for it (``here``).
The answer never depends on the place, to the last bit. So the place is no argument of these parts.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from threading import RLock
from typing import Any, ParamSpec, TypeVar

from twinseed.checks import whole
from twinseed.errors import InputError

__all__ = [
    "Place",
    "at_once",
    "chosen",
    "here",
    "in_threads",
    "in_turn",
    "placed",
    "sensible",
    "usable",
]

_MOST = 4
"""Most workers per processor: more workers make the work slower, and need more memory."""

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
"""How much of the processors a container may use: microseconds, and of how many."""

_TURN = RLock()
T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")


@dataclass(frozen=True)
class Place:
    """Where work is done.

    ``workers`` is the number of threads, ``cluster`` the address of a Dask scheduler, and
    ``search`` finds nearest rows on this cluster, with the arguments of ``neighbours.Search``.
    ``sharing`` places work at the same time, and share one bound of memory.
    """

    workers: int = 1
    cluster: str | None = None
    search: Callable[..., Any] | None = None
    sharing: int = 1


_ALONE = Place()
_PLACE: ContextVar[Place] = ContextVar("twinseed place", default=_ALONE)


def here() -> Place:
    """Return the place that was chosen; one thread by default.

    >>> here().workers
    1
    """
    return _PLACE.get()


@contextmanager
def placed(place: Place) -> Iterator[None]:
    """Do the work inside at this place."""
    token = _PLACE.set(place)
    try:
        yield
    finally:
        _PLACE.reset(token)


def usable() -> int:
    """Return the number of processors that this process may use.

    The affinity of the process and the quota of its container are respected.

    >>> 1 <= usable() <= (os.cpu_count() or 1)
    True
    """
    count = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    try:
        quota, period = _QUOTA.read_text("ascii").split()
        count = min(count, math.ceil(int(quota) / int(period)))
    except (OSError, ValueError):  # no container, or no limit ("max")
        pass
    return max(1, count)


def chosen(workers: Any, what: str = "threads") -> int:
    """Return a number of workers that this machine can use; None means ``usable()``.

    ``what`` is the plural of what a worker is.

    >>> chosen(1)
    1
    """
    if workers is None:
        return usable()
    return sensible(workers, what)


def sensible(workers: Any, what: str, most: float = math.inf) -> int:
    """Return a number of workers that this machine can use: at most ``most`` of them."""
    count = whole("workers", workers, f"pass the number of {what} to use")
    processors = os.cpu_count() or 1
    most = min(_MOST * processors, most)
    if count > most:
        raise InputError(
            "workers",
            f"must be at most {most:.0f} on this machine, which has {processors} processors",
            workers,
            f"pass {processors}; more workers than processors do not make the work faster",
        )
    return count


def in_threads(
    work: Callable[[T], R],
    items: Sequence[T],
    workers: int,
    finished: Callable[[T], None] = lambda item: None,
) -> list[R]:
    """Return ``work(item)`` of each item, in order; each thread computes with one BLAS thread.

    ``finished`` is called in this thread after each item. Work inside the threads is not divided
    again. After an error no further item is begun.

    >>> in_threads(abs, [-1, 2, -3], workers=2)
    [1, 2, 3]
    """

    def alone(item: T) -> R:
        with placed(Place(sharing=max(1, workers))):
            return work(item)

    with _blas().limit(limits=1), ThreadPoolExecutor(max(1, workers)) as pool:
        under_way = {pool.submit(alone, item): item for item in items}
        try:
            for future in as_completed(under_way):
                future.result()
                finished(under_way[future])
        except BaseException:
            for future in under_way:
                future.cancel()
            raise
        return [future.result() for future in under_way]


def at_once(
    works: Sequence[Callable[[], R]],
    most: int,
    finished: Callable[[], None] = lambda: None,
) -> list[R]:
    """Return what each piece of work returns, in order; each thread of this place does whole ones.

    Where the place has more threads than there are pieces, or than ``most``, or is a cluster, the
    pieces are done one after the other, and each may divide itself. ``finished`` is called in this
    thread after each piece.

    >>> at_once([lambda: 1, lambda: 2], most=2)
    [1, 2]
    """
    place = here()
    if place.cluster is None and 1 < place.workers <= min(most, len(works)):
        return in_threads(lambda work: work(), works, place.workers, lambda work: finished())
    found = []
    for work in works:
        found.append(work())
        finished()
    return found


def in_turn(work: Callable[P, R]) -> Callable[P, R]:
    """Let one thread at a time do this work, which is many short steps.

    Between short steps threads would wait for the lock of the interpreter, thousands of times a
    second, which takes more time than the work. Threads that do long steps run meanwhile. The work
    must not wait for other threads.

    >>> in_turn(abs)(-1)
    1
    """

    @wraps(work)
    def alone(*args: P.args, **options: P.kwargs) -> R:
        with _TURN:
            return work(*args, **options)

    return alone


@cache
def _blas() -> Any:
    """Return the controller of the BLAS of numpy, which is loaded once."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
