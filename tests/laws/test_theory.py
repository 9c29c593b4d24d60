"""Laws of the theory, crossed over every population and every filter that has one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.examples import POPULATIONS

import twinseed as ts
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.readout import VARIABLES, check
from twinseed.status import Status

FILTERS = ts.Ridge.examples()
UNBOUNDED = (
    "memorisation_ratio",
    "wasserstein",
    "flow_distance",
    "divergence_learnt_true",
    "divergence_true_learnt",
)
SHARES = ("memorisation_share", "memorisation_share_euclidean")

every_population = pytest.mark.parametrize(
    "population", POPULATIONS, ids=[f"{type(p).__name__}-{i}" for i, p in enumerate(POPULATIONS)]
)
every_filter = pytest.mark.parametrize("filter", FILTERS, ids=repr)


def size_of(population: Population) -> int:
    return population.dimension or 200


@every_population
@every_filter
def test_ranges(population: Population, filter: Filter) -> None:
    d = size_of(population)
    readout = check(ts.predict(population, filter, n=[2, d // 4, d, 10 * d], d=d))
    for name in VARIABLES:
        values = readout[name].values
        known = values[np.isfinite(values)]
        assert np.all(known >= 0), name
        if name not in UNBOUNDED:
            assert np.all(known <= 1), name
    assert np.all(readout.memorisation_ratio >= 1)
    for share in SHARES:
        assert np.all(readout[share] >= 0.5)
    assert np.all(readout.convergence >= readout.convergence_chance)
    np.testing.assert_allclose(readout.convergence + readout.convergence_gap, 1, rtol=1e-14)


@every_population
@every_filter
def test_more_data_means_more_agreement_and_less_memory(
    population: Population, filter: Filter
) -> None:
    d = size_of(population)
    readout = ts.predict(population, filter, n=np.rint(np.geomspace(50, 1e7, 12)), d=d)
    assert np.all(np.diff(readout.convergence) > 0)
    assert np.all(np.diff(readout.convergence_gap) < 0)
    assert np.all(np.diff(readout.memorisation_ratio) <= 0)
    # where the share may be off by a tenth it may also rise
    certain = readout.memorisation_share_bias.values < 0.1
    rises = np.diff(readout.memorisation_share.values) > 0
    assert not np.any(rises & certain[1:] & certain[:-1])
    assert np.all(np.diff(readout.recovery.values, axis=0) >= 0)
    assert float(readout.convergence_gap[-1]) < 1e-3
    assert float(readout.memorisation_ratio[-1] - 1) < 1e-3


@every_population
@every_filter
def test_little_data_means_the_chance_level(population: Population, filter: Filter) -> None:
    d = size_of(population)
    readout = ts.predict(population, filter, gamma=1e-6, d=d)
    excess = float(readout.convergence - readout.convergence_chance)
    assert 0 < excess < 0.02
    assert abs(float(readout.convergence_corrected)) < 0.02


@every_population
@pytest.mark.parametrize("scale", [1e-4, 7.0])
def test_scale_of_the_data_does_not_matter(population: Population, scale: float) -> None:
    d = size_of(population)
    values, weights = population.spectrum(d)
    one = ts.predict(ts.Atoms(values, weights), ts.Ridge(0.2), n=[30, 300], d=d)
    other = ts.predict(ts.Atoms(scale * values, weights), ts.Ridge(0.2 * scale), n=[30, 300], d=d)
    for name in VARIABLES:
        unit = scale if VARIABLES[name].squared_units else 1.0
        np.testing.assert_allclose(unit * one[name], other[name], rtol=1e-11, err_msg=name)


@every_population
def test_a_population_is_its_spectrum(population: Population) -> None:
    """Nothing but recovery, which needs to know the factors, depends on how it was written down."""
    d = size_of(population)
    plain = ts.predict(ts.Atoms(population.eigenvalues(d)), n=[20, 400], d=d)
    readout = ts.predict(population, n=[20, 400], d=d)
    for name, variable in VARIABLES.items():
        if not variable.per_factor and name != "recovery_distance":
            np.testing.assert_allclose(plain[name], readout[name], rtol=1e-12, err_msg=name)


@every_population
def test_the_spectrum_adds_up(population: Population) -> None:
    d = size_of(population)
    values, weights = population.spectrum(d)
    eigenvalues = population.eigenvalues(d)
    assert eigenvalues.size == d
    assert np.all(np.diff(values) > 0)
    assert abs(weights.sum() - 1) < 1e-12
    assert abs(weights @ values / eigenvalues.mean() - 1) < 1e-12
    assert abs(weights @ values**2 / (eigenvalues**2).mean() - 1) < 1e-12
    np.testing.assert_array_equal(eigenvalues[: population.factors.size], population.factors)
    rows = population.sample(4000, d, np.random.default_rng(0))
    variance = (rows**2).mean(axis=0)
    assert np.all(np.abs(variance - eigenvalues) <= 6 * np.sqrt(2 / 4000) * eigenvalues)


def test_the_ridge_does_not_move_recovery() -> None:
    ridges = [ts.Ridge(r) for r in (0.0, 0.5, 10.0)]
    readout = ts.predict(ts.Spiked([3.0, 1.0]), ridges, n=[50, 400], d=100)
    assert np.all(readout.recovery == readout.recovery.isel(ridge=0))


def test_convergence_does_not_see_the_factor() -> None:
    """In the limit no strength moves q, whatever it does to recovery."""
    q = [float(ts.predict(ts.Spiked([b]), gamma=1.0).convergence) for b in (0.5, 1.5, 9.0)]
    recovered = [ts.predict(ts.Spiked([b]), gamma=1.0).recovery.item() for b in (0.5, 1.5, 9.0)]
    assert q[0] == q[1] == q[2]
    assert recovered[0] == 0 < recovered[1] < recovered[2]


def test_the_limit_is_approached_as_one_over_d() -> None:
    limit = ts.predict(ts.Spiked([4.0]), ts.Ridge(0.1), gamma=1.5)
    error = [
        float(ts.predict(ts.Spiked([4.0]), ts.Ridge(0.1), gamma=1.5, d=d).convergence)
        - float(limit.convergence)
        for d in (200, 400, 800)
    ]
    assert abs(error[0]) < 0.01
    np.testing.assert_allclose(error[0] / np.array(error), [1, 2, 4], rtol=0.05)


def test_past_the_best_ridge_agreement_rises_while_the_model_gets_worse() -> None:
    ridges = [ts.Ridge(r) for r in (0.0, 0.274, 0.631, 2.0)]
    readout = ts.predict(ts.Spiked([]), ridges, gamma=2.0)
    assert np.all(np.diff(readout.convergence) > 0)
    w2 = readout.wasserstein.values
    assert w2[1] < w2[0]
    assert abs(w2[2] / w2[0] - 1) < 2e-3
    assert w2[3] > w2[2]


def test_what_theory_cannot_say_is_said() -> None:
    limit = ts.predict(ts.Spiked([0.5]), gamma=1.0)
    assert str(limit.memorisation_status.item()) == Status.NO_THEORY
    assert np.isnan(limit.memorisation.item())
    assert limit.recovery_status.item() == Status.BELOW_FLOOR
    heavy = ts.predict(ts.PowerLaw(1.0, 300), ts.Ridge(0.1), n=100)
    assert heavy.memorisation_ratio_status.item() == Status.LEADING_ORDER
    assert heavy.wasserstein_status.item() == Status.NO_THEORY
    for status in Status:
        assert status.advice.endswith(".")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n": 0, "d": 10}, ("n must be above zero", "0")),
        ({"n": 10, "d": -1}, ("d must be above zero", "-1")),
        ({"n": float("nan"), "d": 10}, ("n must be finite", "nan")),
        ({"n": 10}, ("must be two of the three",)),
        ({"n": 10, "d": 5, "gamma": 2}, ("gamma is fixed by n and d",)),
        ({"n": [], "d": 5}, ("n must not be empty",)),
        ({"n": [10, 10], "d": 5}, ("n must not repeat",)),
        ({"n": 10, "d": 2.5}, ("d must be a whole number", "2.5")),
        ({"gamma": "much"}, ("gamma must be a number", "much")),
    ],
    ids=str,
)
def test_bad_loads_are_named(arguments: dict[str, object], words: tuple[str, ...]) -> None:
    with pytest.raises(ts.InputError) as caught:
        ts.predict(ts.Spiked([3.0]), **arguments)
    for word in words:
        assert word in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: ts.Ridge(-0.1), ("strength", "-0.1")),
        (lambda: ts.Ridge(float("inf")), ("strength", "inf")),
        (lambda: ts.Spiked([-1.0]), ("strengths", "-1.0")),
        (lambda: ts.Spiked([1.0], bulk=0.0), ("bulk", "0.0")),
        (lambda: ts.Spiked([np.nan]), ("strengths[0]", "nan")),
        (lambda: ts.PowerLaw(-1.0, 10), ("exponent", "-1.0")),
        (lambda: ts.PowerLaw(1.0, 1), ("d", "1")),
        (lambda: ts.Atoms([1.0, -2.0]), ("values", "-2.0")),
        (lambda: ts.Atoms([0.0, 0.0]), ("values", "at least one eigenvalue above zero")),
        (lambda: ts.Atoms([]), ("values", "empty")),
        (lambda: ts.Atoms([1.0, 2.0], [0.5, 0.6]), ("weights", "sum to one", "1.1")),
        (lambda: ts.Atoms([1.0, 2.0], [1.0]), ("weights", "2")),
        (lambda: ts.predict(3.0, gamma=1.0), ("population", "3.0")),
        (lambda: ts.predict(ts.Spiked([]), 0.1, gamma=1.0), ("filter", "0.1")),
        (lambda: ts.predict(ts.Spiked([]), [], gamma=1.0), ("filter",)),
        (lambda: ts.predict(ts.PowerLaw(1.0, 10), n=5, d=11), ("d", "10")),
        (lambda: ts.predict(ts.Spiked([1.0] * 9), n=5, d=9), ("d", "number of factors")),
        (lambda: ts.predict(ts.Spiked([]), n=-3, d=5), ("n", "-3")),
    ],
)
def test_bad_models_are_named(build: Callable[[], object], words: tuple[str, ...]) -> None:
    with pytest.raises(ts.InputError) as caught:
        build()
    for word in words:
        assert word in str(caught.value)
