"""The command line is the library behind a thin skin: same numbers, clear errors, exit statuses."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from docs import help_blocks
from docs.studies import pages
from typer.testing import CliRunner

import twinseed as ts
from twinseed.cli import app
from twinseed.readout import VARIABLES, load

COMMANDS = [
    "doctor",
    "explore",
    "predict",
    "simulate",
    "export",
    "measure",
    "audit",
    "inspect",
    "plan",
    "diagram",
    "train",
    "reproduce",
    "compare",
]


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


def assert_refused(result: Any, said: list[str]) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("twinseed: ")
    for words in said:
        assert words in lines[0]


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


def test_the_page_shows_the_real_help() -> None:
    page = help_blocks.PAGE.read_text(encoding="utf-8")
    made = help_blocks.made(page)
    assert pages.renewed(page, made) == page, "run python -m docs.help_blocks"
    assert page.count("Usage: twinseed") == 1 + len(COMMANDS)
    assert pages.renewed(page.replace("Usage:", "Use:"), made) == page


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
    assert told["protocol"] == 2
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
    passed = call("audit", *flags(files), "--visible", "1", "--html", page, "--quiet")
    assert (passed.exit_code, passed.stdout, passed.stderr) == (0, "", "")
    assert "No sign of copying" in page.read_text(encoding="utf-8")


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
    from twinseed import reproduction
    from twinseed.reproduction import page as page_of

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
    monkeypatch.setattr(page_of, "write_reproduction", lambda found, folder, _: folder / "page")
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
        whole = f"{len(claims)} within the 95 % interval."
        assert ("1 does not agree" if status else whole) in shown.stdout


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
    assert stopped.stderr == "twinseed: interrupted; run the same command again to continue\n"


def test_without_matplotlib_the_main_job_says_so_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinseed.cli.reproduce.find_spec", lambda name: None)
    assert_refused(call("reproduce", tmp_path / "out"), ["matplotlib", "twinseed[figures]"])
    assert not (tmp_path / "out").exists()
