"""The static copy: complete or absent, small, and readable from any server of static files."""

from __future__ import annotations

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from twinseed.errors import InputError
from twinseed.explore import export as exporting
from twinseed.explore.asked import Asked
from twinseed.explore.datasets import Datasets
from twinseed.explore.export import FULL, SliderGrid, export
from twinseed.explore.questions import QUESTIONS

SMALL = SliderGrid(
    rows=(10, 30),
    sizes=(20, 100),
    strengths=(1.0,),
    pairings=("disjoint",),
    seeds=(0,),
    exponents=(1.0,),
    d=100,
)
PAGE = '<!DOCTYPE html><meta name="twinseed-export" content=""><title>x</title>'


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page of one line in place of the page."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    (folder / "main.js").write_text("0")
    monkeypatch.setattr(exporting, "_STATIC", folder)
    return folder


class Silent(SimpleHTTPRequestHandler):
    """A server of files that writes no log."""

    def log_message(self, *_: Any) -> None:
        pass


def test_a_plain_server_of_files_shows_the_copy(page: Path, tmp_path: Path) -> None:
    steps: list[int] = []
    made = export(tmp_path / "copy", grid=SMALL, progress=steps.append)
    assert len(steps) == sum(1 for _ in SMALL.questions(Datasets()))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(made))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()

        def get(name: str) -> str:
            with urlopen(f"http://127.0.0.1:{server.server_port}/{name}") as answer:
                text: str = answer.read().decode()
                return text

        try:
            assert 'name="twinseed-export" content="data/manifest.json"' in get("")
            assert get("static/main.js") == "0"
            entries = json.loads(get("data/manifest.json"))["entries"]
            told = {one["endpoint"]: json.loads(get(one["file"])) for one in entries}
        finally:
            server.shutdown()
            thread.join()
    assert set(told) == set(QUESTIONS)
    assert all("python" in one for name, one in told.items() if name != "choices")
    assert len(told["twins"]["a"]) == 4


def test_a_stored_answer_is_the_live_answer_in_six_digits(page: Path, tmp_path: Path) -> None:
    made = export(tmp_path / "copy", grid=SMALL)
    entries = json.loads((made / "data" / "manifest.json").read_text())["entries"]
    entry = next(one for one in entries if one["endpoint"] == "point")
    stored = json.loads((made / entry["file"]).read_text())
    asked = {name: str(value) for name, value in entry["parameters"].items()}
    live = QUESTIONS["point"](Asked(asked), Datasets()).body
    assert stored["convergence"] == pytest.approx(live["convergence"], rel=1e-5)
    assert stored["n"] == entry["parameters"]["n"]


def test_the_copy_is_complete_or_absent(page: Path, tmp_path: Path) -> None:
    def stop(steps: int) -> None:
        raise KeyboardInterrupt

    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        export(tmp_path / "copy", grid=SMALL, progress=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_folder_with_files_is_left_alone(page: Path, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="new or an empty folder"):
        export(full, grid=SMALL)
    assert [path.name for path in full.iterdir()] == ["mine.txt"]
    with pytest.raises(InputError, match="does not exist"):
        export(tmp_path / "none" / "copy", grid=SMALL)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert (export(empty, grid=SMALL) / "index.html").is_file()


@pytest.mark.nightly
def test_the_full_copy_is_below_five_megabytes(tmp_path: Path) -> None:
    made = export(tmp_path / "copy", grid=FULL)
    size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
    assert 1e5 < size < 5e6
