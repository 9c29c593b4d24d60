"""Refuses requests of other sites and of other names of this machine; adds the safety headers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["PAGE_POLICY", "RESULT_POLICY", "Guard"]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; "
    "style-src 'self' 'sha256-jSYQUrW7J0b3jPqhZP9C2Xh1PyJKHKXd4s0fpGGKrww='; "
    "img-src 'self' data:; connect-src 'self'; font-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the page may load: nothing from outside. The hash is of the style in drawn charts."""
RESULT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups"
)
"""What the page of an audit may load; no script runs in it."""

_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """Wraps the application: each request passes here first.

    A page of another site may send requests to this machine, also under a name of its own that
    points here (DNS rebinding). Such a request has another ``Host`` or another ``Origin``.
    ``close`` ends all computations and deletes all uploads, also when it is called twice.
    """

    def __init__(
        self, app: ASGIApp, ports: Iterable[int], close: Callable[[], None] = lambda: None
    ) -> None:
        self._app = app
        self.close = close
        self._hosts = {f"{name}:{port}".encode() for name in _NAMES for port in ports}
        self._origins = {b"http://" + host for host in self._hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        problem = self._problem(scope)
        if problem:
            await _refuse(send, problem)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name for name, _ in given}
                given += [pair for pair in _HEADERS if pair[0] not in names]
                if b"content-security-policy" not in names:
                    given.append((b"content-security-policy", PAGE_POLICY.encode()))
                if b"cache-control" not in names:
                    given.append((b"cache-control", b"no-cache"))
                message = {**message, "headers": given}
            await send(message)

        await self._app(scope, receive, guarded)

    def _problem(self, scope: Scope) -> str:
        """Return why a request is refused, or nothing."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value.lower())
        hosts = headers.get(b"host", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "the Host of the request is not this server: open the printed address"
        origins = headers.get(b"origin", [])
        if any(one not in self._origins for one in origins):
            return "the request comes from another site"
        site = headers.get(b"sec-fetch-site", [b"none"])[0]
        opened = headers.get(b"sec-fetch-mode", [b""])[0] == b"navigate" and scope["path"] == "/"
        if site in (b"cross-site", b"same-site") and not opened:
            return "the request comes from another site"
        return ""


async def _refuse(send: Send, problem: str) -> None:
    body = json.dumps({"argument": "", "problem": problem, "remedy": ""}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *_HEADERS,
    ]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
