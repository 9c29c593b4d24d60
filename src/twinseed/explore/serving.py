"""Serves the application on the loopback interface, with limits that a slow client cannot lift."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from twinseed.errors import InputError
from twinseed.explore.application import application
from twinseed.explore.datasets import OwnRows

try:
    import resource
except ImportError:  # on Windows
    resource = None  # type: ignore[assignment]  # a module elsewhere

__all__ = ["HOST", "bound", "serve"]

HOST = "127.0.0.1"
_PATIENCE = 10.0
"""Seconds within which a client must have sent the headers of its request."""
_FILES = 8192
"""Open files that are asked of the system, one for each connection."""
_RESERVED = 200
"""Open files that are kept for other things than connections."""
_LONGEST_HEADERS = 32 << 10


class _Patient(H11Protocol):
    """Closes a connection whose client is too slow to send its headers (slow loris)."""

    most = 500
    """Connections that may be open; of more, the one that waited longest for a client is closed."""
    waits = False
    since = 0.0
    timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        idle = [one for one in self.connections if isinstance(one, _Patient) and one.waits]
        if len(self.connections) > self.most and idle:
            min(idle, key=lambda one: one.since).transport.close()
        self._wait()

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._served()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if not self.transport.is_closing():
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._served()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._served()
        self.waits, self.since = True, self.loop.time()
        self.timer = self.loop.call_later(_PATIENCE, self.transport.close)

    def _served(self) -> None:
        self.waits = False
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None


def bound(port: int) -> socket.socket:
    """Return a socket that is bound to a port of the loopback interface; 0 is any free port.

    Raises:
        InputError: the port is in use, or is not allowed.
    """
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
    except (OSError, OverflowError) as error:
        found.close()
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(
            "port", f"cannot be used ({why})", port, "pass another port, or 0 for any free port"
        ) from error
    return found


def _connections() -> int:
    """Return how many connections can be open, after asking the system for more open files."""
    if resource is None:
        return _Patient.most
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return max(100, min(_FILES, soft if soft != resource.RLIM_INFINITY else _FILES) - _RESERVED)


def _ended(number: int, _: object) -> None:
    """End the process while the server is made; the temporary folder is deleted at the exit."""
    raise SystemExit(128 + number)


def serve(
    listening: socket.socket,
    *,
    own: OwnRows | None = None,
    started: Callable[[], None] = lambda: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Serve until Ctrl-C, or until ``stopped`` returns True.

    Args:
        listening: a socket of ``bound``.
        own: a user's rows, which become the first data set.
        started: called once, when requests are answered.
        stopped: asked ten times per second.
    """
    alone = threading.current_thread() is threading.main_thread()  # only this one gets signals
    if alone:
        signal.signal(signal.SIGTERM, _ended)
    port = int(listening.getsockname()[1])
    _Patient.most = _connections()
    app = application(port, own=own)

    def terminated(number: int, _: object) -> None:
        """Delete all files, and end as without this handler; uvicorn calls it after its own."""
        app.close()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    if alone:
        signal.signal(signal.SIGTERM, terminated)
    config = uvicorn.Config(
        app,
        http=_Patient,
        ws="none",
        lifespan="on",
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=_LONGEST_HEADERS,
    )
    server = uvicorn.Server(config)

    async def run() -> None:
        serving = asyncio.ensure_future(server.serve([listening]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        if not serving.done():
            started()
        while not serving.done():
            server.should_exit = server.should_exit or stopped()
            if server.should_exit:
                app.close()  # so that streams end, and files go, before connections are waited for
            await asyncio.sleep(0.1)
        await serving

    asyncio.run(run())
