"""The compressed engine: the law of the dense one at small sizes, and the limit at any size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import stats

import twinseed as ts
from twinseed.errors import InputError
from twinseed.populations import Spiked
from twinseed.readout import Estimate
from twinseed.simulation import Compressed
from twinseed.simulation.compressed import cosines, twins
from twinseed.simulation.compressed.band import (
    GaussianBand,
    chi,
    gaussian_factor,
    joined,
    uniform_frame,
)
from twinseed.simulation.compressed.extremes import extreme, gram_band
from twinseed.simulation.compressed.reduction import Reduction, tall, wide
from twinseed.status import Status

AT_ONE = 0.72050619479
"""64/(9 pi^2): q of the plain root over the identity, n = d."""


def p_value(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    return float(stats.ks_2samp(a, b).pvalue)


def value(estimates: Mapping[str, Estimate], name: str) -> float:
    return float(np.ravel(estimates[name].value)[0])


@pytest.mark.parametrize("freedom", [90.0, 1e9])
def test_many_rows_need_not_be_drawn(freedom: float, monkeypatch: pytest.MonkeyPatch) -> None:
    rngs = [np.random.default_rng(0)]
    one = np.ones((1, 500))
    axes = cosines.CovarianceShares(one, one[..., None], 2 * one[..., None], 100 * one)
    given = (2000, 1500, axes, axes, freedom * one)
    drawn = cosines.closest(*given, rngs)
    monkeypatch.setattr(cosines, "EXPLICIT", 0)
    jumped = cosines.closest(*given, rngs)
    for name in ("trained", "equal", "heldout"):
        a, b = (np.ravel(getattr(found, name)) for found in (drawn, jumped))
        assert p_value(a, b) > 1e-3
        assert a.mean() == pytest.approx(b.mean(), rel=0.01)


@pytest.mark.parametrize("size", [10**8, 10**12])
def test_a_simulation_at_any_size_reaches_the_limit(size: int) -> None:
    found = ts.simulate(Spiked([3.0]), n=size, d=size, replicates=6, rng=0, engine=ts.Compressed())
    error = 4 * found.convergence_se + 2e-4
    assert abs(found.convergence - AT_ONE) < error
    assert found.convergence_se < 1e-3
    assert abs(found.convergence + found.convergence_gap - 1) < 1e-12
    q = (1 - 1 / 9) / (1 + 1 / 3)
    for name in ("recovery", "recovery_twins"):
        assert abs(found[name].item() - q) < 4 * found[f"{name}_se"].item() + 1e-6
    assert abs(found.memorisation_ratio - np.sqrt(2)) < 4 * found.memorisation_ratio_se + 1e-4
    assert found.convergence_status == found.memorisation_status == Status.OK
    assert found.wasserstein_status == found.convergence_null_status == Status.NOT_MEASURED


@pytest.mark.parametrize("gamma", [0.25, 4.0])
def test_the_limit_is_that_of_predict(gamma: float) -> None:
    population, filter, d = Spiked([6.0, 2.5], bulk=2.0), ts.Ridge(0.5), 10**6
    size = {"n": round(gamma * d), "d": d}
    theory = ts.predict(population, filter, **size)
    found = ts.simulate(population, filter, **size, replicates=8, rng=1, engine=Compressed(seeds=2))
    for name in (
        "convergence",
        "convergence_gap",
        "convergence_cosine",
        "convergence_chance",
        "convergence_corrected",
        "flow_distance",
        "recovery",
        "memorisation",
        "memorisation_heldout",
        "memorisation_ratio",
    ):
        away = np.abs(found[name] - theory[name])
        assert np.all(away < 5 * found[f"{name}_se"] + 1e-4 * theory[name] + 1e-4), name


@pytest.mark.parametrize("engine", Compressed.examples())
@pytest.mark.parametrize("population", [Spiked([]), Spiked([3.0]), Spiked([3.0, -0.5, -0.6])])
@pytest.mark.parametrize(("n", "over"), [(1, 1), (1, 9), (2, 2), (9, 1), (4, 10**9), (10**9, 1)])
def test_every_size_gives_numbers(
    engine: Compressed, population: Spiked, n: int, over: int
) -> None:
    d = population.factors.size + over
    found = engine.draw(population, ts.Ridge(0.1), n, d, np.random.default_rng(0))
    for name, estimate in found.items():
        number, status = np.broadcast_arrays(estimate.value, estimate.status)
        valued = [Status(one).has_value for one in status.ravel()]
        np.testing.assert_array_equal(np.isfinite(number).ravel(), valued, name)
    assert 0.0 <= value(found, "memorisation") <= 1.0 + 1e-12
    assert abs(value(found, "convergence")) <= 1.0 + 1e-12


def test_one_row_is_memorised_whole() -> None:
    found = Compressed().draw(Spiked([]), ts.Ridge(0.0), 1, 500, np.random.default_rng(0))
    assert value(found, "memorisation") == pytest.approx(1.0)


def test_the_seed_decides() -> None:
    def run(seed: int) -> Any:
        engine = Compressed(seeds=2)
        sizes = {"n": [50, 10**9], "d": [20, 10**6]}
        return ts.simulate(Spiked([3.0]), **sizes, replicates=2, rng=seed, engine=engine)

    assert run(7).identical(run(7))
    assert not np.any(run(7).convergence == run(8).convergence)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-4, 1e-5])
def test_the_tolerance_bounds_what_truncation_changes(tolerance: float) -> None:
    engine = Compressed(tolerance=tolerance)
    found = engine.draw(Spiked([]), ts.Ridge(0.0), 10**12, 10**12, np.random.default_rng(0))
    assert abs(value(found, "convergence") - AT_ONE) < 2 * tolerance


def test_the_errors_of_the_two_rules_cancel() -> None:
    """Each alone is off by 2e-3 or more at 16 steps."""
    engine = Compressed(max_steps=16)
    found = engine.draw(Spiked([]), ts.Ridge(0.0), 10**12, 10**12, np.random.default_rng(0))
    assert found["convergence"].status == Status.NOT_CONVERGED
    assert abs(value(found, "convergence") - AT_ONE) < 2e-4


def test_at_the_transition_directions_take_more_steps_than_samples() -> None:
    cell = (Spiked([1.0]), ts.Ridge(0.1), 10**6, 10**6)
    few, many = (
        Compressed(max_steps=steps).draw(*cell, np.random.default_rng(0)) for steps in (24, 4096)
    )
    assert few["convergence"].status == many["convergence"].status == Status.OK
    assert few["recovery"].status == Status.NOT_CONVERGED
    assert many["recovery"].status == Status.OK
    assert value(many, "recovery") < 0.5 * value(few, "recovery")


@pytest.mark.parametrize("of_rows", [True, False])
def test_extreme_directions_are_those_of_a_decomposition(of_rows: bool) -> None:
    band = GaussianBand(200, 200, 3)
    rows = band.rows(0, 60, np.random.default_rng(0))
    matrix = band.matrix(rows)
    full = matrix @ matrix.T if of_rows else matrix[:, :60].T @ matrix[:, :60]
    values, vectors = np.linalg.eigh(full)
    found = gram_band(rows, of_rows=of_rows)
    for j in range(4):
        np.testing.assert_allclose(found[j, : 60 - j], np.diagonal(full, -j), rtol=1e-12)
    start = np.zeros(60)
    start[:3] = 1.0
    top = extreme(found, 0.9 * values[-1], 2, start, largest=True)
    bottom = extreme(found, values[0] + 1e-3, 2, start, largest=False)
    right = vectors[:, [59, 58, 1, 0]]
    inner = np.abs(np.sum(np.hstack([top, bottom]) * right, axis=0))
    np.testing.assert_allclose(inner, 1.0, atol=1e-9)


def test_too_few_steps_are_said() -> None:
    engine = Compressed(max_steps=4)
    found = engine.draw(Spiked([]), ts.Ridge(0.0), 10**6, 10**6, np.random.default_rng(0))
    assert found["convergence"].status == Status.NOT_CONVERGED
    assert found["recovery_distance"].status == Status.NOT_IDENTIFIABLE


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"population": ts.PowerLaw(1.0, 20)}, "population must be Spiked"),
        ({"filter": ts.Truncation(rank=3)}, "filter must depend on the eigenvalue alone"),
        ({"filter": [ts.Ridge(0.0), ts.Shrinkage()]}, "filter"),
    ],
)
def test_what_it_cannot_draw_is_refused_before_any_work(
    changed: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(*arguments: Any) -> None:
        raise AssertionError("work has started")

    monkeypatch.setattr(Compressed, "draws", draw)
    good = {"population": Spiked([3.0]), "filter": ts.Ridge(0.0), "n": 20, "d": 20}
    with pytest.raises(InputError, match=named):
        ts.simulate(**good | changed, replicates=2, rng=0, engine=Compressed())


@pytest.mark.parametrize("fields", [{"seeds": 0}, {"tolerance": 0.0}, {"max_steps": 1}, {"n_b": 0}])
def test_bad_engines_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(fields))):
        Compressed(**fields)


@pytest.mark.parametrize("freedom", [1, 7, 10**12])
def test_chi_is_chi_at_any_size(freedom: int) -> None:
    found = chi(np.full(4000, freedom), np.random.default_rng(0))
    law = stats.chi(freedom) if freedom < 100 else stats.norm(np.sqrt(freedom), np.sqrt(0.5))
    assert stats.kstest(found, law.cdf).pvalue > 1e-3
    assert len(np.unique(found)) == 4000


@pytest.mark.parametrize("d", [3, 4, 6, 9, 10**12])
def test_joining_keeps_lengths_and_angles(d: int) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((4, min(d, width))) for width in (9, 6))
    frame = uniform_frame(min(4, d - 3), d - 3, rng)
    inner = [tail @ tail.T for tail in (a[:, 3:], b[:, 3:])]
    x, y = joined(a[:, :3], b[:, :3], *inner, frame)
    np.testing.assert_allclose(x @ x.T, a @ a.T, atol=1e-12)
    np.testing.assert_allclose(y @ y.T, b @ b.T, atol=1e-12)
    np.testing.assert_array_equal(x[:, :3], a[:, :3])
    assert np.all(x[0, 3:] >= 0)  # so no sign of a solver changes a draw
    apart = x[:, 3:] @ y[:, 3:].T
    assert (np.abs(apart).max() < 1e-4) == (d in (3, 10**12))


def test_the_triangular_factor_has_the_law_of_one() -> None:
    rng = np.random.default_rng(0)
    drawn = np.array([gaussian_factor(4, 3, rng) for _ in range(1500)])
    made = np.array([np.linalg.qr(rng.standard_normal((4, 3)), mode="r") for _ in range(1500)])
    made *= np.sign(np.diagonal(made, axis1=1, axis2=2))[:, :, None]
    for i, j in zip(*np.triu_indices(3), strict=True):
        assert p_value(drawn[:, i, j], made[:, i, j]) > 1e-3


@pytest.mark.parametrize("n", [60, 12, 3, 2])
@pytest.mark.parametrize("closeness", [1.0, 1e-9, 0.0])
def test_a_reduction_is_a_decomposition_of_the_band(n: int, closeness: float) -> None:
    """Also where eigenvalues are almost or exactly equal, and where the band is wider than long."""
    band = GaussianBand(n, n + 1, 3)
    rows = np.stack([band.rows(0, n, np.random.default_rng(seed)) for seed in range(2)])
    rows[..., 1:] *= closeness
    rows[..., 0] = 1.0 + closeness * rows[..., 0]
    matrix = band.matrix(rows)
    for found, data in ((tall(rows), matrix[..., :n]), (wide(rows, n + 1), matrix)):
        turned = np.swapaxes(found.directions, 1, 2)
        np.testing.assert_allclose(
            (turned * found.values[:, None, :]) @ found.directions,
            np.swapaxes(data, 1, 2) @ data,
            atol=1e-12 * found.values.max(),
        )
        unit = np.broadcast_to(np.eye(n), (2, n, n))
        np.testing.assert_allclose(found.directions @ turned, unit, atol=1e-12)
        assert np.all(np.diff(found.values) > -1e-12 * found.values.max())


def test_a_draw_does_not_depend_on_the_signs_of_a_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = (Spiked([3.0, 1.0]), ts.Ridge(0.1), 300, 300)
    first = Compressed(seeds=2).draw(*cell, np.random.default_rng(0))

    def turned(rows: np.ndarray[Any, Any]) -> Reduction:
        found = tall(rows)
        signs = np.where(np.arange(found.values.shape[1]) % 2, 1.0, -1.0)
        return Reduction(found.values, found.directions * signs[:, None])

    monkeypatch.setattr(twins, "tall", turned)
    again = Compressed(seeds=2).draw(*cell, np.random.default_rng(0))
    for name, one in first.items():
        np.testing.assert_allclose(again[name].value, one.value, rtol=1e-9)
