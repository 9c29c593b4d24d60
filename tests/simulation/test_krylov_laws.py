"""Laws of the Krylov engine: the draws of Dense, for every population and every filter it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from tests.simulation.test_krylov import furthest

import twinseed as ts
from twinseed.filters import Filter
from twinseed.generators import KrylovGenerator, LinearGenerator
from twinseed.populations import Estimated, Population
from twinseed.simulation import Dense, Krylov
from twinseed.status import Status

SMOOTH = [
    filter
    for kind in (ts.Ridge, ts.ProbabilityFlow, ts.EarlyStopping)
    for filter in kind.examples()
]
POPULATIONS: list[Population] = [
    population
    for kind in (ts.Spiked, ts.PowerLaw, ts.Atoms, Estimated)
    for population in kind.examples()
]
HARD = {
    "ten decades": np.geomspace(1.0, 1e-10, 60),
    "a cluster far below": np.r_[np.ones(40), np.full(20, 1e-8)],
    "one direction far above": np.r_[1e8, np.ones(59)],
    "rank of a third": np.r_[np.ones(20), np.zeros(40)],
}


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("n", [25, 60, 150])
@pytest.mark.parametrize("ridge", [0.0, 1e-2])
@pytest.mark.parametrize("spectrum", HARD)
def test_ill_conditioned_rows_are_within_what_is_stated(
    spectrum: str, ridge: float, n: int, kind: Any
) -> None:
    """The tolerance is held, and no error is larger than the one that is reported."""
    rng = np.random.default_rng(1)
    turn = scipy.linalg.qr(rng.standard_normal((60, 60)))[0]
    rows = ((rng.standard_normal((n, 60)) * np.sqrt(HARD[spectrum])) @ turn).astype(kind)
    noise = rng.standard_normal((3, 60))
    filter = ts.Ridge(ridge)
    exact = LinearGenerator.fit(rows, filter).sample(noise)
    for tolerance in (1e-2, 1e-4, 1e-6, 1e-8):
        found = KrylovGenerator(rows, filter, tolerance).apply(noise)
        assert found.error <= tolerance
        assert furthest(found.samples, exact) <= max(found.error, 1e-11)


@pytest.mark.parametrize("filter", SMOOTH, ids=repr)
def test_float32_rows_serve_every_filter(filter: Filter) -> None:
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((300, 200), dtype=np.float32)
    noise = rng.standard_normal((3, 200))
    exact = LinearGenerator.fit(rows, filter).sample(noise)
    for tolerance in (1e-2, 1e-5, 1e-9):
        found = KrylovGenerator(rows, filter, tolerance).apply(noise)
        assert furthest(found.samples, exact) <= found.error <= tolerance


def test_late_products_with_float32_rows_are_in_single_precision() -> None:
    """Their rounding shows, far below the tolerance; float64 copies of the rows have none."""
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((200, 200), dtype=np.float32)
    noise = rng.standard_normal((3, 200))
    single, double = (
        KrylovGenerator(given, ts.Ridge(0.1)).sample(noise)
        for given in (rows, rows.astype(np.float64))
    )
    assert 1e-12 < furthest(single, double) < 1e-7


def test_the_bound_stops_within_a_few_steps_of_the_first_that_serves() -> None:
    rng = np.random.default_rng(3)
    rows, noise = rng.standard_normal((300, 300)), rng.standard_normal((3, 300))
    for ridge in (0.1, 1.0):
        exact = LinearGenerator.fit(rows, ts.Ridge(ridge)).sample(noise)
        found = KrylovGenerator(rows, ts.Ridge(ridge)).apply(noise)
        room = (found.steps - 5) * 8 * 300 / 2**30
        earlier = [
            KrylovGenerator(rows, ts.Ridge(ridge), 1e-6, room).apply(z) for z in noise[:, None]
        ]
        assert {one.steps for one in earlier} == {found.steps - 5}
        assert furthest(np.vstack([one.samples for one in earlier]), exact) > 1e-6


def rows_of_populations() -> Iterator[Any]:
    """Every population at three aspects; the large ones nightly, but for the hardest, n = d."""
    for population in POPULATIONS:
        for aspect in (0.4, 1.0, 2.5):
            often = population.dimension is None or aspect == 1.0
            yield pytest.param(
                population,
                aspect,
                id=f"{type(population).__name__}-{aspect}",
                marks=[] if often else [pytest.mark.nightly],
            )


@pytest.mark.parametrize(("population", "aspect"), list(rows_of_populations()))
def test_samples_are_those_of_a_decomposition(population: Population, aspect: float) -> None:
    """Every population and every smooth filter, on the same rows and noise."""
    d = population.dimension or 60
    rng = np.random.default_rng(4)
    rows, noise = population.sample(round(aspect * d), d, rng), rng.standard_normal((2, d))
    for filter in SMOOTH:
        exact = LinearGenerator.fit(rows, filter).sample(noise)
        found = KrylovGenerator(rows, filter).apply(noise)
        assert found.error <= 1e-6
        assert furthest(found.samples, exact) <= max(found.error, 1e-12)


@pytest.mark.parametrize("engine", [Dense(seeds=4), Krylov(seeds=4)], ids=repr)
def test_models_that_learnt_nothing_agree_by_chance_alone(engine: Dense | Krylov) -> None:
    """At time 0 the filter is constant: both samples are the noise, and nothing is left to gain."""
    rng = np.random.default_rng(0)
    found = engine.draw(ts.Spiked([3.0]), ts.EarlyStopping(0.0, 0.1, 10.0), 20, 10, rng)
    assert found["convergence"].value == pytest.approx(1.0)
    assert found["convergence_chance"].value == pytest.approx(1.0)
    assert found["convergence_corrected"].status == Status.NOT_IDENTIFIABLE
    assert np.isnan(found["convergence_corrected"].value)
