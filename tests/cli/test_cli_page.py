"""Every command of the page of the command line is followed, from top to bottom, as it stands."""

from __future__ import annotations

import re
import shlex
import webbrowser
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.cli.cli_calls import call

from twinseed.readout import load

pytestmark = pytest.mark.extras

_BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.M | re.S)
SMALLER = {
    "diagram": "--d 1e3 --cells 81",
    "train": "--sizes 8,10 --steps 2 --pairs 1 --seeds 12 --batch 4 --factors 2 --workers 1",
    "explore": "--port 0",
}
"""What is added to commands that take minutes, or need a port; a later option wins."""


def steps(root: Path) -> list[tuple[str, str]]:
    """Return the blocks of the page as single commands, and its Python, in order."""
    page = (root / "docs" / "command-line.md").read_text(encoding="utf-8")
    found = []
    for language, body in _BLOCK.findall(page):
        if language == "python":
            found.append((language, body))
        else:
            found += [(language, line) for line in body.replace("\\\n", " ").splitlines()]
    return found


def test_the_page_shows_each_command_once_at_least(root: Path) -> None:
    from tests.cli.cli_calls import CALLS

    shown = {line.split()[1] for language, line in steps(root) if language == "bash"}
    assert set(CALLS) <= shown


@pytest.mark.nightly
def test_the_page_can_be_followed(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    from tests.explore.test_export import SMALL

    from twinseed import reproduction
    from twinseed.explore import export, serving
    from twinseed.reproduction import page as page_of

    served: list[Any] = []
    opened: list[str] = []

    def serve(listening: Any, *, own: Any, started: Any) -> None:
        """Stand in for the server, which runs until Ctrl-C and has tests of its own."""
        served.append(None if own is None else own.name)
        started()

    monkeypatch.setattr(serving, "serve", serve)
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(export, "export", partial(export.export, grid=SMALL))  # else minutes
    asked: list[Any] = []

    def reproduced(folder: Path, **settings: Any) -> Any:
        """Stand in for the main job, which takes minutes and has tests of its own."""
        asked.append((str(folder), settings["quick"], settings["data"]))
        data = "my.npy" if settings["data"] is None else settings["data"]
        return original(folder, **{**settings, "quick": True, "data": data, "workers": 1})

    original = reproduction.reproduce
    monkeypatch.setattr(reproduction, "reproduce", reproduced)
    monkeypatch.setattr(page_of, "write_reproduction", lambda found, folder, _: folder / "page")
    for language, body in steps(root):
        if language == "python":
            exec(compile(body, "command-line.md", "exec"), {"__name__": "page"})
            continue
        name, *words = shlex.split(body)
        assert name == "twinseed"
        store_is_made = "--store" in words and Path(words[words.index("--store") + 1]).exists()
        smaller = "" if store_is_made else SMALLER.get(words[0], "")
        done = call(*words, *smaller.split())
        allowed = (0, 1) if words[0] == "reproduce" else (0,)  # small draws may miss a claim
        assert done.exit_code in allowed, (body, done.output)
        assert done.stdout != "" or words[0] == "export", body
    assert served == [None, "images.npy"]
    assert len(opened) == 1, "the second command does not open a browser"
    assert asked == [
        ("reproduction", False, None),
        ("my-results", True, None),
        ("reproduction", False, "my.npy"),
    ]
    written = {one.name for one in tmp_path.iterdir()}
    for name in (
        "audit.html",
        "plan.html",
        "diagram.html",
        "diagram.png",
        "draws.csv",
        "runs",
        "people.toml",
    ):
        assert name in written
    assert (tmp_path / "page" / "index.html").is_file()
    for name in ("theory.nc", "power-law.nc", "drawn.nc", "drawn-so-far.nc"):
        assert load(tmp_path / name).attrs["schema"] == 1
