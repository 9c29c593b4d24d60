"""At 80 columns no table of any command has a longer line, and no cell is lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len
from tests.cli.cli_calls import call, prepared

import twinseed as ts
from twinseed.tables import drawn_table

GRID = "--spikes 5,3 --ridge 0,0.1,1"
FILES = "--train-a a.npy --samples-a ga.npy --train-b b.npy --samples-b gb.npy --heldout h.npy"
TABLES = [
    f"predict {GRID} --gamma 0.5,1,2,4,8,16,32,64",
    f"predict {GRID} --n 100,200 --d 100",
    "predict --strength 0.5,1,2 --gamma 0.5,1,2",
    "predict --power-law 0.5,1 --d 100 --n 50",
    "simulate --spikes 3 --n 8,16 --d 6 --replicates 2",
    "export draws.sqlite",
    f"measure {FILES}",
    f"audit {FILES}",
    "plan pilot.npy --resamples 10 --convergence 0.9",
    "plan strong.npy --resamples 10 --recovery 0.9",
    "diagram --d 1000 --ridge 1 --cells 81",
    "compare drawn.nc theory.nc",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = prepared(tmp_path_factory.mktemp("widths"))
    scale = [9.0, 6.0, 4.0, 1.0, 1.0, 1.0]
    np.save(made / "strong.npy", np.random.default_rng(5).standard_normal((90, 6)) * scale)
    from twinseed.readout import save

    drawn = ts.simulate(ts.Spiked([3.0]), n=8, d=6, replicates=3, rng=0)
    save(drawn, made / "drawn.nc")
    return made


def table_lines(text: str) -> list[str]:
    """Return the lines of tables: those between a header's rule and the next empty line."""
    found, inside, before = [], False, ""
    for line in text.splitlines():
        if re.fullmatch(r" ?─+", line):
            found.append(before)
            inside = True
        inside = inside and line != ""
        if inside:
            found.append(line)
        before = line
    return [line for line in found if not line.startswith(("* ", "- "))]


@pytest.mark.parametrize("words", TABLES)
def test_no_table_is_wider_than_the_terminal(
    words: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    wide = call(*words.split())
    narrow = call(*words.split(), env={"COLUMNS": "80"})
    assert narrow.exit_code == wide.exit_code
    lines = table_lines(narrow.stdout)
    assert len(lines) > 2
    for line in lines:
        if not re.match(r"\w+ \d.*: |convergence |recovery ", line):
            assert cell_len(line) <= 80, line
    numbers = re.findall(r"-?\d+\.\d+", "\n".join(table_lines(wide.stdout)))
    there = re.findall(r"-?\d+\.\d+", "\n".join(lines))
    assert set(numbers) <= set(there), "a number is lost"


@pytest.mark.extras
def test_claims_and_curves_fit(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from tests.reproduction.small_reproduction import small_reproduction

    from twinseed.cli.curves import print_curves
    from twinseed.cli.reproduce import _print_claims
    from twinseed.curves.curves import TwinCurves

    monkeypatch.setenv("COLUMNS", "80")
    _print_claims(small_reproduction())
    grid = ts.predict(ts.Spiked([3.0]), n=[8.0, 16.0], d=6)
    print_curves(TwinCurves("title", grid, grid))
    out = capsys.readouterr().out
    lines = [line for line in table_lines(out) if not line.startswith("At n")]
    assert len(lines) > 5
    assert max(map(cell_len, lines)) <= 80


def test_a_table_is_cut_between_columns_and_its_keys_come_again() -> None:
    header = ["n", "d", *(f"column {k}" for k in range(9))]
    rows = [[str(i), "6", *(f"{i}.{k}" for k in range(9))] for i in range(3)]
    drawn = drawn_table(header, rows, width=40, keys=2)
    assert max(map(len, drawn.splitlines())) <= 40
    for part in drawn.split("\n\n"):
        assert part.splitlines()[0].split()[:2] == ["n", "d"]
        assert [line.split()[:2] for line in part.splitlines()[2:]] == [
            [str(i), "6"] for i in "012"
        ]
    assert drawn_table(header, rows, width=400, keys=2) == drawn_table(header, rows)


def test_a_cell_that_is_too_wide_alone_is_broken() -> None:
    drawn = drawn_table(["name", "value"], [["a" * 50, "b" * 50]], width=40)
    assert max(map(len, drawn.splitlines())) <= 40
    assert drawn.count("a") == 50 + len("aa"), "those of the header as well"
    assert drawn.count("b") == 50


def test_a_table_that_just_fits_loses_no_character() -> None:
    header, rows = ["n", "recovery"], [["10", "0.5"], ["漢", "x" * 12]]
    assert drawn_table(header, rows, width=18) == drawn_table(header, rows)
    assert drawn_table(header, rows).splitlines()[3] == " 漢   " + "x" * 12


def test_a_cell_of_two_lines_stays_in_its_column() -> None:
    """Cells that cannot be printed on one line take the other way; both draw the same table."""
    one, two = (drawn_table(["n", "of"], [["10", cell], ["7", "c"]]) for cell in ("a", "a\nb"))
    assert [line for line in two.splitlines() if line.strip() != "b"] == one.splitlines()
    assert two.splitlines()[3].index("b") == one.splitlines()[2].index("a")
