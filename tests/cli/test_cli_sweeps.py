"""Sweeps on the command line: several populations, an engine, a cluster, a store and its export."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import twinseed as ts
from twinseed.cli import app
from twinseed.readout import load

SIZE = ("--n", "8,16", "--d", 6)


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="twinseed")


def told(*words: object) -> Any:
    result = call(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "draws.sqlite"
    words = ("--strength", "1,3", *SIZE, "--replicates", 2, "--store", path, "--quiet")
    assert call("simulate", *words).exit_code == 0
    return path


@pytest.mark.parametrize(
    ("words", "populations"),
    [
        (("--strength", "1,3"), [ts.Spiked([1.0]), ts.Spiked([3.0])]),
        (("--strength", "3,"), [ts.Spiked([3.0])]),
        (("--strength", "3", "--bulk", 2), ts.Spiked([3.0], 2.0)),
        (("--power-law", "0.5,1"), [ts.PowerLaw(0.5, 6), ts.PowerLaw(1.0, 6)]),
    ],
)
def test_lists_of_populations_are_a_dimension(words: tuple[object, ...], populations: Any) -> None:
    found = told("predict", *words, *SIZE)["variables"]["recovery"]
    expected = ts.predict(populations, n=[8.0, 16.0], d=6)["recovery"]
    assert found["dims"] == list(expected.dims)
    assert found["value"] == expected.values.tolist()
    table = call("predict", *words, *SIZE).stdout
    for dim in expected.dims[:-1]:
        assert dim in table


def test_the_engine_is_chosen_by_a_word() -> None:
    words = ("simulate", "--spikes", 3, "--n", 10**8, "--d", 10**8, "--replicates", 2)
    found = told(*words, "--engine", "compressed")
    assert found["attrs"]["engine"].startswith("Compressed(")
    assert abs(found["variables"]["recovery"]["value"][0] - 2 / 3) < 1e-3
    small = ("simulate", "--spikes", 3, *SIZE, "--replicates", 2)
    assert told(*small)["attrs"]["engine"].startswith("Dense(")
    assert told(*small, "--engine", "krylov")["attrs"]["engine"].startswith("Krylov(")
    refused = call(*small, "--engine", "exact")
    assert refused.exit_code == 2
    assert "'dense', 'krylov', 'compressed'" in refused.stderr


def test_a_cluster_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = call("simulate", "--strength", 3, *SIZE, "--cluster", "tcp://host:8786")
    assert result.exit_code == 2
    assert "twinseed[cluster]" in result.stderr


def test_a_store_is_exported_as_a_readout(store: Path, tmp_path: Path) -> None:
    expected = ts.load_sweep(store).to_xarray()
    assert call("export", store, "-o", tmp_path / "draws.nc").stdout == ""
    assert load(tmp_path / "draws.nc").equals(expected)
    assert told("export", store)["variables"]["convergence"] == {
        "dims": ["strength", "n"],
        "value": expected["convergence"].values.tolist(),
        "se": expected["convergence_se"].values.tolist(),
        "bias": expected["convergence_bias"].values.tolist(),
        "status": expected["convergence_status"].values.tolist(),
    }
    shown = call("export", store).stdout.splitlines()
    assert shown[0] == "8 draws at 4 of 4 points"
    assert any("convergence (q)" in line for line in shown)
    assert call("export", store, "--quiet").stdout == ""


def test_points_without_a_draw_are_counted(store: Path, tmp_path: Path) -> None:
    copied = tmp_path / "draws.sqlite"
    copied.write_bytes(store.read_bytes())
    more = ("--strength", 5, "--n", 8, "--d", 6, "--replicates", 2, "--store", copied, "--quiet")
    assert call("simulate", *more).exit_code == 0
    shown = call("export", copied).stdout
    assert shown.startswith("10 draws at 5 of 6 points\n")
    assert "* not measured: " in shown
    assert "the sweep has no draw of this point yet" in shown


def test_a_store_is_exported_as_a_table(store: Path, tmp_path: Path) -> None:
    assert call("export", store, "-o", tmp_path / "draws.csv").exit_code == 0
    with (tmp_path / "draws.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["population_strengths_1"], row["n"]) for row in rows} == {
        (strength, n) for strength in ("1.0", "3.0") for n in ("8", "16")
    }


@pytest.mark.extras
def test_a_store_is_exported_as_parquet(store: Path, tmp_path: Path) -> None:
    import pandas as pd

    assert call("export", store, "-o", tmp_path / "draws.parquet").exit_code == 0
    frame = pd.read_parquet(tmp_path / "draws.parquet")
    expected = ts.load_sweep(store).to_xarray()["convergence"]
    found = frame.groupby(["population_strengths_1", "n"])["convergence"].mean()
    np.testing.assert_allclose(found.to_numpy(), expected.values.ravel())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("export", "{store}", "-o", "draws.xlsx"),
            "--output must end in .nc, .csv, .parquet or .json",
        ),
        (("export", "absent.sqlite"), "STORE must be a file that exists"),
        (("export", "{store}", "-o", "absent/draws.csv"), "folder that does not exist"),
        (("predict", "--strength", "1,1", *SIZE), "must differ in the strength of one factor"),
        (("predict", "--strength", "1,x", *SIZE), "--strength must be numbers"),
        (("predict", "--strength", "1", "--spikes", "1", *SIZE), "must be passed exactly once"),
        (("predict", "--power-law", "1,2", "--n", 8, "--d", "6,8"), "--d must be one whole number"),
    ],
)
def test_bad_input_is_one_line(words: tuple[object, ...], said: str, store: Path) -> None:
    result = call(*(str(word).replace("{store}", str(store)) for word in words))
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert said in result.stderr
