"""The command ``twinseed plan`` writes what the library plans."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support.pilots import pilot, planned
from typer.testing import CliRunner

from twinseed.cli import app


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="twinseed")


def test_the_python_of_the_page_prints_what_the_page_says(root: Path) -> None:
    blocks = re.findall(
        r"^```(?:python|text)\n(.*?)^```$", (root / "docs/planning.md").read_text(), re.M | re.S
    )
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(blocks[0], "planning.md", "exec"), {"__name__": "planning"})
    assert printed.getvalue() == blocks[1]


def test_the_command_is_the_library(tmp_path: Path) -> None:
    np.save(tmp_path / "pilot.npy", pilot())
    words = ["plan", tmp_path / "pilot.npy", "--resamples", 10, "--seed", 3, "--n", "100,200"]
    words += ["--splits", 2]
    shown = call(*words, "--convergence", 0.9, "--recovery", 0.8, "--factor", 2, "--json", "-q")
    assert shown.exit_code == 0, shown.output
    found = json.loads(shown.stdout)
    library = planned(pilot(), rng=3, splits=2)
    assert found["curves"] == library.to_dict([100, 200])["curves"]
    needed = library.samples_for(recovery=0.8, factor=2)
    assert found["samples_for"]["recovery"]["value"] == needed.value
    table = call(*words, "--convergence", 0.9)
    assert f"convergence 0.9: {library.samples_for(convergence=0.9)}" in table.stdout
    assert library.told([100, 200]) in table.stdout


def test_a_target_above_the_ceiling_is_named_by_the_command(tmp_path: Path) -> None:
    np.save(tmp_path / "pilot.npy", pilot())
    words = ["--resamples", 10, "--splits", 0, "--ceiling", 0.8, "--convergence", 0.9]
    done = call("plan", tmp_path / "pilot.npy", *words)
    assert done.exit_code == 3
    assert "convergence 0.9: is not reached, as the ceiling is 0.8" in done.stdout


@pytest.mark.extras
def test_the_page_stands_alone(tmp_path: Path) -> None:
    np.save(tmp_path / "pilot.npy", pilot(30, 40))
    page = tmp_path / "plan.html"
    words = ["--resamples", 10, "--splits", 2, "--convergence", 0.9, "--html", page, "--quiet"]
    done = call("plan", tmp_path / "pilot.npy", *words)
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    text = page.read_text()
    assert text.count("<svg") == 2
    assert "fewer than 60 rows" in text
    assert "convergence 0.9" in text
    assert "src=" not in text
    assert 'href="http' not in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.npy"], "PILOT must be a file"),
        (["seven.npy"], "PILOT must have at least 8 rows"),
        (["pilot.npy", "--convergence", "1"], "--convergence must be one number above 0"),
        (["pilot.npy", "--recovery", "0.8", "--factor", "0"], "--factor must be a whole number"),
        (["pilot.npy", "--recovery", "1.5"], "--recovery must be one number above 0"),
        (["pilot.npy", "--resamples", "3"], "--resamples must be"),
        (["pilot.npy", "--n", "1"], "--n must be"),
        (["pilot.npy", "--html", "nowhere/plan.html"], "--html lies in a folder"),
    ],
)
def test_errors_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("pilot.npy", pilot(20, 30))
    np.save("seven.npy", pilot(7, 30))
    done = call("plan", *words, *([] if "--resamples" in words else ["--resamples", "10"]))
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
