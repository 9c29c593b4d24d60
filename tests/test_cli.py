"""The command line is the library behind a thin skin: same numbers, clear errors, exit statuses."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import twinseed as ts
from twinseed.cli import app
from twinseed.readout import VARIABLES, load

COMMANDS = ["predict", "simulate", "measure", "audit", "plan", "reproduce", "compare"]


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="twinseed")


def strict(text: str) -> Any:
    """Parse JSON that has no NaN and no infinity."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    draw = np.random.default_rng(0)
    a, b, heldout = draw.standard_normal((3, 60, 6))
    arrays = {
        "train-a": a,
        "train-b": b,
        "samples-a": a[:40] + 0.01,
        "samples-b": (b[:40] + 0.02).astype(np.float32),
        "heldout": heldout,
    }
    paths = {}
    for name, rows in arrays.items():
        paths[name] = tmp_path / f"{name}.npy"
        np.save(paths[name], rows)
    return paths


def flags(files: dict[str, Path]) -> list[object]:
    return [word for name, path in files.items() for word in (f"--{name}", path)]


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=" ".join)
def test_help_imports_no_numpy(command: list[str]) -> None:
    probe = (
        "import sys; from twinseed.cli import app\n"
        f"try: app({[*command, '--help']!r})\n"
        "finally:\n"
        "    heavy = {'numpy', 'scipy', 'xarray', 'matplotlib', 'jinja2', 'pandas'}\n"
        "    assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Usage: " in done.stdout


def test_the_page_shows_the_real_help(root: Path) -> None:
    where = root / "docs" / "help_blocks.py"
    spec = importlib.util.spec_from_file_location("help_blocks", where)
    assert spec is not None
    assert spec.loader is not None
    blocks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(blocks)
    page = blocks.PAGE.read_text(encoding="utf-8")
    assert blocks.renewed(page) == page, "run docs/help_blocks.py"
    assert page.count("Usage: twinseed") == 1 + len(COMMANDS)
    assert blocks.renewed(page.replace("Usage:", "Use:")) == page


def test_version() -> None:
    assert call("--version").stdout == f"twinseed {ts.__version__}\n"


def test_predict_prints_what_the_library_predicts() -> None:
    words = ("--spikes", "3,1", "--ridge", "0,0.1", "--gamma", "0.5,1,2")
    told = strict(call("predict", *words, "--json").stdout)
    expected = ts.predict(
        ts.Spiked([3.0, 1.0]), [ts.Ridge(0.0), ts.Ridge(0.1)], gamma=[0.5, 1.0, 2.0]
    )
    assert set(told["variables"]) == set(VARIABLES)
    q = told["variables"]["convergence"]
    assert q["dims"] == ["gamma", "ridge"]
    assert q["value"] == expected["convergence"].values.tolist()
    m = told["variables"]["memorisation"]
    assert m["value"][0][0] is None
    assert m["status"][0][0] == "no theory"
    assert told["coords"]["n"]["value"][0] is None
    table = call("predict", *words).stdout
    assert "convergence (q)" in table
    assert "0.7205" in table
    assert "below the floor:" in table
    assert call("predict", *words, "--quiet").stdout == ""


def test_populations_of_all_kinds(tmp_path: Path) -> None:
    (tmp_path / "atoms.csv").write_text("value,weight\n4,0.25\n1,0.75\n")
    np.save(tmp_path / "atoms.npy", np.array([1.0, 2.0, 3.0, 4.0]))
    size = ("--n", 50, "--d", 40, "--json")
    asked = {
        ("--power-law", 1): ts.PowerLaw(1.0, 40),
        ("--spikes", "none"): ts.Spiked([]),
        ("--spikes", "2", "--bulk", 0.5): ts.Spiked([2.0], 0.5),
        ("--atoms", tmp_path / "atoms.csv"): ts.Atoms([4.0, 1.0], [0.25, 0.75]),
        ("--atoms", tmp_path / "atoms.npy"): ts.Atoms([1.0, 2.0, 3.0, 4.0]),
    }
    for words, population in asked.items():
        told = strict(call("predict", *words, *size).stdout)
        expected = ts.predict(population, n=50, d=40)
        assert told["variables"]["convergence"]["value"] == float(expected["convergence"])


def test_simulate_saves_resumes_and_compares(tmp_path: Path) -> None:
    words = ("--spikes", 3, "--n", "20,40", "--d", 20)
    drawn = ("simulate", *words, "--replicates", 3, "--seed", 7, "--store", tmp_path / "s.sqlite")
    first = call(*drawn, "-o", tmp_path / "drawn.nc", "--json")
    again = call(*drawn, "--json")
    assert first.exit_code == again.exit_code == 0
    assert strict(first.stdout) == strict(again.stdout)
    other = call(*drawn[:-3], 8, "--json")
    assert strict(other.stdout)["variables"] != strict(first.stdout)["variables"]
    saved = load(tmp_path / "drawn.nc")
    assert (
        saved["convergence"].values.tolist()
        == (strict(first.stdout)["variables"]["convergence"]["value"])
    )
    assert call("predict", *words, "-o", tmp_path / "theory.nc", "-q").exit_code == 0
    both = (tmp_path / "drawn.nc", tmp_path / "theory.nc")
    told = strict(call("compare", *both, "--json").stdout)
    apart = ts.compare(saved, load(tmp_path / "theory.nc"))
    assert told["variables"]["convergence"]["z"] == apart["convergence_z"].values.tolist()
    assert told["variables"]["memorisation"]["dims"] == ["n"]
    assert "simulate minus predict" in call("compare", *both).stdout
    assert call("compare", *both, "--fail-beyond", 1e9, "-q").exit_code == 0
    assert call("compare", *both, "--fail-beyond", 1e-9, "-q").exit_code == 1


def test_measure_prints_what_the_library_measures(files: dict[str, Path]) -> None:
    arrays = {name.replace("-", "_"): np.load(path) for name, path in files.items()}
    twins = ts.Twins(**arrays)
    for words, measured in (((), twins), (("--centre",), twins.centred())):
        told = strict(call("measure", *flags(files), *words, "--seed", 3, "--json").stdout)
        expected = ts.measure(measured, rng=3)
        value = told["variables"]["convergence"]["value"]
        assert value == float(expected["convergence"])
        assert told["attrs"]["fingerprint"] == expected.attrs["fingerprint"]
    assert "memorisation_share" in call("measure", *flags(files)).stdout


def test_audit_of_copies_exits_with_one(files: dict[str, Path], tmp_path: Path) -> None:
    caught = call("audit", *flags(files), "--json", "-o", tmp_path / "r.nc")
    told = strict(caught.stdout)
    assert caught.exit_code == 1
    assert told["protocol"] == 1
    assert told["outcome"]["copying"] == "copying"
    assert told["seed"] == "0"
    measured = float(load(tmp_path / "r.nc")["convergence"])
    assert told["numbers"]["convergence"]["value"] == measured
    text = call("audit", *flags(files)).stdout
    assert "Copying: " in text
    assert "matched linear model" in text


def test_audit_of_fresh_rows_exits_with_zero(files: dict[str, Path], tmp_path: Path) -> None:
    for number, name in enumerate(("samples-a", "samples-b")):
        np.save(files[name], np.random.default_rng(5 + number).standard_normal((40, 6)))
    page = tmp_path / "audit.html"
    passed = call("audit", *flags(files), "--html", page, "--quiet")
    assert (passed.exit_code, passed.stdout, passed.stderr) == (0, "", "")
    assert "No sign of copying" in page.read_text(encoding="utf-8")


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
        ["gamma", "1.0", "pass two"],
    ),
    "zero rows": (["predict", "--spikes", "1", "--n", "0", "--d", "9"], ["n ", "0", "rows"]),
    "zero columns": (["predict", "--spikes", "1", "--n", "9", "--d", "0"], ["d ", "0", "columns"]),
    "negative gamma": (["predict", "--spikes", "1", "--gamma", "-1"], ["gamma", "-1", "n/d"]),
    "negative ridge": (
        ["predict", "--spikes", "1", "--gamma", "1", "--ridge", "-1"],
        ["strength", "-1"],
    ),
    "weights": (["predict", "--atoms", "{weights}", "--n", "9", "--d", "9"], ["weights", "0.75"]),
    "atoms of three columns": (
        ["predict", "--atoms", "{train-a}", "--n", "9", "--d", "9"],
        ["--atoms", "(60, 6)", "values"],
    ),
    "one replicate": (
        ["simulate", "--spikes", "1", "--n", "9", "--d", "9", "--replicates", "1"],
        ["replicates", "1", "at least 2"],
    ),
    "no rows given": (["simulate", "--spikes", "1", "--d", "9"], ["--n", "None", "pass"]),
    "no workers": (
        ["simulate", "--spikes", "1", "--n", "9", "--d", "9", "--workers", "0"],
        ["workers", "0"],
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
    "one row of data": (["reproduce", "{new}", "--data", "{one}"], ["--data", "give more samples"]),
    "a folder that is a file": (
        ["reproduce", "{train-a}", "--data", "{train-b}"],
        ["FOLDER", "train-a", "may write to"],
    ),
}

BAD_ARRAYS: dict[str, tuple[dict[str, str], list[str]]] = {
    "missing": ({"samples-a": "missing"}, ["--samples-a", "missing.npy", "check the name"]),
    "NaN": ({"samples-a": "nan"}, ["--samples-a[2, 1]", "nan", "impute"]),
    "infinity": ({"heldout": "infinite"}, ["--heldout[2, 1]", "inf", "impute"]),
    "one row": ({"train-a": "one"}, ["--train-a", "(1, 6)", "give more samples"]),
    "one axis": ({"train-a": "flat"}, ["--train-a", "(60,)", "reshape"]),
    "columns": ({"heldout": "narrow"}, ["--heldout", "got 5", "same features"]),
    "seeds": ({"samples-b": "short"}, ["--samples-b", "got 39", "same list of seeds"]),
    "the same training rows": ({"train-b": "train-a"}, ["--train-b", "60 equal", "leave"]),
    "held-out rows in training": (
        {"heldout": "train-b"},
        ["--heldout", "--heldout[0] = --train-b[0]", "remove them"],
    ),
    "pickled": ({"train-a": "pickled"}, ["--train-a", "unpickled", "allow_pickle=False"]),
    "empty": ({"train-a": "empty"}, ["--train-a", "empty.npy", "save it again"]),
    "truncated": ({"train-a": "truncated"}, ["--train-a", "truncated.npy", "copy the file"]),
    "another format": ({"train-a": "text.doc"}, ["--train-a", "text.doc", "convert"]),
    "no samples of B": ({"samples-b": ""}, ["--samples-b", "--train-b", "as well"]),
    "no factors": ({"factors": "-1"}, ["factors", "-1"]),
    "a page nowhere": ({"html": "nowhere/page.html"}, ["--html", "nowhere", "exists"]),
    "a page that is a folder": ({"html": "."}, ["--html", "not a folder", "choose a file"]),
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
    others = {
        "weights": "weights.csv",
        "text.doc": "text.doc",
        "missing": "missing.npy",
        "nowhere": "nowhere/file.nc",
        "nowhere/page.html": "nowhere/page.html",
        ".": ".",
        "new": "new",
        "other": "other",
    }
    return paths | files | {name: tmp_path / path for name, path in others.items()}


def assert_refused(result: Any, said: list[str]) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("twinseed: ")
    for words in said:
        assert words in lines[0]


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


def test_an_unknown_option_is_a_usage_error() -> None:
    assert call("predict", "--nonsense").exit_code == 2


def test_the_program_itself_keeps_stdout_for_json(files: dict[str, Path]) -> None:
    probe = "from twinseed.cli import app; app(prog_name='twinseed')"
    words = [str(word) for word in ("audit", *flags(files), "--json")]
    done = subprocess.run(
        [sys.executable, "-c", probe, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert strict(done.stdout)["outcome"]["copying"] == "copying"
    words[words.index("--train-a") + 1] = "nowhere.npy"
    done = subprocess.run(
        [sys.executable, "-c", probe, *words], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.extras
def test_reproduce_on_own_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from twinseed import report, reproduction

    found = []

    def remembered(*args: Any, **kwargs: Any) -> Any:
        found.append(original(*args, **kwargs))
        return found[0]

    original = reproduction.reproduce
    monkeypatch.setattr(reproduction, "reproduce", remembered)
    np.save(tmp_path / "my.npy", np.random.default_rng(0).standard_normal((60, 4)))
    words = ("reproduce", tmp_path / "out", "--data", tmp_path / "my.npy", "--quick")
    done = call(*words, "--workers", 1)
    assert done.exit_code == (0 if found[0].agrees else 1), done.output
    assert done.stdout.splitlines()[-1] == str(tmp_path / "out" / "index.html")
    assert (tmp_path / "out" / "index.html").is_file()
    assert all(claim.sentence in done.stdout for claim in found[0].claims)

    right = [replace(claim, predicted=claim.measured) for claim in found[0].claims]
    wrong = replace(right[0], predicted=right[0].high + 99)
    monkeypatch.setattr(report, "write_reproduction", lambda found, folder, _: folder / "page")
    for claims, status in ((right, 0), ([wrong, *right[1:]], 1)):
        altered = replace(found[0], claims=tuple(claims))
        monkeypatch.setattr(reproduction, "reproduce", lambda *_, found=altered, **__: found)
        told = call(*words, "--json")
        shown = call(*words)
        assert told.exit_code == shown.exit_code == status
        assert strict(told.stdout)["agrees"] is (status == 0)
        agreed = [claim["agrees"] for claim in strict(told.stdout)["claims"]]
        assert agreed.count(False) == status
        assert ("DOES NOT AGREE" in shown.stdout) == bool(status)
        assert ("1 do not" if status else "all agree") in shown.stdout


@pytest.mark.extras
def test_an_interrupted_reproduction_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twinseed import reproduction

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(reproduction, "reproduce", interrupted)
    stopped = call("reproduce", tmp_path)
    assert stopped.exit_code == 130
    assert stopped.stderr == "twinseed: interrupted; the same command goes on from here\n"


def test_without_matplotlib_the_main_job_says_so_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinseed.cli.job.find_spec", lambda name: None)
    assert_refused(call("reproduce", tmp_path / "out"), ["matplotlib", "twinseed[figures]"])
    assert not (tmp_path / "out").exists()
