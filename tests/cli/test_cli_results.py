"""What becomes of a result: JSON as its schema says, files by their endings, silence if quiet."""

from __future__ import annotations

import csv
import json
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.cli.cli_calls import CALLS, EXTRAS, SERVES, call, call_in, options_of, prepared, replaced
from tests.json_schema import faults, schema

from twinseed.readout import VARIABLES, load

SCHEMAS = {
    "predict": "readout",
    "simulate": "readout",
    "export": "readout",
    "measure": "readout",
    "audit": "audit",
    "inspect": "inspect",
    "plan": "plan",
    "diagram": "diagram",
    "train": "curves",
    "reproduce": "reproduce",
    "compare": "compare",
    "doctor": "doctor",
}
READOUT = (".nc", ".csv", ".parquet", ".json")
ENDINGS = {
    "predict": READOUT,
    "simulate": READOUT,
    "export": READOUT,
    "measure": READOUT,
    "audit": (*READOUT, ".html"),
    "plan": (*READOUT, ".html", ".png", ".svg"),
    "diagram": (*READOUT, ".html", ".png", ".svg"),
    "compare": (".nc", ".csv", ".parquet", ".json"),
}
NEEDS = {".parquet", ".png", ".svg", ".html"}
HERE = [name for name in CALLS if name not in EXTRAS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("results"))


@pytest.fixture(scope="module")
def results(folder: Path) -> dict[str, Any]:
    """Return what the library answers to each call; it is computed once."""
    found: dict[str, Any] = {}
    for command in HERE:
        original = getattr(import_module(CALLS[command].home), CALLS[command].name)

        def kept(
            *args: Any, command: str = command, original: Any = original, **kwargs: Any
        ) -> Any:
            found[command] = original(*args, **kwargs)
            return found[command]

        with replaced(command, kept), pytest.MonkeyPatch.context() as patch:
            done = call_in(folder, patch, command, "-q")
        assert done.exit_code in (0, 3), done.output
    return found


def again(
    results: dict[str, Any], folder: Path, patch: pytest.MonkeyPatch, command: str, *more: object
) -> Any:
    """Run a command on the result that is there already."""
    with replaced(command, lambda *_, **__: results[command]):
        done = call_in(folder, patch, command, *more)
    assert done.exit_code in (0, 3), done.output
    return done


def strict(text: str) -> Any:
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))


def test_every_command_has_a_schema_and_every_schema_a_command() -> None:
    assert set(SCHEMAS) == set(CALLS) - SERVES
    assert {"as_json", "quiet", "debug"} <= set.intersection(
        *(set(options_of(command)) for command in SCHEMAS)
    )
    there = {
        one.name.removesuffix(".json") for one in files("twinseed").joinpath("schemas").iterdir()
    }
    assert there == set(SCHEMAS.values())


@pytest.mark.parametrize("command", HERE)
def test_json_is_as_its_schema_says(
    command: str, results: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = strict(again(results, folder, monkeypatch, command, "--json").stdout)
    rules = schema(SCHEMAS[command])
    assert faults(told, rules, rules) == []
    for name in told:
        assert faults({**told, name: object()}, rules, rules), f"nothing is asked of {name}"
        assert faults({k: v for k, v in told.items() if k != name}, rules, rules), name
    assert faults({**told, "further": 1}, rules, rules)


def test_json_of_a_plan_with_targets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = call_in(
        folder, monkeypatch, "plan", "--json", "--convergence", 0.5, "--recovery", 0.5, "-q"
    )
    told, rules = strict(done.stdout), schema("plan")
    assert faults(told, rules, rules) == []
    assert set(told["samples_for"]) == {"convergence", "recovery"}
    assert told["samples_for"]["convergence"]["target"] == 0.5
    assert told["samples_for"]["convergence"]["problem"] is None
    assert told["samples_for"]["recovery"]["value"] is None
    assert "no factor stands out" in told["samples_for"]["recovery"]["problem"]
    assert (told["schema"], told["protocol"]) == (1, 3)


@pytest.mark.parametrize("command", HERE)
def test_quiet_prints_nothing(
    command: str, results: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loud = again(results, folder, monkeypatch, command)
    silent = again(results, folder, monkeypatch, command, "--quiet")
    assert loud.stdout != ""
    assert (silent.stdout, silent.stderr) == ("", "")


@pytest.mark.parametrize(
    ("command", "ending"),
    [
        pytest.param(command, ending, marks=[pytest.mark.extras] if ending in NEEDS else [])
        for command, endings in ENDINGS.items()
        for ending in endings
    ],
)
def test_the_ending_says_what_is_written(
    command: str,
    ending: str,
    results: dict[str, Any],
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / f"out{ending}"
    again(results, folder, monkeypatch, command, "-q", "-o", path)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    content = path.read_bytes()
    if ending == ".json":
        rules = schema(SCHEMAS[command])
        assert faults(strict(content.decode()), rules, rules) == []
    elif ending == ".nc":
        if command != "compare":
            assert load(path).attrs["schema"] == 1
    elif ending == ".csv":
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) > 1
        if command != "export":
            assert {row["variable"] for row in rows} >= {"convergence", "memorisation_share"}
    else:
        first = {".parquet": b"PAR1", ".html": b"<!", ".png": b"\x89PNG", ".svg": b"<?xml"}
        assert content.startswith(first[ending])


@pytest.mark.parametrize("command", ENDINGS)
def test_other_endings_are_refused_before_work(
    command: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: Any, **__: Any) -> None:
        pytest.fail("there was work")

    with replaced(command, work):
        done = call_in(folder, monkeypatch, command, "-o", tmp_path / "out.doc")
        assert done.exit_code == 2
        for ending in ENDINGS[command]:
            assert ending in done.stderr
        for bad in ("no/where.nc", "nul\0.nc"):
            done = call_in(folder, monkeypatch, command, "-o", tmp_path / bad)
            assert (done.exit_code, done.stdout) == (2, "")
            assert "--output" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.extras
@pytest.mark.parametrize("command", sorted(EXTRAS - SERVES))
def test_a_folder_is_no_file(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = call_in(folder, monkeypatch, command, "-o", "page.html")
    assert done.exit_code == 2
    assert "--output must name a folder" in done.stderr


def test_a_table_has_a_row_for_each_number(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("predict", "--spikes", "3,1", "--n", "8,16", "--d", 6, "-q")
    assert call(*words, "-o", "t.csv").exit_code == call(*words, "-o", "t.nc").exit_code == 0
    expected = load(tmp_path / "t.nc")
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(expected[name].size for name in VARIABLES)
    for row in rows:
        at = {"n": float(row["n"])}
        if VARIABLES[row["variable"]].per_factor:
            at["factor"] = int(row["factor"])
        else:
            assert row["factor"] == ""
        value = float(expected[row["variable"]].sel(at))
        assert (row["value"] == "") == np.isnan(value)
        if row["value"]:
            assert float(row["value"]) == value
        assert row["status"] == str(expected[f"{row['variable']}_status"].sel(at).item())


@pytest.mark.extras
def test_json_and_silence_of_the_main_job(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from twinseed.reproduction.claims import Claim

    claim = Claim("name", "A sentence.", 1.0, 1.0, 0.9, 1.1, 0.0, "none", "law")
    found = SimpleNamespace(claims=[claim], agrees=True, settings={"quick": True})
    page = "twinseed.reproduction.page"
    monkeypatch.setattr(f"{page}.writing_steps", lambda _: 1)
    monkeypatch.setattr(f"{page}.write_reproduction", lambda *_: Path("index.html"))
    with replaced("reproduce", lambda *_, **__: found):
        told = strict(call_in(folder, monkeypatch, "reproduce", "--json", "-q").stdout)
        quiet = call_in(folder, monkeypatch, "reproduce", "-q")
        assert "index.html" in call_in(folder, monkeypatch, "reproduce").stdout
    rules = schema("reproduce")
    assert faults(told, rules, rules) == []
    assert (quiet.stdout, quiet.stderr) == ("", "")


@pytest.mark.extras
def test_json_and_silence_of_curves(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import twinseed as ts
    from twinseed.curves.curves import TwinCurves

    grid = ts.predict(ts.Spiked([3.0]), n=[8.0, 16.0], d=6)
    curves = TwinCurves(
        "title", grid, None, grid, {"8-0-a": [(1, 0.5)]}, settings={"a": {"b": "c"}}
    )
    monkeypatch.setattr("twinseed.denoise.curves.training_curves", lambda _: curves)
    monkeypatch.setattr("twinseed.curves.page.write_training", lambda *_: Path("index.html"))
    monkeypatch.setattr("twinseed.curves.published.published_pairs", lambda *_, **__: curves)
    rules = schema("curves")
    monkeypatch.setattr("twinseed.curves.page.write_readouts", lambda *_, **__: None)
    runs = SimpleNamespace(measured=grid, linear=grid, machine=None)
    with replaced("train", lambda *_, **__: runs):
        told = strict(call_in(folder, monkeypatch, "train", "--json", "-q").stdout)
        quiet = call_in(folder, monkeypatch, "train", "-q")
        assert "index.html" in call_in(folder, monkeypatch, "train").stdout
    assert faults(told, rules, rules) == []
    assert (quiet.stdout, quiet.stderr) == ("", "")
    assert strict(call("audit", "--pairs", ".", "--json").stdout) == told
    for ending in (*READOUT, ".html"):
        assert call("audit", "--pairs", ".", "-q", "-o", f"curves{ending}").exit_code == 0
        assert Path(f"curves{ending}").stat().st_size > 0


def test_how_arrays_were_read_stands_on_the_page_and_in_the_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = np.random.default_rng(0).poisson(3.0, (3, 60, 5)) + 1
    for name, rows in zip(("a", "ga", "h"), counts, strict=True):
        np.save(tmp_path / f"{name}.npy", rows)
    monkeypatch.chdir(tmp_path)
    files = ("--train-a", "a.npy", "--samples-a", "ga.npy", "--heldout", "h.npy")
    found = call("audit", *files, "--log-normalise", "--json", "--html", "audit.html")
    read = [
        one for one in json.loads(found.stdout)["fitness"]["findings"] if one["name"] == "as read"
    ]
    assert len(read) == 3
    page = Path("audit.html").read_text()
    for role, one in zip(("samples_a", "train_a", "heldout"), read, strict=True):
        assert one["sentence"].startswith(f"{role}: the counts of each row are brought to a total")
        assert one["sentence"] in page
