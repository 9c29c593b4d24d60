"""The application: which address is answered by which function."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from twinseed.errors import TwinseedError
from twinseed.explore.answers import Content, refusal
from twinseed.explore.asked import Asked
from twinseed.explore.datasets import OwnRows
from twinseed.explore.desk import BusyError
from twinseed.explore.guard import RESULT_POLICY, Guard
from twinseed.explore.questions import QUESTIONS, Question
from twinseed.explore.streams import EventStream, TooLargeError, received, small_json
from twinseed.explore.workshop import Workshop

__all__ = ["STATIC", "application"]

STATIC = Path(__file__).parent / "static"
"""The page: HTML, scripts, styles, and the libraries of others with their licences."""

_SLOW = ("numpy", "scipy.linalg", "scipy.optimize", "pandas", "xarray", "twinseed.verbs.predict")
"""The libraries that take long to load, in steps between which the server can end."""

Endpoint = Callable[[Request], Awaitable[Response]]


def application(port: int, *, own: OwnRows | None = None) -> Guard:
    """Return the whole server as an ASGI application.

    Args:
        port: the port of the server, which is part of each allowed ``Host``.
        own: a user's rows, which become the first data set.
    """
    shop = Workshop(own)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        over = threading.Event()
        warm = asyncio.get_running_loop().run_in_executor(None, _warm, over)
        try:
            yield
        finally:
            over.set()  # a thread cannot be cancelled, and the process waits for its threads
            warm.cancel()
            shop.close()

    routes: Sequence[Any] = [
        Route("/", _page, methods=["GET"]),
        *(Route(f"/api/{name}", _asking(shop, name, one)) for name, one in QUESTIONS.items()),
        Route("/api/simulate", _safely(_simulate(shop)), methods=["GET"]),
        Route("/api/upload", _safely(_upload(shop)), methods=["POST"]),
        Route("/api/plan", _safely(_plan(shop)), methods=["GET"]),
        Route("/api/audit", _safely(_audit(shop)), methods=["POST"]),
        Route("/api/audit/{name:str}/page", _audit_page(shop), methods=["GET"]),
        Mount("/static", _Files(directory=STATIC, check_dir=False)),
    ]
    return Guard(Starlette(routes=routes, lifespan=lifespan), (port,), shop.close)


class _Files(StaticFiles):
    """The static files; a path that no file can have is not found."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            return await super().get_response(path, scope)
        except (ValueError, RuntimeError) as error:  # a name with a NUL, or no folder
            raise HTTPException(404) from error


async def _page(_: Request) -> Response:
    content = await asyncio.to_thread((STATIC / "index.html").read_bytes)
    return Response(content, media_type="text/html")


def _asking(shop: Workshop, name: str, question: Question) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        values = dict(request.query_params)
        form = values.pop("format", "json")
        key = json.dumps([name, form, sorted(values.items())])

        def make() -> Content:
            answer = question(Asked(values), shop.datasets)
            if form == "csv":
                return Content(answer.as_csv(), "text/csv; charset=utf-8")
            return Content(answer.as_json(), "application/json")

        return await _until_gone(request, shop.desk.answer(key, make))

    return endpoint


def _simulate(shop: Workshop) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        asked = Asked(dict(request.query_params))
        return EventStream(await asyncio.to_thread(shop.simulation, asked))

    return endpoint


def _upload(shop: Workshop) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        upload = await received(request, shop.uploads, request.query_params.get("name", ""))
        told = await shop.learnt(upload)
        return Response(json.dumps(told), media_type="application/json")

    return endpoint


def _plan(shop: Workshop) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return await _until_gone(request, shop.plan(Asked(dict(request.query_params))))

    return endpoint


def _audit(shop: Workshop) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return EventStream(shop.audit(await small_json(request)))

    return endpoint


def _audit_page(shop: Workshop) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        found = shop.page(request.path_params["name"])
        if found is None:
            return Response("This audit is not here any more.", 404, media_type="text/plain")
        headers = {"content-security-policy": RESULT_POLICY, "cache-control": "no-store"}
        return Response(found, headers=headers, media_type="text/html")

    return endpoint


def _safely(endpoint: Endpoint) -> Endpoint:
    """Answer an error of twinseed by its sentences."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except BusyError as error:
            return _sent(refusal(error, 503))
        except TooLargeError as error:
            return _sent(refusal(error, 413), {"connection": "close"})
        except (TwinseedError, MemoryError) as error:
            return _sent(refusal(error))

    return guarded


async def _until_gone(request: Request, answer: Awaitable[Content]) -> Response:
    """Answer a request; if its client goes, the request waits no longer."""
    gone = asyncio.ensure_future(_gone(request))
    making = asyncio.ensure_future(answer)
    try:
        await asyncio.wait({gone, making}, return_when=asyncio.FIRST_COMPLETED)
        if not making.done():
            return Response(status_code=499)
        return _sent(making.result())
    except BusyError as error:
        return _sent(refusal(error, 503))
    finally:
        for task in (gone, making):
            task.cancel()
        await asyncio.gather(gone, making, return_exceptions=True)


def _sent(told: Content, more: dict[str, str] | None = None) -> Response:
    headers = {"cache-control": "no-store", **(more or {})}
    if told.status == 503:
        headers["retry-after"] = "1"
    return Response(told.content, told.status, headers, media_type=told.kind)


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _warm(over: threading.Event) -> None:
    """Load the slow libraries, one after the other, while the page is being drawn."""
    for name in _SLOW:
        if over.is_set():
            return
        import_module(name)
    import twinseed as ts

    ts.predict(ts.Spiked([1.0]), n=[10], d=20)
