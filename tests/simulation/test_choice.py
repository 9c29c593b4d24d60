"""The engine that simulate chooses by default: clear-cut corners, and the expected steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.filters import Filter
from twinseed.generators import KrylovGenerator
from twinseed.populations import Population
from twinseed.simulation import Dense, Engine, Krylov
from twinseed.simulation.choice import cheaper, dense_cost, expected_steps, krylov_cost
from twinseed.verbs.sweeps.draws import Simulation

SPIKED = ts.Spiked([3.0])


@pytest.mark.parametrize(
    ("population", "filter", "n", "d", "kind"),
    [
        # few steps beside a decomposition whose cost is cubic
        (SPIKED, ts.Ridge(1.0), 3000, 3000, Krylov),
        (SPIKED, ts.Ridge(0.1), 6000, 6000, Krylov),
        (SPIKED, ts.ProbabilityFlow(0.5, 10.0), 3000, 3000, Krylov),
        # as many steps as columns
        (SPIKED, ts.Ridge(0.0), 3000, 3000, Dense),
        (SPIKED, ts.Ridge(1e-6), 2000, 2000, Dense),
        (ts.PowerLaw(2.0, 2000), ts.Ridge(0.0), 2100, 2000, Dense),
        # a short side: a decomposition costs little
        (SPIKED, ts.Ridge(0.1), 20, 3000, Dense),
        # what Krylov refuses
        (SPIKED, ts.Shrinkage(), 3000, 3000, Dense),
        (SPIKED, ts.Truncation(threshold=1.0), 3000, 3000, Dense),
        # up to 1,000 columns the distances to the truth are measured
        (SPIKED, ts.Ridge(1.0), 20_000, 1000, Dense),
        # what has no room in memory
        (SPIKED, ts.Ridge(0.0), 12_000, 12_000, Krylov),
    ],
)
def test_corners(
    population: Population, filter: Filter, n: int, d: int, kind: type[Engine]
) -> None:
    assert cheaper(population, filter, n, d) == kind()


@pytest.mark.parametrize("n", [100, 400, 1600])
@pytest.mark.parametrize("ridge", [1.0, 0.1, 0.01])
@pytest.mark.parametrize(
    "population",
    [ts.Spiked([]), ts.Spiked([50.0, 3.0]), ts.PowerLaw(1.0, 400)],
    ids=lambda population: type(population).__name__,
)
def test_the_steps_are_about_those_taken(population: Population, ridge: float, n: int) -> None:
    rng = np.random.default_rng(0)
    rows, noise = population.sample(n, 400, rng), rng.standard_normal((8, 400))
    taken = KrylovGenerator(rows, ts.Ridge(ridge), 1e-6).apply(noise).steps
    expected = expected_steps(population, ts.Ridge(ridge), n, 400, 1e-6)
    assert taken / 1.6 < expected < 1.6 * taken


def test_steps_rise_with_what_makes_them_rise() -> None:
    def steps(ridge: float, tolerance: float = 1e-6, n: int = 500) -> int:
        return expected_steps(ts.Spiked([]), ts.Ridge(ridge), n, 500, tolerance)

    assert steps(1.0) < steps(0.1) < steps(0.01) < steps(0.0) == 500
    assert steps(0.1, 1e-3) < steps(0.1, 1e-9)
    assert steps(0.01, n=2000) < steps(0.01, n=500) > steps(0.01, n=100)
    assert steps(0.0, n=20) <= 21
    assert dense_cost(200, 200) < dense_cost(300, 200) < dense_cost(200, 300)
    assert krylov_cost(500, 500, 64, 20, 0) < krylov_cost(500, 500, 64, 20, 1)


def test_each_point_of_a_grid_has_its_own_engine_whatever_the_other_points_are() -> None:
    filters = [ts.Ridge(1.0), ts.Ridge(0.0)]
    small = {"filter": filters, "n": [40], "d": [40], "replicates": 2}
    large = {"filter": filters, "n": [40, 3000], "d": [40, 3000], "replicates": 2}
    few, many = (Simulation.build(SPIKED, **case) for case in (small, large))
    drawn = {(cell.description["n"], cell.description["d"]): cell for cell in many.cells}
    assert drawn[40, 40].description["engine"]["kind"] == "Dense"
    kinds = {
        cell.description["filter"]["ridge"]: cell.description["engine"]["kind"]
        for cell in many.cells
        if cell.description["n"] == cell.description["d"] == 3000
    }
    assert kinds == {1.0: "Krylov", 0.0: "Dense"}
    own = [cell.description for cell in few.cells]
    assert own == [cell.description for cell in many.cells if cell.description in own]
    assert few.version == many.version
    assert few.shared == many.shared


def test_small_draws_are_those_of_dense_and_the_readout_names_the_engine() -> None:
    case = {"n": 20, "d": 10, "replicates": 2, "rng": 3}
    chosen, dense = ts.simulate(SPIKED, **case), ts.simulate(SPIKED, engine=Dense(), **case)
    assert chosen.identical(dense)
    assert chosen.attrs["engine"] == repr(Dense())


def test_a_readout_of_both_engines_names_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The engine is chosen by the ridge alone, so that the points can be small."""
    from twinseed.verbs.sweeps import draws

    def by_ridge(population: Any, filter: Any, n: int, d: int) -> Engine:
        return Krylov() if filter.at_zero else Dense()

    monkeypatch.setattr(draws, "cheaper", by_ridge)
    store = tmp_path / "draws.sqlite"
    case = {"n": 20, "d": 10, "replicates": 2, "rng": 3, "store": store}
    found = ts.simulate(SPIKED, [ts.Ridge(1.0), ts.Ridge(0.0)], **case)
    assert found.attrs["engine"] == f"{Krylov()!r} and {Dense()!r}"
    assert found.wasserstein_status.values.tolist() == ["not measured", "ok"]
    kept = ts.load_sweep(store).to_xarray().attrs["engine"]
    assert "Krylov" in kept
    assert "Dense" in kept


def test_a_size_without_room_is_refused_before_work() -> None:
    with pytest.raises(ts.InputError, match="max_gib"):
        ts.simulate(SPIKED, n=200_000, d=200_000, replicates=2, rng=0)
