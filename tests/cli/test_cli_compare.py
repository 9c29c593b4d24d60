"""The command that subtracts readouts: the example of its page, what `--fail-beyond` counts."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import xarray as xr
from tests.cli.cli_calls import call

import twinseed as ts
from twinseed.readout import save


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _saved(path: str, readout: xr.Dataset, **statuses: str) -> None:
    changed = readout.copy(deep=True)
    for name, status in statuses.items():
        changed[f"{name}_status"] = xr.full_like(changed[f"{name}_status"], status, dtype="U32")
    save(changed, path)


def test_the_page_can_be_followed(root: Path, here: Path) -> None:
    page = (root / "docs" / "command-line.md").read_text()
    (drawn,) = re.findall(r"^twinseed (simulate .* -o drawn\.nc)$", page, re.M)
    (block,) = re.findall(r"## compare\n\n```bash\n(.*?)```", page, re.S)
    lines = block.replace("twinseed ", "").splitlines()
    assert any("compare drawn.nc theory.nc" in line and "--fail-beyond 4" in line for line in lines)
    for line in [drawn, *lines]:
        assert call(*shlex.split(line)).exit_code == 0, line


def test_only_what_is_ok_on_both_sides_is_counted(here: Path) -> None:
    near = ts.predict(ts.Spiked([1.0]), ts.Ridge(0.1), n=50, d=30)
    drawn = ts.simulate(
        ts.Spiked([1.0]), ts.Ridge(0.1), n=50, d=30, replicates=3, rng=0, progress=False
    )
    wrong = near.copy(deep=True)
    wrong["convergence"] = 0.0 * near["convergence"] + 0.01
    _saved("drawn.nc", drawn)
    _saved("wrong.nc", wrong)
    _saved("doubtful.nc", wrong, convergence="leading order")
    asked = ("--fail-beyond", 6, "--only", "convergence,convergence_null")
    assert call("compare", "drawn.nc", "wrong.nc", *asked).exit_code == 1
    for files in (("drawn.nc", "doubtful.nc"), ("doubtful.nc", "drawn.nc")):
        found = call("compare", *files, *asked)
        assert found.exit_code == 0
        assert "0 of 1 values beyond 6 standard errors; 1 left out" in " ".join(
            found.stdout.split()
        )


def test_nothing_to_judge_is_no_success(here: Path) -> None:
    readout = ts.predict(ts.Spiked([1.0]), n=50, d=30)
    _saved("one.nc", readout, convergence="leading order")
    words = ("compare", "one.nc", "one.nc", "--only", "convergence")
    found = call(*words, "--fail-beyond", 4)
    assert found.exit_code == 3
    assert "nothing can be judged" in found.output
    assert call(*words).exit_code == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--only", "convergence,truth"], "--only must be names of variables (got truth)"),
        (["--only", ""], "--only must be names"),
        (["--fail-beyond", "nan"], "--fail-beyond must be zero or above"),
        (["--fail-beyond", "-1"], "--fail-beyond must be zero or above"),
    ],
)
def test_bad_options_of_compare(words: list[str], told: str, here: Path) -> None:
    _saved("one.nc", ts.predict(ts.Spiked([1.0]), n=50, d=30))
    found = call("compare", "one.nc", "one.nc", *words)
    assert found.exit_code == 2
    assert told in " ".join(found.output.split())
