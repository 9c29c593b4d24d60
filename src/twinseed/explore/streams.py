"""Answers that arrive bit by bit (server-sent events), and uploads, which come in bit by bit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from twinseed.errors import InputError
from twinseed.explore.uploads import MOST_BYTES, Upload, Uploads

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

__all__ = ["EventStream", "TooLargeError", "received", "small_json"]

_QUIET = 5.0
"""Seconds after which an empty line is sent, by which a broken connection is noticed."""
_UPLOAD_SECONDS = 300.0
_STALL_SECONDS = 20.0
_SMALL = 64 << 10


class TooLargeError(InputError):
    """A body that has more bytes than are allowed."""


class EventStream(Response):
    """Server-sent events; when the client goes, the events are closed, and so their child."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[tuple[str, Any]]) -> None:
        super().__init__(headers={"cache-control": "no-store"})
        self._events = events
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events until they end, or until the client goes."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.ensure_future(self._send(send))
        gone = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, gone):
                task.cancel()
            for task in (sending, gone):
                with suppress(asyncio.CancelledError, OSError):
                    await task

    async def _send(self, send: Send) -> None:
        ahead: asyncio.Future[tuple[str, Any]] | None = None
        try:
            while True:
                ahead = ahead or asyncio.ensure_future(anext(self._events))
                done, _ = await asyncio.wait({ahead}, timeout=_QUIET)
                if not done:
                    await _part(send, b":\n\n")
                    continue
                try:
                    name, data = ahead.result()
                except StopAsyncIteration:
                    break
                ahead = None
                text = data if isinstance(data, str) else json.dumps(data, allow_nan=False)
                await _part(send, f"event: {name}\ndata: {text}\n\n".encode())
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if ahead is not None and not ahead.done():
                ahead.cancel()
                with suppress(asyncio.CancelledError):
                    await ahead
            close: Any = self._events
            await close.aclose()


async def received(request: Request, uploads: Uploads, name: str) -> Upload:
    """Write the body of a request to a new file of the temporary folder, within the bounds.

    Raises:
        TooLargeError: more bytes than are allowed.
        InputError: an empty file, or a client that is too slow.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MOST_BYTES:
        raise _too_large()
    upload, file = uploads.place(name)
    size = 0
    try:
        with file:
            async with asyncio.timeout(_UPLOAD_SECONDS):
                stream = request.stream()
                while True:
                    async with asyncio.timeout(_STALL_SECONDS):
                        chunk = await anext(stream, None)
                    if chunk is None:
                        break
                    size += len(chunk)
                    if size > MOST_BYTES:
                        raise _too_large()
                    await asyncio.to_thread(file.write, chunk)
        if size == 0:
            raise InputError("upload", "must not be an empty file", upload.name, "save it again")
    except TimeoutError as error:
        uploads.drop(upload)
        raise InputError(
            "upload", "did not arrive in time", upload.name, "drop the file on the page again"
        ) from error
    except BaseException:
        uploads.drop(upload)
        raise
    return upload


async def small_json(request: Request) -> dict[str, Any]:
    """Return the small JSON object that a request carries.

    Raises:
        TooLargeError: more than 64 KiB.
        InputError: something other than a JSON object.
    """
    content = b""
    try:
        async with asyncio.timeout(_STALL_SECONDS):
            async for chunk in request.stream():
                content += chunk
                if len(content) > _SMALL:
                    raise TooLargeError("body", "is too large", len(content), "pass a small object")
        found = json.loads(content)
    except (ValueError, RecursionError, TimeoutError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("body", "must be JSON", "other text", "pass an object") from error
    if not isinstance(found, dict):
        raise InputError("body", "must be a JSON object", type(found).__name__, "pass an object")
    return found


def _too_large() -> TooLargeError:
    return TooLargeError(
        "upload",
        f"must have at most {MOST_BYTES >> 20} MiB",
        "a larger file",
        "pass fewer rows, or use the command line, which has no such bound",
    )


async def _part(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
