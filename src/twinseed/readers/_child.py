"""The process that runs other people's parsers: one line of tasks on stdin, answers in files.

Where the system can fork there are two processes. One process parses. The other process waits for
the end of the parser, and watches stdin. When stdin closes, the process that asked has ended: it
cannot end the parser or remove the scratch folder, so the other process does both.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from twinseed.errors import InputError, MissingExtraError
from twinseed.readers._isolated import answer
from twinseed.readers._memory import allowed
from twinseed.readers.endings import format_of
from twinseed.readers.formats import ISOLATED, read_safely
from twinseed.readers.reading import ReadOptions
from twinseed.readers.source import Source

__all__ = ["main"]

_DEATH_OF_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""


def main() -> None:
    """Read every task's file, in order; stop where a parser crashes."""
    scratch, *tasks = json.loads(sys.stdin.readline())
    _watched(Path(scratch))
    for argument, text, path, key, limit, place, reading in tasks:
        source = Source(
            argument, text, Path(path), key, limit, Path(place), ReadOptions.received(reading)
        )
        _limit_memory(allowed(limit))
        try:
            found = read_safely(source, ISOLATED[format_of(source)])
            answer(found, Path(place), source.notes, source.names)
        except (InputError, MissingExtraError) as error:
            answer(error, Path(place))


def _watched(scratch: Path) -> None:
    """Go on in a process that ends, and whose scratch folder goes, when stdin is closed."""
    parser = 0
    if hasattr(os, "fork"):
        watcher = os.getpid()
        parser = os.fork()
        if parser == 0:
            _end_with(watcher)
            return

    closed = threading.Event()

    def end() -> None:
        closed.set()
        if parser:
            os.kill(parser, signal.SIGKILL)
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(1)

    watch = threading.Thread(target=_when_closed, args=(end,), daemon=True)
    watch.start()
    if parser:
        status = os.waitpid(parser, 0)[1]
        if closed.is_set():
            watch.join()
        if os.WIFSIGNALED(status):
            _no_core()
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
            os.kill(os.getpid(), os.WTERMSIG(status))
        os._exit(os.WEXITSTATUS(status))


def _when_closed(end: Callable[[], None]) -> None:
    while os.read(0, 1 << 16):
        pass
    end()


def _end_with(watcher: int) -> None:
    """On Linux, end when the watcher is killed; elsewhere a parser then runs to its end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_OF_PARENT, signal.SIGKILL)
        if os.getppid() != watcher:
            os._exit(1)


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    size = size if most == resource.RLIM_INFINITY else min(size, most)
    resource.setrlimit(resource.RLIMIT_DATA, (size, most))
    _no_core()


def _no_core() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
