"""``python -m twinseed`` and the program ``twinseed`` start the command line."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from contextlib import suppress
from types import FrameType

__all__ = ["main"]

_INTERRUPTED = 130
"""The exit status."""
_OBJECTS = 10_000
"""New objects after which Python looks for objects that can go; by default about a thousand."""


def main() -> None:
    """Run the command line; Ctrl-C ends it by a sentence, also while it imports and while it ends.

    A command replaces the answer to Ctrl-C while it works (``cli.interrupt``).
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored
        signal.signal(signal.SIGINT, _stop)
    # The parts of modules stay to the end, and were looked through 150 times while modules load.
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
    status: list[object] = []
    # Registered first, so called last: after an interrupt torch needs seconds to take itself down.
    atexit.register(lambda: _leave() if status == [_INTERRUPTED] else None)
    from twinseed.cli import run

    try:
        run(sys.argv[1:])
    except SystemExit as end:
        status.append(end.code)
        raise


def _stop(number: int, frame: FrameType | None) -> None:
    if sys.stderr is not None:
        print("twinseed: interrupted; run the same command again", file=sys.stderr)
    _leave()


def _leave() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError, RuntimeError):  # none, or closed
            stream.flush()
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
