"""The commands of the guide to audits run on the files that its Python writes, and exit as told."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.cli.cli_calls import call
from tests.docs.test_documents import fences

PROMISED = re.compile(r"^twinseed (audit .*?) # exit status (\d)$", re.MULTILINE)


def unasked(**_: Any) -> Any:
    """Stand in for the audits of the Python blocks, which another test runs."""
    return SimpleNamespace(
        outcome={"copying": ""},
        to_dict=lambda: {"plain": ""},
        suspects_table=lambda: {"row": range(15)},
    )


def test_each_answer_has_a_command_that_exits_as_promised(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = root / "docs" / "audit.md"
    script = "\n".join(body for language, body in fences(page) if language == "python")
    with monkeypatch.context() as patch:
        patch.setattr("twinseed.audit", unasked)
        exec(compile(script, page.name, "exec"), {"__name__": "guide"})
    promised = PROMISED.findall(page.read_text(encoding="utf-8"))
    assert {int(status) for _, status in promised} == {0, 1, 3}
    for words, status in promised:
        done = call(*words.split())
        assert done.exit_code == int(status), (words, done.output[-400:])
    assert (tmp_path / "clouds.html").exists()
    assert (tmp_path / "copies.csv").read_text().count("\n") > 15
