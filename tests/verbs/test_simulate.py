"""simulate: the dense engine against known values, and the verb against its promises."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.simulation.number_engine import Numbers, Untouchable

import twinseed as ts
from twinseed.errors import InputError, MissingExtraError, StoreError
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.readout import VARIABLES, Estimate
from twinseed.simulation import Dense, dense
from twinseed.status import Status
from twinseed.sweep import executor
from twinseed.verbs.sweeps.draws import Simulation

SMALL = {"n": [20, 40], "d": 20, "replicates": 3}


def drawn(
    population: Population, filter: Filter, n: int, d: int, seed: int = 0, **fields: Any
) -> dict[str, Estimate]:
    return Dense(**fields).draw(population, filter, n, d, np.random.default_rng(seed))


def value(readout: Any, name: str) -> float:
    return float(readout[name])


# Golden values: the limit of large d, by the closed form 2F1 (ridge 0) and by quadrature.
@pytest.mark.parametrize(
    ("gamma", "ridge", "golden"),
    [
        (0.5, 0.0, 0.4350574233094),
        (1.0, 0.0, 0.72050619479),
        (2.0, 0.0, 0.8701148466188),
        (1.0, 0.1, 0.7966105006648),
        (0.5, 1.0, 0.9015232217677),
    ],
)
def test_convergence_of_the_identity_bulk(gamma: float, ridge: float, golden: float) -> None:
    found = ts.simulate(
        ts.Spiked([]), ts.Ridge(ridge), n=round(120 * gamma), d=120, replicates=8, rng=1
    )
    error = value(found, "convergence_se")
    assert error < 0.004
    assert abs(value(found, "convergence") - golden) < 4 * error + 0.5 / 120
    assert value(found, "convergence_gap") == pytest.approx(1 - value(found, "convergence"))
    assert value(found, "convergence_chance") == pytest.approx(ridge / (1 + ridge), rel=0.01)
    assert abs(value(found, "convergence_null")) < 4 * value(found, "convergence_null_se") + 1e-3


def test_distance_without_ridge_is_convergence_in_disguise() -> None:
    """W2^2/d = 2 (1 - sqrt q) over the identity, so .3023 at gamma = 1."""
    found = ts.simulate(ts.Spiked([]), n=120, d=120, replicates=6, rng=2)
    expected = 2 * (1 - np.sqrt(0.72050619479))
    assert value(found, "wasserstein") == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("strengths", "gamma", "overlap"),
    [
        ([3.0], 1.0, (1 - 1 / 9) / (1 + 1 / 3)),
        ([8.0, 3.0], 1.0, (1 - 1 / 9) / (1 + 1 / 3)),
        # Below the bulk: the smallest eigenvalue of the sample, not the largest, shows the factor.
        ([-0.7], 4.0, (1 - 0.25 / 0.49) / (1 - 0.25 / 0.7)),
        # Equal factors mix, and are compared as a subspace.
        ([2.0, 2.0], 2.0, (1 - 0.5 / 4) / (1 + 0.5 / 2)),
    ],
)
def test_recovery_is_that_of_the_spiked_model(
    strengths: list[float], gamma: float, overlap: float
) -> None:
    """Q = (1 - c/beta^2)/(1 + c/beta), c = 1/gamma, for the last factor."""
    n = round(150 * gamma)
    found = ts.simulate(ts.Spiked(strengths), n=n, d=150, replicates=8, rng=3)
    last = found.isel(factor=-1)
    for name in ("recovery", "recovery_twins"):
        assert abs(value(last, name) - overlap) < 4 * value(last, f"{name}_se") + 3 / 150
        assert last[f"{name}_status"] == "ok"


def test_a_factor_below_threshold_is_below_the_floor() -> None:
    found = ts.simulate(ts.Spiked([0.3]), n=150, d=150, replicates=5, rng=4)
    assert value(found.isel(factor=0), "recovery") < 0.05
    assert found.recovery_status.item() == Status.BELOW_FLOOR


def test_memorisation_ratio_is_that_of_an_honest_covariance_fit() -> None:
    """rho = sqrt(1 + d_eff/n), d_eff the participation ratio; up to 1/d."""
    found = ts.simulate(ts.PowerLaw(0.5, 200), n=200, replicates=6, rng=5)
    mu = ts.PowerLaw(0.5, 200).eigenvalues(200)
    expected = np.sqrt(1 + mu.sum() ** 2 / np.sum(mu**2) / 200)
    assert value(found, "memorisation_ratio") == pytest.approx(expected, rel=0.04)
    assert value(found, "memorisation_share") > 0.6


@pytest.mark.parametrize("engine", Dense.examples())
@pytest.mark.parametrize(
    ("population", "n", "d"),
    [
        (ts.Spiked([]), 2, 3),
        (ts.Spiked([3.0, -0.5]), 2, 9),
        (ts.Spiked([-0.4, -0.5, -0.6]), 2, 9),
        (ts.PowerLaw(1.0, 12), 3, 12),
        (ts.Atoms([1.0, 5.0], [0.75, 0.25]), 9, 8),
    ],
)
def test_every_size_gives_every_variable(
    engine: Dense, population: Population, n: int, d: int
) -> None:
    found = ts.simulate(population, n=n, d=d, replicates=2, rng=0, engine=engine)
    for name, variable in VARIABLES.items():
        if name == "wasserstein" and engine.wasserstein_limit < d:
            assert found.wasserstein_status == Status.NOT_MEASURED
        elif name.startswith("divergence") and n < d:
            assert found[f"{name}_status"] == Status.INFINITE
        elif name == "recovery_distance" and population.factors.size == 0:
            assert found.recovery_distance_status == Status.NOT_IDENTIFIABLE
        else:
            assert np.all(np.isfinite(found[name])), name
            shape = population.factors.shape if variable.per_factor else ()
            assert found[name].shape == shape


@pytest.mark.parametrize("population", [ts.Spiked([3.0]), ts.PowerLaw(1.0, 30)])
def test_the_units_of_the_data_do_not_matter(population: Population) -> None:
    """Data times ten with a ridge times a hundred: only distances between samples have units."""

    class Scaled(Population):
        """The population in units ten times smaller."""

        factors = 100 * population.factors

        def spectrum(self, d: float) -> Any:
            raise AssertionError("the engine draws from the eigenvalues")

        surroundings = spectrum  # type: ignore[assignment]  # as little used

        def eigenvalues(self, d: int) -> Any:
            return 100 * population.eigenvalues(d)

        def description(self) -> Mapping[str, Any]:
            return {}

        @classmethod
        def examples(cls) -> list[Any]:
            return []

    plain = drawn(population, ts.Ridge(0.1), 25, 30)
    scaled = drawn(Scaled(), ts.Ridge(10.0), 25, 30)
    for name, estimate in plain.items():
        factor = 100 if VARIABLES[name].squared_units else 1
        np.testing.assert_allclose(scaled[name].value, factor * np.asarray(estimate.value))


def test_recovery_depends_on_neither_filter_nor_seeds() -> None:
    population = ts.Spiked([3.0, 1.0])
    one = drawn(population, ts.Ridge(0.0), 60, 40, seeds=8)["recovery"]
    other = drawn(population, ts.Ridge(5.0), 60, 40, seeds=32)["recovery"]
    np.testing.assert_array_equal(one.value, other.value)


@pytest.fixture(scope="module")
def once() -> Any:
    return ts.simulate(ts.Spiked([3.0]), [ts.Ridge(0.0), ts.Ridge(0.1)], rng=7, **SMALL)


@pytest.mark.parametrize("place", ["threads", "in_processes"])
def test_two_workers_give_the_same_bits(
    place: str, once: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small draws are made by threads, others by processes."""
    if place == "in_processes":
        monkeypatch.setattr(dense, "_SMALL", 0)
    started: list[tuple[str, int]] = []
    for name in ("threads", "in_processes"):
        start = getattr(executor, name)
        monkeypatch.setattr(
            executor,
            name,
            lambda count, name=name, start=start: started.append((name, count)) or start(count),
        )
    filters = [ts.Ridge(0.0), ts.Ridge(0.1)]
    again = ts.simulate(ts.Spiked([3.0]), filters, rng=7, workers=2, **SMALL)
    assert again.identical(once)
    assert started == [(place, 2)]


def test_threads_suit_a_sweep_where_they_suit_each_point() -> None:
    def suits(n: list[int], engine: Any = None) -> bool:
        return Simulation.build(
            ts.Spiked([3.0]), ts.Ridge(0.1), n=n, d=700, replicates=2, engine=engine
        ).suits_threads

    assert suits([100, 800]), "58 MiB"
    assert not suits([100, 1000]), "65 MiB"
    assert not suits([100], ts.Krylov())


def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path: Path, once: Any) -> None:
    def interrupt(steps: int) -> None:
        left[0] -= steps
        if left[0] == 0:
            raise KeyboardInterrupt

    def run(**options: Any) -> Any:
        filters = [ts.Ridge(0.0), ts.Ridge(0.1)]
        return ts.simulate(
            ts.Spiked([3.0]), filters, rng=7, store=tmp_path / "draws.db", **SMALL | options
        )

    left = [5]
    with pytest.raises(KeyboardInterrupt):
        run(progress=interrupt)
    steps: list[int] = []
    assert run(progress=steps.append).identical(once)
    assert steps == [5] + [1] * 7
    steps.clear()
    run(progress=steps.append, replicates=4)
    assert steps == [12] + [1] * 4, "more replicates reuse the ones that are there"


def test_the_bits_of_a_mean_do_not_depend_on_the_grid() -> None:
    case = {"d": 20, "replicates": 37, "rng": 7, "engine": Numbers()}
    several = ts.simulate(ts.Spiked([]), n=list(range(20, 40)), **case)
    for n in (20, 33):
        alone = ts.simulate(ts.Spiked([]), n=n, **case)
        for part in ("convergence", "convergence_se"):
            assert several[part].sel(n=n).item() == alone[part].item()


def test_the_seed_decides_and_cells_are_independent() -> None:
    def run(rng: Any, **options: Any) -> Any:
        return ts.simulate(ts.Spiked([]), rng=rng, engine=Numbers(), **SMALL | options)

    found = run(0)
    assert found.identical(run(0))
    assert run(np.random.default_rng(3)).identical(run(np.random.default_rng(3)))
    assert not np.any(found.convergence.values == run(1).convergence.values)
    assert found.convergence.values[0] != found.convergence.values[1]
    assert run(0, n=40).convergence.item() == found.convergence.values[1]
    assert found.attrs["entropy"] == "0"


def test_standard_errors_are_those_of_the_mean() -> None:
    """Numbers of standard deviation .1: the error over 100 replicates is .01, and it is honest."""
    found = ts.simulate(ts.Spiked([]), n=range(2, 22), d=5, replicates=100, rng=0, engine=Numbers())
    np.testing.assert_allclose(found.convergence_se, 0.1 / np.sqrt(100), rtol=0.3)
    z = (found.convergence.values - 1.0) / found.convergence_se.values
    assert 5 < np.sum(z**2) < 48  # chi^2 with 20 degrees of freedom: probability .9992
    assert "replicates" in found.convergence_se.attrs["resampled"]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (("ok",), Status.OK),
        (("ok", "ok", "ok", "below the floor"), Status.OK),
        (("ok", "below the floor", "below the floor", "below the floor"), Status.BELOW_FLOOR),
        (("ok",) * 5 + ("not identifiable",), Status.NOT_IDENTIFIABLE),
    ],
)
def test_the_status_is_that_of_most_replicates(statuses: tuple[str, ...], expected: Status) -> None:
    engine = Numbers(statuses=statuses)
    found = ts.simulate(ts.Spiked([]), n=5, d=5, replicates=60, rng=0, engine=engine)
    assert found.convergence_status == expected
    assert np.isfinite(found.convergence) == expected.has_value


def grids() -> Iterator[Any]:
    spiked, law = ts.Spiked([3.0]), ts.PowerLaw(1.0, 20)
    ridges = [ts.Ridge(0.0), ts.Ridge(1.0)]
    yield spiked, ts.Ridge(0.5), {"n": 10, "d": 20}, {}, 0.5
    yield spiked, ts.Ridge(0.5), {"n": [10, 30], "d": 20}, {"n": 2}, [0.5, 1.5]
    yield spiked, ridges, {"n": 10, "d": [5, 20]}, {"d": 2, "ridge": 2}, [2.0, 0.5]
    yield spiked, ridges, {"n": [10], "d": [5]}, {"n": 1, "d": 1, "ridge": 2}, [[2.0]]
    yield law, ridges[:1], {"n": [10, 30]}, {"n": 2, "ridge": 1}, [0.5, 1.5]


@pytest.mark.parametrize(("population", "filter", "sizes", "dims", "gamma"), list(grids()))
def test_numbers_become_coordinates_and_sequences_dimensions(
    population: Population, filter: Any, sizes: Any, dims: Any, gamma: Any
) -> None:
    found = ts.simulate(population, filter, **sizes, replicates=2, rng=0, engine=Numbers())
    assert dict(found.convergence.sizes) == dims
    assert list(found.convergence.dims) == list(dims)
    np.testing.assert_array_equal(found.gamma, gamma)
    assert "ridge" in found.coords
    assert found.attrs["source"] == "simulate"
    # What the engine does not give is not measured, and says so.
    assert np.all(found.recovery_status == Status.NOT_MEASURED)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"replicates": 1}, "replicates"),
        ({"replicates": 2.5}, "replicates"),
        ({"n": 1}, "n must be at least 2"),
        ({"n": 10.5}, "n must be a whole number"),
        ({"n": -3}, "n"),
        ({"n": [20, 20]}, "n must not repeat"),
        ({"d": 0}, "d"),
        ({"d": [20, 2]}, "d must exceed the number of factors"),
        ({"n": float("inf")}, "n"),
        ({"rng": -1}, "rng"),
        ({"rng": "seed"}, "rng"),
        ({"engine": "dense"}, "engine"),
        ({"engine": Dense}, "engine"),
        ({"workers": 0}, "workers"),
        ({"filter": 0.1}, "filter"),
        ({"population": [3.0]}, "population"),
        ({"n": 10**6, "d": 10**6}, "more than max_gib"),
        ({"n": 1000, "d": 10**6}, "more than max_gib"),
    ],
)
def test_bad_arguments_are_named_before_any_work(
    changed: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(*arguments: Any) -> None:
        raise AssertionError("work has started")

    monkeypatch.setattr(Dense, "draw", draw)
    good = {"population": ts.Spiked([3.0, 2.0]), "n": 20, "d": 20, "replicates": 2, "rng": 0}
    with pytest.raises(InputError, match=named):
        ts.simulate(**good | changed)


def test_a_store_that_cannot_be_written_is_found_out_first(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(StoreError, match="cannot be used"):
        ts.simulate(ts.Spiked([]), rng=0, engine=Untouchable(), store=blocked / "draws.db", **SMALL)


def test_a_cluster_needs_its_extra_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match="cluster"):
        ts.simulate(ts.Spiked([]), rng=0, engine=Untouchable(), cluster="tcp://x:1", **SMALL)


@pytest.mark.parametrize(
    "fields", [{"seeds": 1}, {"seeds": 2.5}, {"wasserstein_limit": -1}, {"max_gib": 0.0}]
)
def test_bad_engines_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(fields))):
        Dense(**fields)


@pytest.mark.parametrize(("n", "d"), [(600, 300), (300, 600), (400, 400), (2500, 100)])
def test_the_memory_that_is_announced_is_the_memory_used(n: int, d: int) -> None:
    engine = Dense(wasserstein_limit=400)
    tracemalloc.start()
    engine.draw(ts.Spiked([]), ts.Ridge(0.0), n, d, np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0.6 * peak < engine.peak_bytes(n, d) < 2.0 * peak
