"""Several populations in one call: a dimension of the readout, with the numbers of single calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.simulation.number_engine import Numbers, Untouchable

import twinseed as ts
from twinseed import readout
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.verbs.sweeps.draws import Simulation

STRENGTHS = [ts.Spiked([0.5]), ts.Spiked([3.0]), ts.Spiked([1.0])]
RIDGES = [ts.Ridge(0.0), ts.Ridge(0.5)]


def predicted(population: Any) -> Any:
    return ts.predict(population, RIDGES, n=[20, 40], d=20)


def in_the_limit(population: Any) -> Any:
    return ts.predict(population, gamma=[0.5, 2.0])


def loaded(population: Any) -> Any:
    return ts.predict(population, ts.Truncation(rank=3), gamma=2.0)


def drawn(population: Any) -> Any:
    return ts.simulate(population, RIDGES, n=[20, 40], d=20, replicates=2, rng=7)


CASES: list[tuple[str, list[Any], Callable[[Any], Any], list[str]]] = [
    ("strength", STRENGTHS, predicted, ["strength", "n", "ridge"]),
    ("strength", STRENGTHS, in_the_limit, ["strength", "gamma"]),
    ("strength", [ts.Spiked([2.0, 1.0]), ts.Spiked([3.0, 1.0])], drawn, ["strength", "n", "ridge"]),
    ("strength", STRENGTHS[:1], drawn, ["strength", "n", "ridge"]),
    ("exponent", [ts.PowerLaw(a, 20) for a in (1.0, 0.5)], loaded, ["exponent"]),
    ("exponent", [ts.PowerLaw(a, 20) for a in (1.0, 0.5)], drawn, ["exponent", "n", "ridge"]),
    ("exponent", [ts.PowerLaw(a, 20, leading=0) for a in (1.0, 2.0)], loaded, ["exponent"]),
]


@pytest.mark.parametrize(("dimension", "populations", "call", "dims"), CASES)
def test_a_sequence_of_populations_is_a_dimension_of_single_calls(
    dimension: str, populations: list[Any], call: Any, dims: list[str], tmp_path: Path
) -> None:
    together = call(populations)
    assert list(together["convergence"].dims) == dims
    for place, population in enumerate(populations):
        alone, here = call(population), together.isel({dimension: place})
        for name, variable in alone.data_vars.items():
            assert here[name].dims == variable.dims
            np.testing.assert_array_equal(here[name], variable)
        np.testing.assert_array_equal(here["factor_eigenvalue"], alone["factor_eigenvalue"])
    assert str(len(populations)) in together.attrs["population"] or len(populations) == 1
    readout.save(together, tmp_path / "sweep.nc")
    again = readout.load(tmp_path / "sweep.nc")
    assert again.equals(together)
    assert float(abs(ts.compare(again, together)["convergence_difference"]).max()) == 0.0


def test_the_coordinate_is_the_strength_or_the_exponent() -> None:
    assert in_the_limit(STRENGTHS)["strength"].values.tolist() == [0.5, 3.0, 1.0]
    second = ts.predict([ts.Spiked([3.0, 1.0]), ts.Spiked([3.0, 2.0])], gamma=1.0)
    assert second["strength"].values.tolist() == [1.0, 2.0]
    assert second["factor_eigenvalue"].dims == ("strength", "factor")
    exponents = ts.predict([ts.PowerLaw(a, 20) for a in (1.0, 0.5)], n=10)
    assert exponents["exponent"].values.tolist() == [1.0, 0.5]


def test_recovery_jumps_along_the_strength_where_theory_says() -> None:
    """Q = (1 - c/beta^2)/(1 + c/beta) above beta = sqrt(c), zero below; c = 1/gamma."""
    beta = np.array([0.25, 0.9, 1.1, 4.0])
    found = ts.predict([ts.Spiked([b]) for b in beta], gamma=1.0)["recovery"].sel(factor=1)
    np.testing.assert_allclose(found, np.clip((1 - beta**-2.0) / (1 + 1 / beta), 0, None))


def test_simulation_and_prediction_agree_along_a_sweep() -> None:
    populations = [ts.Spiked([b]) for b in (2.0, 4.0, 8.0)]
    drawn = ts.simulate(populations, n=80, d=80, replicates=8, rng=3)
    apart = ts.compare(drawn, ts.predict(populations, n=80, d=80))
    assert list(apart["convergence_z"].dims) == ["strength"]
    assert float(abs(apart["convergence_z"]).max()) < 4
    assert float(abs(apart["recovery_difference"]).max()) < 0.1


def test_a_larger_sweep_keeps_the_draws_of_a_smaller_one(tmp_path: Path) -> None:
    steps: list[int] = []

    def run(population: Any) -> Any:
        return ts.simulate(
            population,
            n=[10, 20],
            d=10,
            replicates=3,
            rng=0,
            engine=Numbers(),
            store=tmp_path / "draws.sqlite",
            progress=steps.append,
        )

    one = run(STRENGTHS[1])
    steps.clear()
    several = run(STRENGTHS)
    assert steps[0] == 6
    assert sum(steps) == 18
    np.testing.assert_array_equal(several["convergence"].sel(strength=3.0), one["convergence"])


def test_a_draw_is_known_by_this_description() -> None:
    """Stores and seeds hang on it: another spelling is another draw."""
    build = Simulation.build(
        [ts.Spiked([3.0])], ts.Ridge(0.5), n=8, d=6, replicates=2, engine=Numbers()
    )
    assert build.cells[1].name == (
        '{"d":6,"engine":{"kind":"Numbers","statuses":["ok"]},'
        '"filter":{"kind":"Ridge","ridge":0.5},"n":8,'
        '"population":{"bulk":1.0,"kind":"Spiked","strengths":[3.0]},"replicate":1}'
    )


@pytest.mark.parametrize(
    ("population", "named"),
    [
        ([], "population must be a population or a sequence of them"),
        ("Spiked", "population must be a population or a sequence of them"),
        ([ts.Spiked([1.0]), 3.0], r"population\[1\] must be a population"),
        ([ts.Spiked([1.0]), ts.PowerLaw(1.0, 20)], "all Spiked or all PowerLaw"),
        ([ts.Atoms([1.0]), ts.Atoms([2.0])], "all Spiked or all PowerLaw"),
        ([ts.Spiked([1.0]), ts.Spiked([1.0])], "differ in the strength of one factor"),
        ([ts.Spiked([2.0, 1.0]), ts.Spiked([2.0, 1.0])], "differ in the strength of one factor"),
        ([ts.Spiked([1.0]), ts.Spiked([2.0], 0.5)], "have the same bulk"),
        ([ts.Spiked([1.0]), ts.Spiked([2.0, 1.0])], "the same number of factors"),
        ([ts.Spiked([])], "the same number of factors, at least 1"),
        ([ts.PowerLaw(1.0, 20), ts.PowerLaw(1.0, 20)], "must not repeat an exponent"),
        ([ts.PowerLaw(1.0, 20), ts.PowerLaw(0.5, 30)], "have the same d"),
        ([ts.PowerLaw(1.0, 20), ts.PowerLaw(0.5, 20, leading=2)], "leading factors"),
    ],
)
def test_populations_that_make_no_axis_are_refused_before_any_work(
    population: Any, named: str
) -> None:
    with pytest.raises(InputError, match=named):
        ts.simulate(population, n=10, d=20, replicates=2, rng=0, engine=Untouchable())
    with pytest.raises(InputError, match=named):
        ts.predict(population, n=10, d=20)


@dataclass(frozen=True)
class Picky(Untouchable):
    """An engine that refuses one population."""

    def require_supported(self, population: Population, filter: Filter) -> None:
        if population == STRENGTHS[-1]:
            raise InputError("population", "is refused", population, "use another")


def test_every_population_is_asked_whether_the_engine_can_draw_it() -> None:
    with pytest.raises(InputError, match="is refused"):
        ts.simulate(STRENGTHS, n=10, d=20, replicates=2, rng=0, engine=Picky())
