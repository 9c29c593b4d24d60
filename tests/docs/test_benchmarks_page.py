"""The page of the benchmarks: it shows what was measured, and a lost claim as lost."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def module(root: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(root / "benchmarks"))
    monkeypatch.delitem(sys.modules, "page", raising=False)
    import page

    return page


def result(**changed: Any) -> dict[str, Any]:
    row = {
        "ours": "ours | 2 workers",
        "our_value": 2.0,
        "theirs": "theirs 1.2, 2 threads",
        "their_value": 1.5,
        "unit": "s",
        "claimed": "no slower",
        "held": False,
        "ratio": 0.75,
        "verdict": "LOST",
    }
    return {"date": "2026-01-02", "machine": ["a processor, load 0.1"], "rows": [row | changed]}


def test_commands_are_timed_with_compiled_modules(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command fails unless an earlier run has compiled its module."""
    from comparison import seconds_of

    (tmp_path / "slow.py").write_text("")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    look = "import os, slow; assert os.path.exists(slow.__cached__)"
    assert seconds_of([sys.executable, "-c", look], 1) > 0
    assert not (tmp_path / "__pycache__").exists()


def test_the_page_is_made_from_the_stored_results(module: ModuleType) -> None:
    made = module.page(module.stored(), module.claims(), module.notes())
    assert module.PAGE.read_text("utf-8") == made, "run python benchmarks/page.py"


def test_a_lost_claim_is_lost_on_the_page(module: ModuleType) -> None:
    made = module.page({"one": result()}, {"one": "Ours is no slower", "two": "Another"}, {})
    line = next(line for line in made.splitlines() if "theirs 1.2" in line)
    cells = line.replace("\\|", "/").strip("| ").split(" | ")
    assert cells == [
        "**lost**",
        "2 s: ours / 2 workers",
        "1.5 s: theirs 1.2, 2 threads",
        "0.75",
        "no slower",
    ]
    assert "a processor, load 0.1" in made
    assert "0 comparisons held, 1 lost, and 1 of 2 claims without numbers" in made


def test_a_claim_that_holds_and_one_without_numbers(module: ModuleType) -> None:
    one = {"one": result(verdict="held")}
    made = module.page(one, {"one": "First", "two": "Second"}, {"one": "Memory is the limit."})
    assert "`make bench ARGS=one`\n\nMemory is the limit.\n\n| | twinseed |" in made
    assert "| held |" in made
    assert "lost**" not in made
    assert "## Second\n\n`make bench ARGS=two`\n\nNot measured at full size yet." in made


def test_every_claim_has_a_sentence_and_removed_claims_lose_their_results(
    module: ModuleType, root: Path
) -> None:
    names = {path.stem for path in (root / "benchmarks" / "claims").glob("*.py")} - {"__init__"}
    assert set(module.claims()) == names
    old = {"several_workers": result(), "no_longer_there": result()}
    new = module.kept(old, {"several_workers": result(verdict="held")})
    assert set(new) == {"several_workers"}
    assert new["several_workers"]["rows"][0]["verdict"] == "held"
