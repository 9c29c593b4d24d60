"""Makes each answer once, in a few threads, and keeps it; who has gone is no longer answered."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from twinseed.errors import TwinseedError
from twinseed.explore.answers import Content, refusal

__all__ = ["BusyError", "Desk"]

_THREADS = 2
_WAITING = 64
"""Answers that may wait for a thread; more are refused, and the page asks again."""
_KEPT_BYTES = 64 << 20


class BusyError(TwinseedError):
    """Too many answers wait already."""


class _Work:
    """An answer that is being made, and the number of those who wait for it."""

    def __init__(self, future: asyncio.Future[Content]) -> None:
        self.future = future
        self.waiting = 0


class Desk:
    """The answers that are being made, and the answers that are kept."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="explore")
        self._kept: OrderedDict[str, Content] = OrderedDict()
        self._bytes = 0
        self._working: dict[str, _Work] = {}

    async def answer(self, key: str, make: Callable[[], Content]) -> Content:
        """Return the answer under a key; it is made at most once at a time.

        If everybody who waits for the answer is cancelled, and no thread has begun, the answer is
        not made.
        """
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        work = self._working.get(key)
        if work is None:
            if len(self._working) >= _WAITING:
                raise BusyError("the server is busy: ask again in a second")
            loop = asyncio.get_running_loop()
            work = self._working[key] = _Work(loop.run_in_executor(self._pool, _told, make))
            work.future.add_done_callback(lambda future: self._done(key, future))
        work.waiting += 1
        try:
            return await asyncio.shield(work.future)
        finally:
            work.waiting -= 1
            if work.waiting == 0 and not work.future.done():
                self._drop(key, work.future)  # at once: the same question may be next
                work.future.cancel()

    def close(self) -> None:
        """Begin no further answer."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _drop(self, key: str, future: asyncio.Future[Content]) -> None:
        """Forget that an answer is being made, unless the same question was asked again."""
        work = self._working.get(key)
        if work is not None and work.future is future:
            del self._working[key]

    def _done(self, key: str, future: asyncio.Future[Content]) -> None:
        self._drop(key, future)
        if future.cancelled() or future.exception() is not None:
            return
        told = future.result()
        if told.status != 200 or len(told.content) > _KEPT_BYTES // 4:
            return
        self._kept[key] = told
        self._bytes += len(told.content)
        while self._bytes > _KEPT_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.content)


def _told(make: Callable[[], Content]) -> Content:
    """Make an answer; an error becomes an answer too."""
    try:
        return make()
    except Exception as error:
        told = refusal(error)
        if told.status == 500:
            traceback.print_exc(file=sys.stderr)
        return told
