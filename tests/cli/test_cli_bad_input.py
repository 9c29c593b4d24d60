"""What the command line refuses: the argument, the value and the remedy in one line, exit 2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.cli.test_cli import assert_refused, call, files

__all__ = ["files"]


BAD: dict[str, tuple[list[str], list[str]]] = {
    "not numbers": (["predict", "--spikes", "3,x", "--gamma", "1"], ["--spikes", "3,x", "commas"]),
    "no population": (["predict", "--gamma", "1"], ["--spikes", "none", "pass one"]),
    "two populations": (
        ["predict", "--spikes", "1", "--power-law", "1", "--d", "9", "--n", "9"],
        ["--power-law", "pass one"],
    ),
    "no dimension": (["predict", "--power-law", "1", "--n", "9"], ["--d", "None", "--d 500"]),
    "three loads": (
        ["predict", "--spikes", "1", "--n", "9", "--d", "9", "--gamma", "1"],
        ["--gamma", "1.0", "pass two"],
    ),
    "zero rows": (["predict", "--spikes", "1", "--n", "0", "--d", "9"], ["--n ", "0", "rows"]),
    "zero columns": (
        ["predict", "--spikes", "1", "--n", "9", "--d", "0"],
        ["--d ", "0", "columns"],
    ),
    "negative gamma": (["predict", "--spikes", "1", "--gamma", "-1"], ["--gamma", "-1", "n/d"]),
    "negative ridge": (
        ["predict", "--spikes", "1", "--gamma", "1", "--ridge", "-1"],
        ["--ridge", "-1"],
    ),
    "weights": (["predict", "--atoms", "{weights}", "--n", "9", "--d", "9"], ["--atoms", "0.75"]),
    "atoms of three columns": (
        ["predict", "--atoms", "{train-a}", "--n", "9", "--d", "9"],
        ["--atoms", "(60, 6)", "values"],
    ),
    "one replicate": (
        ["simulate", "--spikes", "1", "--n", "9", "--d", "9", "--replicates", "1"],
        ["--replicates", "1", "at least 2"],
    ),
    "no rows given": (["simulate", "--spikes", "1", "--d", "9"], ["--n", "None", "pass"]),
    "no workers": (
        ["simulate", "--spikes", "1", "--n", "9", "--d", "9", "--workers", "0"],
        ["--workers", "0"],
    ),
    "a folder that does not exist": (
        ["predict", "--spikes", "1", "--gamma", "1", "-o", "{nowhere}"],
        ["--output", "nowhere", "exists"],
    ),
    "a readout that is none": (["compare", "{train-a}", "{train-a}"], ["ONE.nc", "saved with -o"]),
    "a readout that does not exist": (["compare", "{missing}", "{train-a}"], ["ONE.nc", "missing"]),
    "two folders": (["reproduce", "{new}", "-o", "{other}"], ["FOLDER", "twice", "one folder"]),
    "data that do not exist": (
        ["reproduce", "{new}", "--data", "{missing}"],
        ["--data", "missing", "check the name"],
    ),
    "one row of data": (["reproduce", "{new}", "--data", "{one}"], ["--data", "pass more rows"]),
    "a folder that is a file": (
        ["reproduce", "{train-a}", "--data", "{train-b}"],
        ["FOLDER", "train-a", "may write to"],
    ),
}

BAD_ARRAYS: dict[str, tuple[dict[str, str], list[str]]] = {
    "missing": ({"samples-a": "missing"}, ["--samples-a", "missing.npy", "check the name"]),
    "NaN": ({"samples-a": "nan"}, ["--samples-a[2, 1]", "nan", "impute"]),
    "infinity": ({"heldout": "infinite"}, ["--heldout[2, 1]", "inf", "impute"]),
    "one row": ({"train-a": "one"}, ["--train-a", "(1, 6)", "pass more rows"]),
    "one axis": ({"train-a": "flat"}, ["--train-a", "(60,)", "reshape"]),
    "columns": ({"heldout": "narrow"}, ["--heldout", "got 5", "same columns"]),
    "seeds": ({"samples-b": "short"}, ["--samples-b", "got 39", "same list of seeds"]),
    "the same training rows": ({"train-b": "train-a"}, ["--train-b", "60 equal", "leave"]),
    "held-out rows in training": (
        {"heldout": "train-b"},
        ["--heldout", "--heldout[0] is --train-b[0]", "no generator was trained on"],
    ),
    "pickled": ({"train-a": "pickled"}, ["--train-a", "unpickled", "allow_pickle=False"]),
    "empty": ({"train-a": "empty"}, ["--train-a", "empty.npy", "save it again"]),
    "truncated": ({"train-a": "truncated"}, ["--train-a", "truncated.npy", "copy the file"]),
    "another format": ({"train-a": "text.doc"}, ["--train-a", "text.doc", "convert"]),
    "no samples of B": ({"samples-b": ""}, ["--samples-b", "--train-b", "as well"]),
    "no factors": ({"factors": "-1"}, ["--factors", "-1"]),
    "a page nowhere": ({"html": "nowhere/page.html"}, ["--html", "nowhere", "exists"]),
    "a page that is a folder": (
        {"html": "folder.html"},
        ["--html", "not a folder", "choose a file"],
    ),
    "a page of another ending": ({"html": "a.pdf"}, ["--html", "must end in .html", "a.pdf"]),
}


@pytest.fixture
def stand_ins(files: dict[str, Path], tmp_path: Path) -> dict[str, Path]:
    """Return files of every kind that must be refused, by name."""
    a, heldout = np.load(files["train-a"]), np.load(files["heldout"])
    holes, endless = a[:40].copy(), heldout.copy()
    holes[2, 1], endless[2, 1] = np.nan, np.inf
    arrays = {
        "nan": holes,
        "infinite": endless,
        "one": a[:1],
        "flat": a[:, 0],
        "narrow": heldout[:, :5],
        "short": a[:39],
    }
    paths = {name: tmp_path / f"{name}.npy" for name in (*arrays, "pickled", "empty", "truncated")}
    for name, rows in arrays.items():
        np.save(paths[name], rows)
    np.save(paths["pickled"], np.array([{"a": 1}], dtype=object), allow_pickle=True)
    paths["empty"].touch()
    paths["truncated"].write_bytes(files["train-a"].read_bytes()[:-100])
    (tmp_path / "weights.csv").write_text("1,0.5\n2,0.25\n")
    (tmp_path / "text.doc").write_text("1,2\n")
    (tmp_path / "folder.html").mkdir()
    others = {
        "weights": "weights.csv",
        "text.doc": "text.doc",
        "missing": "missing.npy",
        "nowhere": "nowhere/file.nc",
        "nowhere/page.html": "nowhere/page.html",
        "folder.html": "folder.html",
        "new": "new",
        "other": "other",
    }
    return paths | files | {name: tmp_path / path for name, path in others.items()}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        # the main job asks for what draws its page before it looks at the data
        pytest.param(*case, id=name, marks=[pytest.mark.extras] if "--data" in case[0] else [])
        for name, case in BAD.items()
    ],
)
def test_bad_input(words: list[str], said: list[str], stand_ins: dict[str, Path]) -> None:
    assert_refused(call(*(word.format_map(stand_ins) for word in words)), said)


@pytest.mark.parametrize(("change", "said"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_bad_arrays(
    change: dict[str, str], said: list[str], files: dict[str, Path], stand_ins: dict[str, Path]
) -> None:
    given: dict[str, object] = dict(files)
    for name, value in change.items():
        given[name] = stand_ins.get(value, value)
    words = [word for name, value in given.items() if value for word in (f"--{name}", value)]
    assert_refused(call("audit", *words), said)


def test_an_output_that_cannot_be_written_is_found_first(tmp_path: Path) -> None:
    missing = tmp_path / "missing.npy"
    refused = call(
        "audit", "--train-a", missing, "--samples-a", missing, "--html", tmp_path / "no" / "a.html"
    )
    assert_refused(refused, ["--html"])
    assert list(tmp_path.iterdir()) == []
    fine = call(
        "audit", "--train-a", missing, "--samples-a", missing, "--html", tmp_path / "a.html"
    )
    assert_refused(fine, ["--samples-a"])
    assert list(tmp_path.iterdir()) == []
