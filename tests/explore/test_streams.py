"""Simulations, uploads, plans and audits through the server."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from tests.explore.served import Served, parsed, served

import twinseed as ts

pytestmark = pytest.mark.extras


def npy(rows: Any) -> bytes:
    """Return an array as the content of a .npy file."""
    held = io.BytesIO()
    np.save(held, rows)
    return held.getvalue()


def until(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def children() -> set[str]:
    """Return the processes that computations of the server run in."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, parent = place.parent.name, place.read_text().rpartition(")")[2].split()[1]
            line = (place.parent / "cmdline").read_bytes()
        except OSError:
            continue
        above = Path(f"/proc/{parent}/stat")
        try:
            grandparent = above.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"forkserver" in line and grandparent == str(os.getpid()):
            found.add(name)
    return found


def test_a_simulation_sends_the_means_of_the_verb(server: Served) -> None:
    words = {"strengths": "3", "d": 12, "n": "8,20", "replicates": 4, "seed": 1}
    events = server.events(f"/api/simulate?{urlencode(words)}")
    assert events[-1] == ("end", {"reason": "finished", "replicates": 4})
    last = {told["n"]: told for name, told in events if name == "mean"}
    assert [told["replicates"] for name, told in events[:-1]] == [2, 2, 3, 3, 4, 4]
    found = ts.simulate(ts.Spiked([3.0]), n=[8, 20], d=12, replicates=4, rng=1)
    for n, told in last.items():
        here = found.sel(n=n)
        assert told["convergence"] == [float(here.convergence), float(here.convergence_se)]
        assert told["recovery"]["1"][0] == float(here.recovery.sel(factor=1))


def test_a_simulation_ends_when_its_page_closes(server: Served) -> None:
    before = children()
    path = "/api/simulate?strengths=3&d=100&n=50,500&replicates=200"
    with server.connected() as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        text = b""
        client.settimeout(120.0)
        while b"event: mean" not in text:
            text += client.recv(4096)
        running = children() - before
        assert running
    assert until(lambda: not running & children())
    assert b"event: end" not in text


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        ({"n": "x"}, "n"),
        ({"n": "10,", "d": 5000}, "d"),
        ({"n": "1000000", "d": 1000}, "n"),
        ({"n": "30", "replicates": 1}, "replicates"),
        ({"n": "30", "replicates": 1e9}, "replicates"),
    ],
)
def test_a_simulation_that_is_too_large_is_refused(
    asked: dict[str, Any], argument: str, server: Served
) -> None:
    assert server.refused("simulate", **asked)["argument"] == argument


def test_computations_are_bounded_in_number(tmp_path: Path) -> None:
    from twinseed.explore.children import Children
    from twinseed.explore.desk import BusyError

    busy = Children(tmp_path, at_once=0)
    with pytest.raises(BusyError, match="stop one of them"):
        busy.require_room()


def test_an_upload_is_described_and_used(server: Served) -> None:
    rows = np.random.default_rng(0).standard_normal((40, 3, 5)) * 40 + 100
    told = server.upload("../../my images.npy", npy(rows))
    assert (told["rows"], told["columns"], told["image"]) == (40, 15, [3, 5])
    assert told["name"] == "my images.npy"
    twins = server.get("twins", data=told["token"], n=10, seeds=2)
    assert twins["shape"] == [3, 5]
    assert np.shape(twins["a"]) == (2, 15)
    point = server.get("point", population="pilot", upload=told["token"], n=50)
    assert point["d"] == 15


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("rows.npy", b"\x93NUMPY", "whole .npy file"),
        ("rows.exe", b"MZ", "endings"),
        ("rows", b"1,2", "ending"),
        ("rows.npy", b"", "empty"),
        ("rows.csv", b"\x80\x04\x95", "pickle"),
        ("rows.pt", b"\x80\x04\x95abc", "pickle"),
    ],
)
def test_a_bad_upload_is_refused_in_words(
    name: str, content: bytes, word: str, server: Served
) -> None:
    path = f"/api/upload?{urlencode({'name': name})}"
    status, _, told = server.send(path, method="POST", body=content)
    assert status == 400
    assert word in json.loads(told)["problem"] + json.loads(told)["remedy"]
    assert "/" not in json.loads(told)["problem"].replace("and/or", "")


def test_a_large_upload_is_refused_while_it_comes(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twinseed.explore import streams

    monkeypatch.setattr(streams, "MOST_BYTES", 1 << 20)
    path = "/api/upload?name=a.npy"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    with server.connected() as client:  # refused by its length, before it comes
        client.sendall(f"{head}Content-Length: {2 << 20}\r\n\r\n".encode())
        told = b""
        while b"MiB" not in told:
            part = client.recv(4096)
            assert part, told
            told += part
        assert b" 413 " in told
    with server.connected() as client:
        client.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        part = b"10000\r\n" + b"0" * 0x10000 + b"\r\n"
        for _ in range(17):
            client.sendall(part)
        assert b" 413 " in client.recv(100)


def test_nothing_is_left_of_uploads_when_the_server_ends() -> None:
    from twinseed.explore.uploads import Uploads

    made: list[Path] = []
    before = Uploads.__init__

    def seen(self: Uploads) -> None:
        before(self)
        made.append(self.folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Uploads, "__init__", seen)
        with served() as one:
            told = one.upload("a.npy", npy(np.eye(9)))
            kept = [path.name for path in made[0].iterdir()]
            assert kept == [f"{told['token']}.npy"]
    assert not made[0].exists()


def test_a_plan_from_an_upload_is_that_of_the_verb(server: Served) -> None:
    rows = ts.Spiked([8.0]).sample(40, 10, np.random.default_rng(1))
    token = server.upload("pilot.npy", npy(rows))["token"]
    told = server.get("plan", upload=token, convergence=0.9, recovery=0.5)
    found = ts.plan(rows, rng=0, progress=False)
    needed = found.samples_for(convergence=0.9)
    assert told["targets"][0]["n"] == needed.value
    assert told["targets"][1]["name"] == "recovery"
    bands = found.bands(told["n"])
    assert np.allclose(told["convergence"]["low"], bands["convergence"].low)
    assert [tuple(row.values()) for row in told["table"]] == found.table()[1:]
    assert server.refused("plan", upload="0" * 32)["argument"] == "upload"
    assert server.refused("plan", upload=token, convergence=2)["argument"] == "convergence"


def test_an_audit_of_uploads_shows_progress_and_its_page(server: Served) -> None:
    draw = np.random.default_rng(0)
    train, heldout = draw.standard_normal((2, 60, 5))
    files = {"train_a": train, "samples_a": train[:40] + 0.01, "heldout": heldout}
    tokens = {role: server.upload("x.npy", npy(rows))["token"] for role, rows in files.items()}
    body = json.dumps(tokens).encode()
    events = server.events("/api/audit", method="POST", body=body)
    shares = [told["share"] for name, told in events if name == "progress"]
    assert shares == sorted(shares)
    assert len(set(shares)) > 3
    name, told = events[-1]
    assert name == "result"
    verdicts = {one["question"]: one["verdict"] for one in told["summary"]}
    expected = ts.audit(train_a=train, samples_a=files["samples_a"], heldout=heldout, rng=0)
    assert verdicts == {key: str(one) for key, one in expected.outcome.items()}
    status, headers, page = server.send(told["page"])
    assert status == 200
    assert b"<html" in page
    assert "script-src" not in headers["content-security-policy"]
    assert "sandbox" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"[]", "JSON object"),
        (b"{", "JSON"),
        (b'{"train_a": "x"}', "not a file"),
        (b"{}", "is needed"),
        (b'{"path": "/etc/passwd"}', "known roles"),
    ],
)
def test_a_bad_audit_is_refused_before_it_starts(body: bytes, word: str, server: Served) -> None:
    status, _, told = server.send("/api/audit", method="POST", body=body)
    assert status == 400
    assert word in json.loads(told)["problem"]


def test_an_audit_that_fails_says_why(server: Served) -> None:
    one, two = (server.upload("x.npy", npy(np.eye(k)))["token"] for k in (9, 8))
    body = json.dumps({"train_a": one, "samples_a": two}).encode()
    name, told = server.events("/api/audit", method="POST", body=body)[-1]
    assert name == "error"
    assert told["argument"] == "samples_a"
    assert told["remedy"]


def test_events_are_read_as_they_are_written() -> None:
    assert list(parsed("event: a\ndata: 1\n\n:\n\nevent: b\ndata: {}\n\n")) == [("a", 1), ("b", {})]
