"""Laws of the theory for every filter, and the routes that it takes against one another."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.examples import FILTERS
from tests.plain_filters import Declared, Plain

import twinseed as ts
from twinseed.coupling import kappa, solve
from twinseed.coupling.cauchy import is_analytic
from twinseed.coupling.contour import contour
from twinseed.coupling.information import along_contour
from twinseed.filters import Filter
from twinseed.populations import Population
from twinseed.readout import VARIABLES, check

ANALYTIC = [filter for filter in FILTERS if filter.analytic]
# At most a few atoms: the density route, which shrinkage takes, needs that.
POPULATIONS = [ts.Spiked([3.0, 0.5]), ts.Atoms([1.0, 5.0], [0.75, 0.25])]
THREE = ts.Atoms([0.01, 1.0, 30.0], [0.3, 0.5, 0.2])
MAY_EXCEED_ONE = {
    "memorisation_ratio",
    "wasserstein",
    "flow_distance",
    "divergence_learnt_true",
    "divergence_true_learnt",
}
D = 100

every_filter = pytest.mark.parametrize("filter", FILTERS, ids=repr)
every_population = pytest.mark.parametrize("population", POPULATIONS, ids=repr)


def rescaled(filter: Filter, scale: float) -> Filter:
    """The filter for data whose variances are ``scale`` times as large."""
    p, root = filter.parameters, math.sqrt(scale)
    match filter:
        case ts.Ridge():
            return ts.Ridge(filter.strength * scale)
        case ts.ProbabilityFlow():
            return ts.ProbabilityFlow(p["sigma_min"] * root, p["sigma_max"] * root, filter.sampler)
        case ts.EarlyStopping():
            return ts.EarlyStopping(p["time"] / scale, p["sigma_min"] * root, p["sigma_max"] * root)
        case ts.Truncation() if filter.threshold is not None:
            return ts.Truncation(threshold=filter.threshold * scale)
        case _:
            return filter


@every_population
@every_filter
def test_ranges(population: Population, filter: Filter) -> None:
    readout = check(ts.predict(population, filter, n=[D // 4, D, 10 * D], d=D))
    for name in VARIABLES:
        values = readout[name].values
        known = values[np.isfinite(values)]
        assert np.all(known >= -1e-12), name
        if name not in MAY_EXCEED_ONE:
            assert np.all(known <= 1 + 1e-12), name
    assert np.all(readout.memorisation_ratio >= 1 - 1e-12)
    assert np.all(readout.convergence_gap >= 0)
    np.testing.assert_allclose(readout.convergence + readout.convergence_gap, 1, atol=1e-12)


@every_population
@every_filter
def test_more_data_means_more_agreement(population: Population, filter: Filter) -> None:
    readout = ts.predict(population, filter, n=[50, 200, 1000, 10_000, 100_000], d=D)
    if isinstance(filter, ts.Truncation) and (filter.threshold == 1.0 or filter.rank):
        # the cut goes through directions of equal variance, which no number of rows tells apart
        assert np.all(readout.convergence_gap >= 0)
    else:
        # with few rows shrinkage gives every direction the mean: twins agree on knowing nothing
        first = 1 if isinstance(filter, ts.Shrinkage) else 0
        assert np.all(np.diff(readout.convergence_gap[first:]) < 0)
        assert float(readout.convergence_gap[-1]) < 2e-3
    factors = readout.convergence_factor.values
    if not isinstance(filter, ts.Truncation):
        assert np.all(factors[-1] > 0.99)


@every_population
@every_filter
@pytest.mark.parametrize("scale", [pytest.param(1e-3, marks=pytest.mark.nightly), 7.0])
def test_scale_of_the_data_does_not_matter(
    population: Population, filter: Filter, scale: float
) -> None:
    values, weights = population.spectrum(D)
    one = ts.predict(ts.Atoms(values, weights), filter, n=[60, 300], d=D)
    other = ts.predict(ts.Atoms(scale * values, weights), rescaled(filter, scale), n=[60, 300], d=D)
    for name in VARIABLES:
        unit = scale if VARIABLES[name].squared_units else 1.0
        np.testing.assert_allclose(unit * one[name], other[name], rtol=1e-7, err_msg=name)


# Beyond 3.5 standard errors: a multiple of 1/d, relative to the value where that is above one.
LEADING = {
    "convergence": 1.5,
    "convergence_gap": 1.5,
    "convergence_chance": 1.0,
    "convergence_factor": 4.0,
    "memorisation_ratio": 4.0,
    "flow_distance": 5.0,
    "divergence_learnt_true": 3.0,
    "divergence_true_learnt": 4.0,
    "wasserstein": 2.0,
}


@every_population
@every_filter
def test_limit_is_the_simulation(population: Population, filter: Filter) -> None:
    # the kernel of shrinkage is n^(-1/3) wide: it needs more rows, and f(0) is an estimate
    adapts = isinstance(filter, ts.Shrinkage)
    d = 4 * D if adapts else D
    n = [d // 2, 2 * d]
    simulated = ts.simulate(population, filter, n=n, d=d, replicates=6, rng=3, progress=False)
    difference = ts.compare(simulated, ts.predict(population, filter, n=n, d=d))
    for name, constant in LEADING.items():
        if adapts and name == "convergence_chance":
            continue
        known = difference[f"{name}_status"].values == "ok"
        off = np.abs(difference[f"{name}_difference"].values)[known]
        size = np.maximum(np.abs(simulated[name].values[known]), 1.0)
        allowed = 3.5 * difference[f"{name}_se"].values[known] + constant * size / d
        assert np.all(off <= allowed), (name, off, allowed)


@pytest.mark.parametrize("filter", ANALYTIC, ids=repr)
@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_a_filter_declared_analytic_is(filter: Filter, scale: float) -> None:
    assert is_analytic(filter, scale)


@pytest.mark.parametrize(
    "function",
    [
        lambda z: np.sqrt(np.maximum(np.real(z), 1.0)),
        lambda z: np.sqrt(np.abs(z)),
        lambda z: np.sqrt(np.conj(z) + 0.1),
        lambda z: 1.0 / (np.conj(z) + 1.0),
        lambda z: np.where(np.real(z) > 2.0, np.sqrt(z), 0.0),
    ],
    ids=["maximum", "modulus", "conjugate", "falling conjugate", "threshold"],
)
def test_a_filter_falsely_declared_analytic_is_caught(function: Callable[[Any], Any]) -> None:
    assert not is_analytic(function)
    with pytest.raises(ts.InputError) as caught:
        ts.predict(ts.Spiked([]), Declared("false", function), gamma=2.0)
    assert caught.value.argument == "filter"


@pytest.mark.parametrize("n", [40.0, 100.0, 250.0])
@pytest.mark.parametrize("levels", [(0.0, 3.0), (0.3, 30.0)])
def test_the_flow_by_contour_is_its_closed_formula(n: float, levels: tuple[float, float]) -> None:
    """F = s1 [1 - (1/pi) int_a^b sqrt((t - a)/(b - t)) kappa/(t (kappa + mu)) dt], and F2."""
    a, b = levels[0] ** 2, levels[1] ** 2
    spectrum, mu = THREE.spectrum(100.0), THREE.spectrum(100.0)[0]
    load = np.full((1, 1, 1), n)
    found = solve(THREE, [ts.ProbabilityFlow(*levels)], load, np.full_like(load, 100.0), load / 100)

    # t = a + (b - a)/(1 + e^-x): smooth on the whole line, where a trapezoid is exact
    x = np.arange(-90.0, 90.0, 0.2)
    share, rest = 1.0 / (1.0 + np.exp(-x)), 1.0 / (1.0 + np.exp(x))
    t = a + (b - a) * share
    root = kappa(t, spectrum, n, 100.0)
    measure = 0.2 / math.pi * (b - a) * share * np.sqrt(share * rest)
    for k, level in enumerate(mu):
        first = levels[1] * (1.0 - float(measure @ (root / (t * (root + level)))))
        assert found.first[0, 0, 0, k] == pytest.approx(first, rel=1e-10)
        top = float(kappa(b, spectrum, n, 100.0))
        second = b * (1.0 - (1.0 - a / b) * top / (top + level))
        assert found.second[0, 0, 0, k] == pytest.approx(second, rel=1e-10)


@pytest.mark.parametrize("n", [40.0, 100.0, 250.0])
@pytest.mark.parametrize("strength", [0.0, 0.1, 2.0])
def test_three_routes_to_a_ridge(n: float, strength: float) -> None:
    """Positive integrals, a contour, the density: every number of the coupling, three ways."""

    def root(eigenvalues: Any) -> Any:
        return np.sqrt(eigenvalues + strength)

    load = np.full((1, 1, 1), n)
    exact, around, over = (
        solve(THREE, [filter], load, np.full_like(load, 100.0), load / 100)
        for filter in (ts.Ridge(strength), Declared("root", root), Plain("root", root))
    )
    hard_edge = n == 100.0 and strength == 0.0
    for name in ("first", "second", "own", "log_square", "precision"):
        value = getattr(exact, name)
        np.testing.assert_allclose(getattr(around, name), value, rtol=1e-12, atol=1e-12 * 30.0)
        loose = 1e-4 if hard_edge else 1e-6
        np.testing.assert_allclose(getattr(over, name), value, rtol=loose, err_msg=name)


@pytest.mark.parametrize("n", [50.0, 200.0])
@pytest.mark.parametrize("threshold", [0.005, 0.4, 2.0, 40.0])
def test_the_mass_above_a_threshold_counts_eigenvalues(n: float, threshold: float) -> None:
    spectrum = THREE.spectrum(100.0)
    around = contour(spectrum, spectrum, n, 100.0, threshold=threshold)
    share = float(spectrum[1] @ around.mean(np.ones_like(around.z), 0.0, spectrum[0]))
    size = 600
    rows = THREE.sample(round(n * size / 100), size, np.random.default_rng(0))
    eigenvalues = np.linalg.svd(rows, compute_uv=False) ** 2 / len(rows)
    # eigenvalues are rigid: their number fluctuates by far less than its root
    assert abs(np.sum(eigenvalues >= threshold) - share * size) < 3.0


def test_divergences_of_the_plain_root_do_not_depend_on_the_spectrum() -> None:
    """KL of a Wishart: [1 + ((1 - c)/c) log(1 - c)]/2 and [1/(1 - c) - 2 - ...]/2."""
    gamma = np.array([1.5, 2.0, 10.0, 1000.0])
    c = 1.0 / gamma
    log = (1.0 - c) / c * np.log1p(-c)
    for population in (ts.Spiked([]), ts.Atoms([0.01, 1.0, 30.0], [0.3, 0.5, 0.2])):
        readout = ts.predict(population, gamma=gamma)
        np.testing.assert_allclose(readout.divergence_learnt_true, 0.5 * (1 + log), rtol=1e-10)
        backward = 0.5 * (1 / (1 - c) - 2 - log)
        np.testing.assert_allclose(readout.divergence_true_learnt, backward, rtol=1e-10)
    edge = ts.predict(ts.Spiked([]), gamma=[0.5, 1.0])
    assert edge.divergence_learnt_true_status.values.tolist() == ["infinite", "ok"]
    assert float(edge.divergence_learnt_true[1]) == pytest.approx(0.5, abs=1e-14)
    assert edge.divergence_true_learnt_status.values.tolist() == ["infinite", "infinite"]


def test_a_filter_with_zeros_off_the_axis_has_no_divergence() -> None:
    """f = |(z - w)(z - w*)| is analytic, but its logarithm is not, and none is made up."""
    zeros = Declared("zeros", lambda z: ((z - 1.0) ** 2 + 0.01) / (1.0 + z))
    readout = ts.predict(ts.Spiked([]), zeros, gamma=2.0)
    assert readout.convergence_status == "ok"
    assert readout.divergence_learnt_true_status == "no theory"
    assert readout.divergence_true_learnt_status == "no theory"


def test_zeros_inside_the_contour_are_noticed() -> None:
    """The integral of 1/f^2 settles all the same, on a wrong number."""
    spectrum = THREE.spectrum(100.0)
    around = contour(spectrum, spectrum, 200.0, 100.0)
    found = along_contour(around, (around.z - 1.0) ** 2 + 0.01, 1.01, spectrum)
    assert math.isnan(found.log_square)
    assert math.isnan(found.precision)


@pytest.mark.parametrize("n", [40.0, 250.0])
def test_the_logarithm_follows_the_phase_beyond_half_a_turn(n: float) -> None:
    load = np.full((1, 1, 1), n)
    around, over = (
        solve(THREE, [kind("square", lambda z: (z + 0.1) ** 2)], load, 0 * load + 100, load / 100)
        for kind in (Declared, Plain)
    )
    assert around.log_square.item() == pytest.approx(over.log_square.item(), rel=1e-7)
    assert around.precision.item() == pytest.approx(over.precision.item(), rel=1e-6)


def test_agreement_along_a_factor_golden_values() -> None:
    """gamma = 1: strength .9 .805, 1.1 .816, .5 .777, 3 .880; no jump where recovery sets in."""
    strengths = [3.0, 1.1, 0.9, 0.5]
    readout = ts.predict(ts.Spiked(strengths), gamma=1.0)
    np.testing.assert_allclose(readout.convergence_factor[1:3], [0.816, 0.805], atol=5e-4)
    np.testing.assert_allclose(readout.convergence_factor[[0, 3]], [0.880, 0.777], atol=2e-3)
    assert (readout.recovery.values > 0).tolist() == [True, True, False, False]


def test_the_distance_of_twins_is_the_gap_in_units_of_the_energy() -> None:
    ridges = [ts.Ridge(0.0), ts.Ridge(0.5)]
    readout = ts.predict(ts.Spiked([]), ridges, gamma=[0.5, 4.0])
    expected = 2.0 * readout.convergence_gap * (1.0 + readout.ridge)
    np.testing.assert_allclose(readout.flow_distance, expected, rtol=1e-13)
