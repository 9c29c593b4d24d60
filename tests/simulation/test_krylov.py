"""The Krylov engine: its matrix function against decompositions, and its draws against Dense."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import twinseed as ts
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.generators import KrylovGenerator
from twinseed.populations import Population
from twinseed.readout import VARIABLES
from twinseed.simulation import Dense, Krylov
from twinseed.status import Status

Array = np.ndarray[Any, np.dtype[np.float64]]

SPECTRA = {
    "identity": np.ones(80),
    "spikes": np.r_[100.0, 9.0, np.ones(78)],
    "six decades": np.geomspace(1.0, 1e-6, 80),
    "two clusters": np.repeat([1.0, 1e-6], 40),
    "two clusters, the larger one far above": np.repeat([1e4, 1.0], 40),
    "singular": np.r_[np.ones(50), np.zeros(30)],
}
FILTERS = [
    ts.Ridge(0.0),
    ts.Ridge(1e-3),
    ts.Ridge(1.0),
    ts.ProbabilityFlow(0.1, 10.0),
    ts.EarlyStopping.examples()[0],
]


def drawn(spectrum: Array, n: int, seed: int = 0) -> tuple[Array, Array]:
    """Rows in a rotated basis, and noise."""
    rng = np.random.default_rng(seed)
    d = spectrum.size
    turn = scipy.linalg.qr(rng.standard_normal((d, d)))[0]
    return (rng.standard_normal((n, d)) * np.sqrt(spectrum)) @ turn, rng.standard_normal((4, d))


def by_eigh(rows: Array, filter: Filter, noise: Array) -> Array:
    """The textbook way, from singular values so that the small ones have digits."""
    _, singular, v = scipy.linalg.svd(rows, full_matrices=True)
    values = np.zeros(rows.shape[1])
    values[: singular.size] = singular**2 / len(rows)
    return ((noise @ v.T) * filter(values)) @ v


def furthest(found: Array, exact: Array) -> float:
    """The largest relative error over the rows."""
    return float(np.max(np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)))


@pytest.mark.parametrize("n", [30, 80, 240])
@pytest.mark.parametrize("spectrum", SPECTRA)
@pytest.mark.parametrize("filter", FILTERS, ids=repr)
def test_the_tolerance_is_held(spectrum: str, filter: Filter, n: int) -> None:
    """Narrow, wide, clustered and singular spectra; fewer rows than columns, equal, more."""
    rows, noise = drawn(SPECTRA[spectrum], n)
    exact = by_eigh(rows, filter, noise)
    for tolerance in (1e-3, 1e-6, 1e-9):
        found = KrylovGenerator(rows, filter, tolerance).apply(noise)
        assert found.error <= tolerance
        assert furthest(found.samples, exact) <= tolerance


def test_the_square_root_is_that_of_sqrtm() -> None:
    rows, noise = drawn(SPECTRA["identity"], 200)
    root = scipy.linalg.sqrtm(rows.T @ rows / 200)
    found = KrylovGenerator(rows, ts.Ridge(0.0), 1e-10).sample(noise)
    np.testing.assert_allclose(found, noise @ root, atol=1e-8)


def test_few_steps_serve_a_smooth_filter() -> None:
    rows, noise = drawn(np.ones(400), 400)
    found = KrylovGenerator(rows, ts.Ridge(0.5)).apply(noise)
    assert found.steps < 40


def test_directions_without_data_get_the_value_at_zero() -> None:
    rows, noise = drawn(SPECTRA["spikes"], 10)
    beyond = scipy.linalg.null_space(rows)
    found = KrylovGenerator(rows, ts.Ridge(4.0), 1e-9).sample(noise)
    np.testing.assert_allclose(found @ beyond, 2.0 * noise @ beyond, atol=1e-7)


def test_noise_that_meets_nothing_or_little() -> None:
    """Zero noise, noise along one eigenvector, noise that the rows never showed."""
    rows = np.diag([3.0, 2.0, 1.0, 0.0]) * 2.0
    noise = np.eye(5, 4)
    found = KrylovGenerator(rows, ts.Ridge(0.0)).sample(noise)
    np.testing.assert_allclose(found, noise * [3.0, 2.0, 1.0, 0.0], atol=1e-12)


def test_a_row_of_noise_makes_its_sample_alone() -> None:
    rows, noise = drawn(SPECTRA["spikes"], 100)
    model = KrylovGenerator(rows, ts.Ridge(0.1), 1e-9)
    np.testing.assert_allclose(model.sample(noise[1:2]), model.sample(noise)[1:2], atol=1e-7)


@pytest.mark.parametrize("kind", [np.float32, np.int16])
def test_other_types_are_computed_in_double_precision(kind: Any) -> None:
    rows, noise = drawn(SPECTRA["spikes"], 100)
    given = (100 * rows).astype(kind)
    found = KrylovGenerator(given, ts.Ridge(1.0), 1e-10).sample(noise)
    assert found.dtype == np.float64
    assert furthest(found, by_eigh(given.astype(np.float64), ts.Ridge(1.0), noise)) < 1e-10


def test_mapped_rows_are_read_in_blocks(tmp_path: Path) -> None:
    """Peak memory stays below the 24 MB of the rows, and the samples are the same."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((120_000, 50), dtype=np.float32)
    path = tmp_path / "rows.npy"
    np.save(path, rows)
    noise = rng.standard_normal((4, 50))
    mapped = np.load(path, mmap_mode="r")
    model = KrylovGenerator(mapped, ts.Ridge(0.1))
    tracemalloc.start()
    found = model.sample(noise)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < rows.nbytes
    np.testing.assert_array_equal(found, KrylovGenerator(rows, ts.Ridge(0.1)).sample(noise))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_memory_is_a_small_part_of_the_data_and_the_basis(kind: Any) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((6000, 1200)).astype(kind)
    noise = rng.standard_normal((2, 1200))
    tracemalloc.start()
    found = KrylovGenerator(rows, ts.Ridge(0.1)).apply(noise)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    basis = 8 * noise.size * (found.steps + 16)
    assert peak < 0.3 * rows.astype(kind).nbytes + basis


def test_a_full_basis_halves_the_noise_and_then_says_what_it_reached() -> None:
    rows, noise = drawn(np.ones(80), 80)
    steps = KrylovGenerator(rows, ts.Ridge(0.01)).apply(noise).steps
    one = 8 * 80 / 2**30
    enough = KrylovGenerator(rows, ts.Ridge(0.01), basis_gib=(steps + 1) * one).apply(noise)
    assert enough.error <= 1e-6
    exact = by_eigh(rows, ts.Ridge(0.01), noise)
    assert furthest(enough.samples, exact) <= 1e-6
    short = KrylovGenerator(rows, ts.Ridge(0.01), basis_gib=25 * one).apply(noise)
    assert short.steps == 25
    assert 1e-6 < furthest(short.samples, exact) <= short.error


@pytest.mark.parametrize("n", [3, 40, 200])
def test_principal_directions_are_those_of_a_decomposition(n: int) -> None:
    rows, _ = drawn(SPECTRA["six decades"], n)
    _, _, v = scipy.linalg.svd(rows, full_matrices=False)
    found = KrylovGenerator(rows, ts.Ridge(0.0), 1e-9).principal_directions(3)
    np.testing.assert_allclose(np.abs(np.sum(found * v[:3].T, axis=0)), 1.0, atol=1e-9)
    assert KrylovGenerator(rows, ts.Ridge(0.0)).principal_directions(0).shape == (80, 0)


class Untouchable(Population):
    """A population that must not be drawn from."""

    factors = np.empty(0)

    def spectrum(self, d: float) -> Any:
        raise AssertionError("work has started")

    surroundings = spectrum  # type: ignore[assignment]  # as little used
    eigenvalues = spectrum  # type: ignore[assignment]  # as little used

    def description(self) -> Mapping[str, Any]:
        return {}

    @classmethod
    def examples(cls) -> list[Any]:
        return []


class Step(ts.Ridge):
    """A filter that jumps, and adapts to nothing."""

    breaks = (1.0,)


@pytest.mark.parametrize(
    "filter",
    [ts.Truncation(rank=3), ts.Truncation(threshold=1.0), ts.Shrinkage(), Step()],
    ids=lambda filter: type(filter).__name__,
)
def test_filters_that_adapt_or_jump_are_refused_before_work(filter: Filter) -> None:
    with pytest.raises(InputError, match="continuous function of each eigenvalue alone"):
        Krylov().draw(Untouchable(), filter, 30, 20, np.random.default_rng(0))
    with pytest.raises(InputError, match="filter"):
        Krylov().require_supported(Untouchable(), filter)
    with pytest.raises(InputError, match="filter"):
        KrylovGenerator(np.ones((3, 2)), filter)


@pytest.mark.parametrize(
    ("argument", "fields"),
    [
        ("seeds", {"seeds": 1}),
        ("tolerance", {"tolerance": 0.0}),
        ("dtype", {"dtype": "float16"}),
        ("folder", {"folder": "/no/such/folder"}),
        ("basis_gib", {"basis_gib": -1.0}),
        ("max_gib", {"max_gib": 0.0}),
    ],
)
def test_fields_out_of_range_are_named(argument: str, fields: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=argument):
        Krylov(**fields)


def test_sizes_out_of_reach_are_refused_before_work() -> None:
    with pytest.raises(InputError, match="max_gib"):
        Krylov().require_room(200_000, 200_000)
    with pytest.raises(InputError, match="at least 2"):
        Krylov().require_room(1, 10)
    with pytest.raises(InputError, match="max_gib"):
        Krylov().require_room(20_000, 40_000)
    Krylov(folder=".").require_room(20_000, 40_000)


@pytest.mark.parametrize(
    ("population", "filter", "n"),
    [
        (ts.Spiked([5.0, 2.0]), ts.Ridge(0.1), 30),
        (ts.Spiked([5.0, 2.0]), ts.Ridge(0.0), 50),
        (ts.PowerLaw(1.0, 50), ts.ProbabilityFlow(0.1, 10.0), 120),
        (ts.Spiked([3.0, -0.5]), ts.Ridge(0.0), 90),
        (ts.Spiked([]), ts.Ridge(1.0), 3),
    ],
)
def test_draws_are_those_of_dense(
    population: Population, filter: Filter, n: int, tmp_path: Path
) -> None:
    """The same seed draws the same data and noise, in memory or in a folder."""
    dense = Dense(seeds=16).draw(population, filter, n, 50, np.random.default_rng(3))
    for folder in (None, tmp_path):
        engine = Krylov(seeds=16, tolerance=1e-9, folder=folder)
        found = engine.draw(population, filter, n, 50, np.random.default_rng(3))
        assert found.keys() == dense.keys() == VARIABLES.keys()
        for name, estimate in found.items():
            if name.startswith(("wasserstein", "divergence")):
                assert estimate.status == Status.NOT_MEASURED
            elif name.startswith("recovery") and "-0.5" in repr(population):
                assert np.all(np.asarray(estimate.status) == str(Status.NOT_MEASURED))
            else:
                chance = name in ("convergence_chance", "convergence_corrected")
                rtol, atol = (0.2, 0.01) if chance else (0.0, 1e-6)
                np.testing.assert_allclose(
                    estimate.value, dense[name].value, rtol, atol, err_msg=name
                )
    assert list(tmp_path.iterdir()) == []


def test_the_chance_level_is_exactly_zero_without_a_ridge() -> None:
    found = Krylov(seeds=4).draw(ts.Spiked([3.0]), ts.Ridge(0.0), 60, 30, np.random.default_rng(0))
    assert found["convergence_chance"].value == 0.0


def test_samples_short_of_the_tolerance_say_so() -> None:
    engine = Krylov(seeds=2, basis_gib=20 * 8 * 60 / 2**30)
    found = engine.draw(ts.Spiked([3.0]), ts.Ridge(0.0), 60, 60, np.random.default_rng(0))
    assert found["convergence"].status == Status.NOT_CONVERGED
    assert np.all(np.asarray(found["recovery"].status) == str(Status.OK))


def test_simulate_refuses_a_filter_before_work() -> None:
    with pytest.raises(InputError, match="filter"):
        ts.simulate(
            ts.Spiked([3.0]), ts.Shrinkage(), n=20, d=20, replicates=2, rng=1, engine=Krylov()
        )


@pytest.mark.parametrize("engine", Krylov.examples())
def test_simulate_takes_it(engine: Krylov) -> None:
    found = ts.simulate(
        ts.Spiked([3.0]), ts.Ridge(0.1), n=60, d=60, replicates=4, rng=1, engine=engine
    )
    expected = ts.predict(ts.Spiked([3.0]), ts.Ridge(0.1), n=60, d=60)
    error = float(found.convergence_se)
    assert abs(float(found.convergence) - float(expected.convergence)) < 4 * error + 1 / 60
    assert found.wasserstein_status.item() == Status.NOT_MEASURED
