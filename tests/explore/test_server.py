"""The server: who may ask, what is sent back, and that nothing lies outside the static folder."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.explore.served import Served

pytestmark = pytest.mark.extras


def test_an_answer_and_a_refusal(server: Served) -> None:
    told = server.get("point", strengths="3", d=50, n=100)
    assert 0.0 < told["convergence"] < 1.0
    refused = server.refused("point", d="many")
    assert refused["argument"] == "d"
    assert refused["problem"]
    assert refused["remedy"]


def test_csv_is_a_table(server: Served) -> None:
    status, headers, content = server.send("/api/curves?d=50&points=3&format=csv")
    assert status == 200
    assert headers["content-type"].startswith("text/csv")
    assert content.startswith(b"n,convergence,")


def test_every_answer_has_the_safety_headers(server: Served) -> None:
    for path in ("/api/point?d=50", "/api/point?d=x", "/nothing", "/static/../__init__.py"):
        _, headers, _ = server.send(path)
        assert headers["x-content-type-options"] == "nosniff", path
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert "unsafe" not in policy


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": "localhost.evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
def test_other_sites_and_other_names_are_refused(headers: dict[str, str], server: Served) -> None:
    status, _, content = server.send("/api/point?d=50", headers=headers)
    assert status == 403
    assert b"convergence" not in content


def test_the_page_itself_may_ask(server: Served) -> None:
    own = f"http://localhost:{server.port}"
    headers = {"Host": f"localhost:{server.port}", "Origin": own, "Sec-Fetch-Site": "same-origin"}
    assert server.send("/api/point?d=50", headers=headers)[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/../serving.py",
        "/static/..%2fserving.py",
        "/static/%2e%2e/serving.py",
        "/static/..%5cserving.py",
        "/static/%2e%2e%2f%2e%2e%2fcli/explore.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/a%00b",
        "/api/audit/..%2f..%2fetc/page",
        "/../../etc/passwd",
    ],
)
def test_no_path_leads_outside(path: str, server: Served) -> None:
    status, _, content = server.send(path)
    assert status in (400, 404), content[:80]
    assert b"root:" not in content
    assert b"import" not in content


def test_other_methods_are_refused(server: Served) -> None:
    for path, method in (("/api/point", "POST"), ("/api/upload", "GET"), ("/", "DELETE")):
        assert server.send(path, method=method)[0] == 405


def test_a_slow_client_is_closed_and_others_are_answered(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twinseed.explore import serving

    monkeypatch.setattr(serving, "_PATIENCE", 0.5)
    with server.connected() as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert server.get("point", d=50)["n"] == 100
        slow.settimeout(20.0)
        assert slow.recv(100) == b""


def test_headers_without_end_are_refused(server: Served) -> None:
    with server.connected() as client:
        client.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000)
        assert b" 400 " in client.recv(200).split(b"\r\n")[0] + b" "


def _finished(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end in another thread: tests with a browser keep a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def test_equal_questions_are_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from twinseed.explore.answers import Content
    from twinseed.explore.desk import BusyError, Desk

    made: list[int] = []
    gate = threading.Event()

    def make() -> Content:
        made.append(1)
        gate.wait(10.0)
        return Content(b"1", "application/json")

    async def ask() -> None:
        desk = Desk()
        several = [asyncio.ensure_future(desk.answer("a", make)) for _ in range(5)]
        blocked = [asyncio.ensure_future(desk.answer(f"b{k}", make)) for k in range(3)]
        await asyncio.sleep(0.05)
        blocked[2].cancel()
        await asyncio.sleep(0.05)
        monkeypatch.setattr("twinseed.explore.desk._WAITING", 1)
        with pytest.raises(BusyError):
            await desk.answer("c", make)
        gate.set()
        assert {one.content for one in await asyncio.gather(*several)} == {b"1"}
        await asyncio.gather(*blocked[:2])
        assert (await desk.answer("a", make)).content == b"1"
        desk.close()

    _finished(ask())
    assert len(made) == 3  # a, b0 and b1: nobody waited for b2, and the second a was kept


def test_a_question_that_was_given_up_can_be_asked_again_at_once() -> None:
    from twinseed.explore.answers import Content
    from twinseed.explore.desk import Desk

    gate = threading.Event()

    def make() -> Content:
        gate.wait(10.0)
        return Content(b"1", "application/json")

    async def ask() -> None:
        desk = Desk()
        others = [asyncio.ensure_future(desk.answer(f"b{k}", make)) for k in range(2)]
        given_up = asyncio.ensure_future(desk.answer("a", make))
        await asyncio.sleep(0.05)
        given_up.cancel()
        await asyncio.wait({given_up})
        again = asyncio.ensure_future(desk.answer("a", make))
        await asyncio.sleep(0.05)
        gate.set()
        assert (await again).content == b"1"
        await asyncio.gather(*others)
        desk.close()

    _finished(ask())


def test_an_error_inside_twinseed_is_told_without_its_text(
    monkeypatch: pytest.MonkeyPatch, server: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("secret text")

    monkeypatch.setattr("twinseed.explore.models.Model.of", fails)
    status, _, content = server.send("/api/point?d=51")
    assert status == 500
    assert b"secret" not in content
    assert json.loads(content)["problem"] == "an error inside twinseed (RuntimeError)"
    assert "secret" in capsys.readouterr().err


def test_the_port_is_bound_on_this_machine_alone(server: Served) -> None:
    from twinseed.errors import InputError
    from twinseed.explore.serving import HOST, bound

    assert HOST == "127.0.0.1"
    with bound(0) as found:
        assert found.getsockname()[0] == "127.0.0.1"
        found.listen()
        with pytest.raises(InputError, match="port cannot be used"):
            bound(found.getsockname()[1])


def test_the_modules_that_are_loaded_before_the_page_are_light() -> None:
    import subprocess
    import sys

    code = (
        "import sys, twinseed.explore.serving; "
        "print([m for m in ('numpy', 'scipy', 'xarray', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_page_is_in_the_wheel(root: Path) -> None:
    from twinseed.explore.application import STATIC

    assert STATIC.relative_to(root / "src" / "twinseed") == Path("explore/static")
