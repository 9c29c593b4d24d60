"""The study of verdicts on agreement and recovery: a small run, and its tables on the page."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from docs.studies import agreement_verdicts as study
from docs.studies import agreement_verdicts_page as pages
from docs.studies.pages import renewed


@pytest.fixture(scope="module")
def told() -> Any:
    return pages.read()


def test_the_page_shows_the_committed_results(told: Any) -> None:
    page = pages.PAGE.read_text(encoding="utf-8")
    made = pages.tables(told)
    assert renewed(page, made) == page, "run python -m docs.studies.agreement_verdicts_page"
    other = copy.deepcopy(told)
    other["recovery: digits: perfect generators"]["right"] = 7
    assert renewed(page, pages.tables(other)) != page


def test_the_results_support_the_page(told: Any) -> None:
    """Nothing is accused falsely, and what was made is found."""
    others = [cell for name, cell in told.items() if name.startswith("another")]
    assert sum(cell["held"] for cell in others) == 110
    assert sum(cell["held over seeds"] for cell in others) == 22
    for name, cell in told.items():
        part, *_, case = name.split(": ")
        if part == "agreement":
            assert cell["right"] >= 0.9 * cell["audits"], name
        if part == "another":
            assert cell["held"] >= 0.85 * cell["audits"], name
            assert cell["held over seeds"] < 0.5 * cell["audits"], name
        if part == "recovery":
            assert cell["right"] >= 0.97 * cell["audits"], name
        if part == "linear":
            assert cell["right"] >= 0.7 * cell["audits"], name
            wrong = "recovered" if case == study.LINEAR[1] else "could not have been learned"
            assert wrong not in cell["outcomes"], name
        if part == "recovery" and case == study.PERFECT:
            assert cell["outcomes"].get("partly recovered", 0) <= 0.02 * cell["audits"], name
            assert cell["outcomes"].get("not recovered", 0) == 0, name


def test_a_run_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "DATA", {"power law": study.DATA["power law"]})
    cases = ("honest linear twins", "one file twice")
    monkeypatch.setattr(study, "AGREEMENT", {name: study.AGREEMENT[name] for name in cases})
    monkeypatch.setattr(study, "RECOVERY", {study.PERFECT: None})
    path = tmp_path / "kept.json"
    found = study.run(path, agreements=1, recoveries=1, others=1)
    assert found["agreement: power law: one file twice"]["right"] == 1
    assert found["recovery: power law: perfect generators"]["right"] == 1
    assert len(found) == 6

    def never(*_: Any) -> Any:
        raise AssertionError("it is kept already")

    for name in ("agreement_cell", "recovery_cell", "linear_cell", "another_cell"):
        monkeypatch.setattr(study, name, never)
    assert study.run(path, agreements=1, recoveries=1, others=1) == found
