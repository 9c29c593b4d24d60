"""Long work in a child process, which sends events and ends with its listener."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import AsyncIterator, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from twinseed.errors import InputError, TwinseedError
from twinseed.explore.answers import refusal
from twinseed.explore.desk import BusyError

__all__ = ["Children", "Send"]

Send = Callable[[str, Any], None]
"""Sends an event: its name, and what JSON can hold."""

_AT_ONCE = 4
_PRELOADED = ["twinseed.explore.jobs"]
_POLL = 0.05


class Children:
    """The child processes of one server; each has a folder inside ``folder`` for its files."""

    def __init__(self, folder: Path, at_once: int = _AT_ONCE) -> None:
        way = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        self._context: Any = multiprocessing.get_context(way)
        if way == "forkserver":
            self._context.set_forkserver_preload(_PRELOADED)
        self._folder = folder
        self._at_once = at_once
        self._running: set[Any] = set()
        self._closed = False

    @property
    def running(self) -> int:
        """Number of children that run."""
        return len(self._running)

    def require_room(self) -> None:
        """Refuse work where as many children as allowed run already.

        Raises:
            BusyError: no child can be started now.
        """
        if len(self._running) >= self._at_once:
            raise BusyError(
                f"{self._at_once} computations run already: stop one of them, or wait for its end"
            )

    async def events(
        self, work: Callable[..., None], *arguments: Any
    ) -> AsyncIterator[tuple[str, Any]]:
        """Run ``work(send, *arguments)`` in a child, and yield what it sends.

        An error of the work is the event "error". The child is ended when the iteration is left.
        """
        self.require_room()
        ours, theirs = self._context.Pipe(duplex=False)
        here = Path(mkdtemp(dir=self._folder))
        given = (theirs, str(here), work, arguments)
        child = self._context.Process(target=_run, args=given, daemon=True)
        self._running.add(child)
        try:
            await asyncio.to_thread(self._start, child)
            theirs.close()
            while True:
                while not ours.poll():
                    if not child.is_alive() and not ours.poll():
                        yield "error", _ended(child.exitcode)
                        return
                    await asyncio.sleep(_POLL)
                try:
                    name, data = ours.recv()
                except EOFError:
                    yield "error", _ended(child.exitcode)
                    return
                if name == "done":
                    return
                yield name, data
                if name == "error":
                    return
        finally:
            if child.pid is not None:
                child.kill()
                child.join(1.0)
            ours.close()
            self._running.discard(child)
            rmtree(here, ignore_errors=True)

    def _start(self, child: Any) -> None:
        """Start a child, which may take seconds; end it where the server has ended meanwhile."""
        child.start()
        if self._closed:
            child.kill()

    def close(self) -> None:
        """End every child, also one that is being started."""
        self._closed = True
        for child in list(self._running):
            if child.pid is not None:
                child.kill()


def _run(
    pipe: Connection, folder: str, work: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    """Do the work (called in the child); temporary files go to the folder."""
    tempfile.tempdir = folder
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends its children itself
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")

    def send(name: str, data: Any) -> None:
        pipe.send((name, data))

    try:
        work(send, *arguments)
        send("done", None)
    except BrokenPipeError:
        os._exit(0)
    except Exception as error:
        if not isinstance(error, TwinseedError | MemoryError | OSError):
            traceback.print_exc(file=sys.stderr)
        told = refusal(error).content.decode()
        send("error", told)
    finally:
        pipe.close()


def _ended(status: int | None) -> str:
    error = InputError(
        "",
        f"the computation ended without an answer (exit status {status})",
        status,
        "pass fewer rows or columns: the memory of this machine may be too small",
    )
    return refusal(error).content.decode()
