"""Studies that extend a file of results: each entry keeps the versions of its computation."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from docs.studies import pages
from docs.studies.denoisers import ceiling, directions, machines, summary

pytestmark = pytest.mark.extras

OLD = {"processor": "of before", "twinseed": "0.0.1"}
NEW = {"processor": "of now", "twinseed": "0.0.2"}


def grown(
    program: ModuleType, words: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Run a program that extends kept results; what it computes is replaced."""
    pages.write(path, {"fashion": {"1000": "kept"}, "machine": OLD})
    monkeypatch.setattr(program, "RESULTS", path)
    monkeypatch.setattr(pages, "machine", lambda: NEW)
    monkeypatch.setattr(sys, "argv", ["program", *words.split()])
    program.main()
    return pages.read(path)


def test_the_ceiling_study_keeps_the_versions_of_each_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = {pairing: SimpleNamespace(plan=None) for pairing in ("disjoint", "same-rows")}
    made = {"n": [30, 100], "pairs": [], "predicted": None, "last losses": {}}
    monkeypatch.setattr(ceiling, "trained", lambda *_, **__: runs)
    monkeypatch.setattr(ceiling, "results_of", lambda *_: made)
    found = grown(ceiling, "digits", tmp_path / "kept.json", monkeypatch)
    assert (found["machine"], found["fashion"]) == (OLD, {"1000": "kept"})
    assert found["machines"] == {"digits, n = 30": NEW, "digits, n = 100": NEW}
    assert found["digits"]["disjoint"] == made


def test_the_study_of_directions_keeps_the_versions_of_each_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directions, "measured", lambda *_, **__: "made")
    found = grown(directions, "fashion --sizes 30", tmp_path / "kept.json", monkeypatch)
    assert found == {
        "fashion": {"1000": "kept", "30": "made"},
        "machine": OLD,
        "machines": {"fashion, n = 30": NEW},
    }


def test_the_study_of_machines_keeps_the_versions_of_each_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = SimpleNamespace(levels=[0.5], half_widths=[1], similarities=[0.9])
    monkeypatch.setattr(machines, "windows_of", lambda *_: windows)
    monkeypatch.setattr(machines, "predicted", lambda *_: {})
    words = "digits --borders own --sizes 30"
    found = grown(machines, words, tmp_path / "kept.json", monkeypatch)
    assert found["machine"] == OLD
    pairs = [f"digits 30 own {pair} windows of fashion" for pair in range(3)]
    assert found["machines"] == dict.fromkeys(["windows: fashion 30 own", *pairs], NEW)
    later = {"processor": "of now", "twinseed": "0.0.3"}
    monkeypatch.setattr(pages, "machine", lambda: later)
    monkeypatch.setattr(sys, "argv", ["program", *words.replace("digits", "fashion").split()])
    machines.main()
    again = pages.read(tmp_path / "kept.json")["machines"]
    assert {again.pop(name.replace("digits", "fashion"))["twinseed"] for name in pairs} == {"0.0.3"}
    assert again == found["machines"], "what was there keeps its versions"


def test_what_is_said_of_machines_is_no_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summary, "RESULTS", tmp_path)
    pages.write(tmp_path / "ceiling.json", {"digits": {}, "machine": OLD})
    pages.write_part(tmp_path / "ceiling.json", summary.kept("ceiling"), "digits, n = 30")
    assert list(summary.by_data("ceiling")) == ["digits"]
