"""A real server of the page on a free loopback port, in a thread, for the tests of a module."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

__all__ = ["Served", "served"]


class Served:
    """A server that runs; each request has a connection of its own."""

    def __init__(self, port: int) -> None:
        self.port = port

    def send(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        seconds: float = 120.0,
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request; return status, headers and content."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, answer.read()
        finally:
            connection.close()

    def get(self, name: str, **values: Any) -> Any:
        """Return the JSON answer of an endpoint, which must be 200."""
        status, _, content = self.send(f"/api/{name}?{urlencode(values)}")
        assert status == 200, content
        return json.loads(content)

    def refused(self, name: str, **values: Any) -> dict[str, str]:
        """Return the refusal of an endpoint, which must be 400."""
        status, _, content = self.send(f"/api/{name}?{urlencode(values)}")
        assert status == 400, content
        found: dict[str, str] = json.loads(content)
        return found

    def upload(self, name: str, content: bytes) -> Any:
        """Upload a file; return its answer."""
        path = f"/api/upload?{urlencode({'name': name})}"
        status, _, told = self.send(path, method="POST", body=content)
        assert status == 200, told
        return json.loads(told)

    def events(self, path: str, *, method: str = "GET", body: bytes | None = None) -> Any:
        """Return the events of a stream that ends by itself."""
        status, headers, content = self.send(path, method=method, body=body)
        assert status == 200, content
        assert headers["content-type"].startswith("text/event-stream")
        return list(parsed(content.decode()))

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """Open a bare connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30.0) as found:
            yield found


def parsed(text: str) -> Iterator[tuple[str, Any]]:
    """Yield the events of a stream."""
    for part in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in part.split("\n") if ": " in line)
        if "event" in lines:
            yield lines["event"], json.loads(lines["data"])


@contextmanager
def served() -> Iterator[Served]:
    """Run a server until the block ends."""
    from twinseed.explore.serving import bound, serve

    listening = bound(0)
    port = listening.getsockname()[1]
    ready, over = threading.Event(), threading.Event()
    thread = threading.Thread(
        target=serve,
        args=(listening,),
        kwargs={"started": ready.set, "stopped": over.is_set},
    )
    thread.start()
    try:
        assert ready.wait(60.0), "the server did not start"
        yield Served(port)
    finally:
        over.set()
        thread.join(30.0)
        assert not thread.is_alive(), "the server did not stop"
