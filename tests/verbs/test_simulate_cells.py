"""The cells of a simulation: which store takes them, and which are drawn at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.simulation.number_engine import Numbers

import twinseed as ts
from twinseed.errors import StoreError
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.readout import Estimate
from twinseed.sweep import Job
from twinseed.verbs.sweeps.draws import Simulation

SMALL = {"n": [20, 40], "d": 20, "replicates": 3}


@dataclass(frozen=True)
class Revised(Numbers):
    revision = 2


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"engine": Revised()}, "version .*/1 in the store, .*/2 in this call"),
        (
            {"engine": Numbers(statuses=("ok", "ok"))},
            "engine .*ok.* in the store, .*ok.*ok.* in this call",
        ),
        ({"rng": 1}, "seed 0 in the store, 1 in this call"),
        ({"population": ts.Spiked([1.0, 2.0])}, 'population .*"factors":1,.*"factors":2,'),
        ({"population": ts.Spiked([1.0], 2.0)}, 'population .*"bulk":1.0,.*"bulk":2.0,'),
        (
            {"population": ts.PowerLaw(1.0, 20)},
            "population .*Spiked.* in the store, .*PowerLaw.* in this call",
        ),
    ],
)
def test_a_store_of_another_simulation_is_refused_with_what_differs(
    tmp_path: Path, changed: dict[str, Any], named: str
) -> None:
    first = {"population": ts.Spiked([1.0]), "rng": 0, "engine": Numbers(), **SMALL}
    ts.simulate(**first, store=tmp_path / "draws.db")
    with pytest.raises(StoreError, match=named):
        ts.simulate(**first | changed, store=tmp_path / "draws.db")


def test_a_store_made_without_an_engine_goes_on_without_an_engine(tmp_path: Path) -> None:
    """Not with ``Dense`` by name, although each of these draws is a draw of ``Dense``."""
    first: dict[str, Any] = {"population": ts.Spiked([1.0]), "rng": 0, **SMALL}
    path, steps = tmp_path / "draws.db", list[int]()
    drawn = ts.simulate(**first, store=path)
    said = (
        r'engine {"kind":"default"} in the store, {"kind":"Dense",.*} in this call\): '
        "to continue in this store, pass what its first call passed; else .* another path"
    )
    with pytest.raises(StoreError, match=said):
        ts.simulate(**first, engine=ts.Dense(), store=path)
    again = ts.simulate(**first, store=path, progress=steps.append)
    assert steps == [6]
    assert again.equals(drawn)
    named = ts.simulate(**first, engine=ts.Dense(), store=tmp_path / "dense.db")
    assert named.equals(drawn)
    with pytest.raises(StoreError, match=r'{"kind":"Dense",.*} in the store, {"kind":"default"} '):
        ts.simulate(**first, store=tmp_path / "dense.db")


def test_a_simulation_that_grew_goes_on_in_its_store(tmp_path: Path) -> None:
    steps: list[int] = []
    first = {"population": ts.Spiked([1.0]), "rng": 0, "engine": Numbers(), **SMALL}
    ts.simulate(**first, store=tmp_path / "draws.db")
    for grown in (
        {"replicates": 4},
        {"n": [20, 30, 40]},
        {"d": [20, 30]},
        {"filter": [ts.Ridge(0.0), ts.Truncation(rank=2)]},
        {"population": [ts.Spiked([2.0]), ts.Spiked([1.0])]},
    ):
        steps.clear()
        ts.simulate(**first | grown, store=tmp_path / "draws.db", progress=steps.append)
        assert steps[0] >= 6


@dataclass(frozen=True)
class Batches(Numbers):
    """An engine that shares work between replicates, and notes how many came at once."""

    folder: str = ""

    def draws(
        self,
        population: Population,
        filter: Filter,
        n: int,
        d: int,
        rngs: Sequence[np.random.Generator],
    ) -> list[dict[str, Estimate]]:
        (Path(self.folder) / f"{n}-{rngs[0].bit_generator.state['state']['state']}").write_text(
            str(len(rngs))
        )
        return super().draws(population, filter, n, d, rngs)


@pytest.mark.parametrize("workers", [1, 2])
def test_replicates_of_one_point_are_drawn_at_once(tmp_path: Path, workers: int) -> None:
    case = {"n": [20, 40], "d": 20, "replicates": 40, "rng": 7, "workers": workers}
    ts.simulate(ts.Spiked([]), engine=Batches(folder=str(tmp_path)), **case)
    sizes = [int(file.read_text()) for file in tmp_path.iterdir()]
    assert sum(sizes) == 80
    assert max(sizes) > 1
    assert all(file.name.split("-")[0] in ("20", "40") for file in tmp_path.iterdir())


def test_a_batch_has_the_bits_of_single_draws(tmp_path: Path) -> None:
    engine = Batches(folder=str(tmp_path))
    build = Simulation.build(ts.Spiked([]), ts.Ridge(0.0), n=2, d=3, replicates=3, engine=engine)
    job = Job("simulate", build.version, (7,))
    together = build.cells[0].together
    assert together is not None
    singly = [cell.work(job.random(cell)) for cell in build.cells]
    assert together([job.random(cell) for cell in build.cells]) == singly
    assert len({cell.group for cell in build.cells}) == 1


def test_an_engine_that_shares_no_work_draws_one_by_one() -> None:
    build = Simulation.build(
        ts.Spiked([]), ts.Ridge(0.0), n=[2, 4], d=3, replicates=2, engine=Numbers()
    )
    assert {cell.together for cell in build.cells} == {None}
    assert len({cell.group for cell in build.cells}) == 2
