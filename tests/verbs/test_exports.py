"""A store is read, during a sweep and after it: as a readout, and as a table of draws."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.simulation.number_engine import Numbers

import twinseed as ts
from twinseed import readout
from twinseed.errors import MissingExtraError, ReadoutError, StoreError
from twinseed.readout import VARIABLES
from twinseed.status import Status
from twinseed.sweep import Cell, Job, Store, run
from twinseed.verbs.sweeps.load import Sweep

SPIKED = [ts.Spiked([b, 0.5]) for b in (1.0, 2.0, 4.0)]
LAWS = [ts.PowerLaw(a, 12) for a in (0.5, 1.0)]
RIDGES = [ts.Ridge(0.0), ts.Ridge(0.5)]


def drawn(store: Path, population: Any, filter: Any, **options: Any) -> Any:
    return ts.simulate(population, filter, rng=7, store=store, **{"replicates": 3} | options)


GRIDS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "one point": (SPIKED[0], RIDGES[0], {"n": 8, "d": 6}),
    "sizes": (ts.Spiked([]), RIDGES[0], {"n": [8, 16], "d": [4, 6]}),
    "columns": (ts.Spiked([]), RIDGES[0], {"n": 8, "d": [4, 6]}),
    "strengths": (SPIKED, RIDGES, {"n": [8, 16], "d": 6}),
    "the second strength": ([ts.Spiked([4.0, b]) for b in (1, 2)], RIDGES, {"n": 8, "d": 6}),
    "exponents": (LAWS, RIDGES[1], {"n": [8, 16]}),
    "parameters of a filter": (SPIKED[0], ts.ProbabilityFlow(0.1, 10.0), {"n": [8, 16], "d": 6}),
}


@pytest.mark.parametrize("case", GRIDS)
def test_a_finished_sweep_reads_as_its_readout(case: str, tmp_path: Path) -> None:
    population, filter, sizes = GRIDS[case]
    expected = drawn(tmp_path / "draws.sqlite", population, filter, **sizes)
    found = ts.load_sweep(tmp_path / "draws.sqlite").to_xarray()
    assert set(found["draws"].values.ravel()) == {3}
    assert found.attrs["missing"] == 0
    assert found.drop_vars("draws").equals(expected)
    assert found["convergence"].dims == expected["convergence"].dims
    for name in ("population", "entropy"):
        assert found.attrs[name] == expected.attrs[name]
    assert found.attrs["engine"].startswith("Dense(seeds=64, ")
    readout.save(found, tmp_path / "found.nc")
    assert readout.load(tmp_path / "found.nc").equals(found)


def test_the_bits_are_those_of_the_simulation(tmp_path: Path) -> None:
    sizes = {"n": range(2, 22), "d": 5, "replicates": 37, "engine": Numbers()}
    expected = drawn(tmp_path / "draws.sqlite", ts.Spiked([]), RIDGES[0], **sizes)
    found = ts.load_sweep(tmp_path / "draws.sqlite").to_xarray()
    assert found.drop_vars("draws").equals(expected)


def test_axes_rise_and_filters_of_several_kinds_are_labelled(tmp_path: Path) -> None:
    several = [ts.Truncation(rank=2), ts.EarlyStopping(1.0, 0.1, 10.0), ts.Truncation(rank=4)]
    expected = drawn(tmp_path / "draws.sqlite", SPIKED[::-1], several, n=[16, 8], d=6)
    found = ts.load_sweep(tmp_path / "draws.sqlite").to_xarray()
    assert found["n"].values.tolist() == [8.0, 16.0]
    assert found["strength"].values.tolist() == [1.0, 2.0, 4.0]
    assert found["filter"].values.tolist() == [
        "EarlyStopping(sigma_max=10.0, sigma_min=0.1, time=1.0)",
        "Truncation(rank=2)",
        "Truncation(rank=4)",
    ]
    rising = expected.sortby(["strength", "n", "filter"])
    assert found.drop_vars("draws").assign_coords(filter=rising["filter"]).equals(rising)


def test_a_population_that_cannot_be_rebuilt_has_ranks(tmp_path: Path) -> None:
    population = ts.Atoms([1.0, 9.0], [0.75, 0.25])
    expected = drawn(tmp_path / "draws.sqlite", population, RIDGES, n=8, d=8)
    found = ts.load_sweep(tmp_path / "draws.sqlite").to_xarray()
    ranks = np.arange(1, 1 + population.factors.size)
    np.testing.assert_array_equal(found["factor_eigenvalue"], ranks)
    same = found.drop_vars(["draws", "factor_eigenvalue"])
    assert same.equals(expected.drop_vars("factor_eigenvalue"))


def test_a_sweep_is_read_while_it_runs(tmp_path: Path) -> None:
    store, seen = tmp_path / "draws.sqlite", []

    def look(steps: int) -> None:
        sweep = ts.load_sweep(store)
        found = sweep.to_xarray()
        seen.append((len(sweep), int(found["draws"].sum())))

    expected = drawn(store, SPIKED, RIDGES, n=[8, 16], d=6, engine=Numbers(), progress=look)
    assert seen == [(k, k) for k in range(1, 37)]
    assert ts.load_sweep(store).to_xarray().drop_vars("draws").equals(expected)


def test_what_is_missing_says_so(tmp_path: Path) -> None:
    store, left = tmp_path / "draws.sqlite", [5]

    def interrupt(steps: int) -> None:
        left[0] -= steps
        if left[0] == 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drawn(store, SPIKED, RIDGES[0], n=[8, 16], d=6, progress=interrupt)
    expected = drawn(store, SPIKED[0], RIDGES[0], n=8, d=6)
    found = ts.load_sweep(store).to_xarray()
    assert found["draws"].values.tolist() == [[3, 1], [1, 1], [1, 0]]
    assert found.attrs["missing"] == 1
    absent, once, whole = (
        found.isel(strength=place, n=number) for place, number in ((2, 1), (1, 0), (0, 0))
    )
    for name in VARIABLES:
        assert np.isnan(absent[name]).all()
        assert np.isnan(absent[f"{name}_se"]).all()
        assert (absent[f"{name}_status"] == Status.NOT_MEASURED).all()
        np.testing.assert_array_equal(whole[name], expected[name])
        np.testing.assert_array_equal(whole[f"{name}_se"], expected[f"{name}_se"])
    assert np.isfinite(once["convergence"])
    assert np.isnan(once["convergence_se"])
    assert once["convergence_status"] == Status.OK
    readout.save(found, tmp_path / "found.nc")
    assert readout.load(tmp_path / "found.nc").equals(found)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """Twelve draws of two factors, one of them with variables that have no value."""
    store = tmp_path_factory.mktemp("sweep") / "draws.sqlite"
    drawn(store, SPIKED[0], RIDGES, n=[4, 16], d=6)
    return ts.load_sweep(store)


def test_the_table_has_one_row_a_draw(sweep: Sweep, tmp_path: Path) -> None:
    sweep.to_csv(tmp_path / "draws.csv")
    with (tmp_path / "draws.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(sweep) == 12
    found = sweep.to_xarray()
    for row, (about, result) in zip(rows, sweep.draws, strict=True):
        assert (int(row["n"]), int(row["d"])) == (about["n"], 6)
        assert float(row["gamma"]) == about["n"] / 6
        assert int(row["replicate"]) == about["replicate"]
        assert row["population_kind"] == "Spiked"
        assert (row["population_strengths_1"], row["population_strengths_2"]) == ("1.0", "0.5")
        assert float(row["filter_ridge"]) == about["filter"]["ridge"]
        assert float(row["recovery_2"]) == result["recovery"][0][1]
        assert row["recovery_2_status"] == result["recovery"][1][1]
        if about["n"] < 6 and about["filter"]["ridge"] == 0:
            assert row["divergence_learnt_true"] == ""
            assert row["divergence_learnt_true_status"] == "infinite"
    here = [float(row["convergence"]) for row in rows if row["n"] == "4"]
    assert np.mean(here) == pytest.approx(found["convergence"].sel(n=4).mean().item())


@pytest.mark.extras
def test_parquet_and_pandas_have_the_same_table(sweep: Sweep, tmp_path: Path) -> None:
    import pandas as pd

    sweep.to_csv(tmp_path / "draws.csv")
    sweep.to_parquet(tmp_path / "draws.parquet")
    frame = sweep.to_frame()
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "draws.csv"), frame)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "draws.parquet"), frame)
    assert frame["divergence_learnt_true"].isna().sum() == 3


@pytest.mark.parametrize(("package", "export"), [("pyarrow", "to_parquet"), ("pandas", "to_frame")])
def test_what_is_not_installed_is_named(
    package: str, export: str, sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    arguments = [tmp_path / "draws.parquet"] if export == "to_parquet" else []
    with pytest.raises(MissingExtraError, match=rf"needs {package}: .*twinseed\[formats\]"):
        getattr(sweep, export)(*arguments)


def _halve(rng: np.random.Generator) -> dict[str, Any]:
    return {"half": 0.5, "by_size": {"small": [1, None]}, "none": float("nan")}


def test_any_store_has_a_table(tmp_path: Path) -> None:
    job = Job("example", "1", (0,))
    with Store(tmp_path / "other.sqlite", job) as store:
        run(job, [Cell(_halve, {"place": [3, 4]}), Cell(_halve, {"n": 2})], store=store)
    other = ts.load_sweep(tmp_path / "other.sqlite")
    assert repr(other).endswith("other.sqlite': 2 draws of kind 'example', seed 0>")
    with pytest.raises(ReadoutError, match="kind 'example', which do not form a grid"):
        other.to_xarray()
    other.to_csv(tmp_path / "other.csv")
    assert (tmp_path / "other.csv").read_text().splitlines() == [
        "place_1,place_2,half,by_size_small_1,by_size_small_2,none,n",
        "3,4,0.5,1,,,",
        ",,0.5,1,,,2",
    ]


def test_draws_that_make_no_grid_are_refused(tmp_path: Path) -> None:
    store = tmp_path / "draws.sqlite"
    for strengths in ([3.0, 1.0], [3.0, 2.0], [4.0, 2.0]):
        drawn(store, ts.Spiked(strengths), RIDGES[0], n=8, d=6, engine=Numbers())
    with pytest.raises(ReadoutError, match=r"not form a grid .*in the strength of one factor"):
        ts.load_sweep(store).to_xarray()
    with pytest.raises(StoreError, match="absent"):
        ts.load_sweep(tmp_path / "absent.sqlite")
    empty = Sweep(store, ts.load_sweep(store).about, [])
    with pytest.raises(ReadoutError, match=r"no draw yet: wait .* run the same command again"):
        empty.to_xarray()
    for write in (empty.to_csv, empty.to_parquet):
        with pytest.raises(ReadoutError, match="no draw yet"):
            write(tmp_path / "draws.table")
    assert not (tmp_path / "draws.table").exists()
