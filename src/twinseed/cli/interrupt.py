"""Ctrl-C within a second, also in the middle of a long step that lets other threads run.

Python handles a signal between two of its steps, and a call of a library is one step. So the signal
also wakes a thread. This thread waits for the command to end, and ends the process if the command
does not. No result is lost: a store keeps every finished draw, and workers end with their parent.
numpy's decompositions let threads run; scipy's ``svd`` and ``eigh`` do not, so a process in one of
these functions ends when the function returns (a worker is ended at once).
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["INTERRUPTED", "at_once"]

INTERRUPTED = 130
"""The exit status."""
_PATIENCE = 0.7
"""Seconds within which a command must end by itself."""
_SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def at_once(message: str, patience: float | None = None) -> Iterator[None]:
    """End the process with ``message`` if the block has not ended soon after a Ctrl-C.

    ``patience`` is the number of seconds that the block has; by default less than one second.
    """
    if threading.current_thread() is not threading.main_thread():  # only this one gets signals
        yield
        return
    ours, pythons = socket.socketpair()
    pythons.setblocking(False)
    over = threading.Event()
    before = signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
    answer = signal.getsignal(signal.SIGINT)
    if callable(answer):  # not where Ctrl-C is ignored
        signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_watch, args=(ours, over, message, patience), daemon=True).start()
    try:
        yield
    finally:
        over.set()
        if callable(answer):
            signal.signal(signal.SIGINT, answer)
        signal.set_wakeup_fd(before)
        pythons.close()  # which ends the thread


def _watch(
    ours: socket.socket, over: threading.Event, message: str, patience: float | None
) -> None:
    with ours:
        while signals := ours.recv(64):
            if signal.SIGINT in signals and not over.wait(patience or _PATIENCE):
                if sys.stderr is not None:
                    cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
                    print(f"{cursor}{message}", file=sys.stderr, flush=True)
                os._exit(INTERRUPTED)
