"""Each formula by a second and a third route: a naive loop, and a quadrature of another kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize, special

from twinseed.coupling import extremes, kappa, marchenko_pastur, outlier
from twinseed.coupling.compression import compressed
from twinseed.coupling.marchenko_pastur import mean_root
from twinseed.coupling.outliers import overlap_floor, twin_floor
from twinseed.coupling.quadrature import ridge_conditional

IDENTITY = (np.array([1.0]), np.array([1.0]))
levels = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=5, unique=True)


def fixed_point_by_brent(zeta: float, values: np.ndarray, weights: np.ndarray, c: float) -> float:
    def excess(x: float) -> float:
        return x - zeta - c * sum(w * x * m / (x + m) for m, w in zip(values, weights, strict=True))

    top = zeta + c * float(np.dot(values, weights))
    return float(optimize.brentq(excess, zeta, top * (1 + 1e-12), xtol=1e-300, rtol=1e-14))


@given(values=levels, zeta=st.floats(1e-12, 1e6), load=st.floats(1e-3, 1e3))
def test_kappa_is_the_bracketed_root(values: list[float], zeta: float, load: float) -> None:
    mu = np.sort(np.array(values))
    weights = np.full(mu.size, 1.0 / mu.size)
    found = float(kappa(zeta, (mu, weights), load, 1.0))
    assert zeta <= found * (1 + 1e-15)
    assert found <= (zeta + mu.mean() / load) * (1 + 1e-12)
    assert found > 0
    naive = fixed_point_by_brent(zeta, mu, weights, 1.0 / load)
    # a root is only as sharp as the slope there: compare the residuals' scale, not the digits
    slope = 1 - np.sum(weights * mu**2 / (naive + mu) ** 2) / load
    assert abs(found - naive) <= 1e-12 * naive + 4e-15 * (naive + zeta) / max(slope, 1e-12)


def test_kappa_never_takes_the_negative_root() -> None:
    # d = 2 n: an unbracketed Newton iteration from zeta = 0.01 ends at -0.0098
    assert abs(float(kappa(0.01, IDENTITY, 50, 100)) - (1.01 + math.sqrt(1.0601)) / 2) < 1e-15
    zeta = np.logspace(-300, 3, 500)
    for n in (1.0, 99.0, 100.0, 101.0, 1e6):
        root = kappa(zeta, IDENTITY, n, 100.0)
        assert np.all(root > 0)
        assert np.all(np.diff(root) >= -4e-15 * root[1:])


@pytest.mark.parametrize("gamma", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_mean_root_by_the_density(gamma: float, ridge: float) -> None:
    c = 1 / gamma
    low, high = (1 - math.sqrt(c)) ** 2, (1 + math.sqrt(c)) ** 2

    def density(x: float) -> float:
        return math.sqrt((high - x) * (x - low)) / (2 * math.pi * c * x)

    value, _ = integrate.quad(lambda x: math.sqrt(x + ridge) * density(x), low, high, limit=500)
    atom = max(0.0, 1 - gamma) * math.sqrt(ridge)
    assert abs(float(mean_root(gamma, ridge)) - value - atom) < 1e-7


def pairs_of_every_level() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    near = np.exp(rng.uniform(-1.0, 1.0, 4000) ** 3)
    gamma = np.append(10.0 ** rng.uniform(-4.0, 4.0, 4000), near)
    ridge = np.where(rng.random(8000) < 0.25, 0.0, 10.0 ** rng.uniform(-8.0, 3.0, 8000))
    return gamma, ridge


@pytest.mark.parametrize("more", [0, 4])
def test_every_pair_has_as_many_nodes_as_it_needs(more: int) -> None:
    """Four times as many nodes change nothing; without ``more`` the sum of the deficit would."""
    gamma, ridge = pairs_of_every_level()
    level = marchenko_pastur._level(1.0 / gamma, ridge, more)
    assert set(level) == set(range(len(marchenko_pastur._NODES) + 1))
    rule = marchenko_pastur._deficit_sum if more else marchenko_pastur._root_sum
    for at, number in enumerate(marchenko_pastur._NODES):
        some = (1.0 / gamma[level == at], ridge[level == at])
        found, exact = rule(*some, number), rule(*some, 4 * number + 20)
        used = exact < 0.05 if more else np.isfinite(exact)  # of larger gaps no deficit is taken
        scale = exact if more else np.sqrt(1.0 + some[1])
        assert np.max(np.abs(found - exact)[used] / scale[used], initial=0.0) < 1e-14 * 10 ** bool(
            more
        )


def test_many_nodes_agree_with_the_elliptic_integral() -> None:
    gamma, ridge = pairs_of_every_level()
    level = marchenko_pastur._level(1.0 / gamma, ridge)
    some = (level >= 6) & (ridge > 0)
    exact = marchenko_pastur._root_elliptic(1.0 / gamma[some], ridge[some])
    np.testing.assert_allclose(mean_root(gamma[some], ridge[some]), exact, rtol=1e-13)


@pytest.mark.parametrize("gamma", [0.05, 0.9, 1.0, 30.0])
@pytest.mark.parametrize("ridge", [0.0, 0.2, 10.0])
def test_quadrature_agrees_with_the_closed_form(gamma: float, ridge: float) -> None:
    found = ridge_conditional(np.ones(1), IDENTITY, gamma, 1.0, ridge)
    assert abs(found.value[0] / float(mean_root(gamma, ridge)) - 1) < 1e-13


def test_quadrature_by_a_naive_loop() -> None:
    mu, weights, load, ridge = np.array([0.2, 1.0, 7.0]), np.array([0.5, 0.3, 0.2]), 0.8, 0.05

    def integrand(u: float, m: float) -> float:
        zeta = u * u + ridge
        k = fixed_point_by_brent(zeta, mu, weights, 1 / load)
        return 2 / math.pi * (ridge * k / zeta + m) / (k + m)

    found = ridge_conditional(mu, (mu, weights), load, 1.0, ridge)
    for m, value, shortfall in zip(mu, found.value, found.shortfall, strict=True):
        naive = (
            integrate.quad(integrand, 0, 1, (m,))[0]
            + integrate.quad(integrand, 1, np.inf, (m,), limit=200)[0]
        )
        assert abs(value - naive) < 1e-7
        assert abs(shortfall - (math.sqrt(m + ridge) - naive)) < 1e-7


def test_compression_keeps_every_sum() -> None:
    mu = np.sort(np.random.default_rng(0).gamma(0.3, size=20_000))
    mu[:100] = 0.0
    weights = np.full(mu.size, 1 / mu.size)
    nodes, few = compressed((mu, weights))
    assert nodes.size < 600
    for x in (1e-6, 1e-2, 3.0, 1e4):
        exact = math.fsum(weights * x * mu / (x + mu))
        assert abs(few @ (x * nodes / (x + nodes)) / exact - 1) < 1e-13
    assert few[nodes == 0].sum() == pytest.approx(0.005, abs=1e-15)


@given(n=st.floats(1, 1e9))
def test_expected_maximum_by_another_quadrature(n: float) -> None:
    value, _ = integrate.quad(
        lambda t: -math.expm1(n * math.log1p(-special.erfc(t / math.sqrt(2)))) if t else 1.0,
        0,
        12,
        limit=300,
        epsabs=1e-12,
    )
    assert abs(float(extremes.expected_maximum(n)) - value) < 1e-8


@pytest.mark.parametrize("n", [1, 2, 5, 499, 501, 5000])
def test_chi_mean_by_quadrature(n: int) -> None:
    assert (
        abs(float(extremes.chi_mean(n)) / float(extremes.chi_average(n, lambda x: x)) - 1) < 1e-12
    )


@given(beta=st.floats(-0.9, 50), gamma=st.floats(0.01, 100))
def test_outlier_over_the_identity_is_the_closed_form(beta: float, gamma: float) -> None:
    found = outlier(1 + beta, IDENTITY, gamma)
    c = 1 / gamma
    if beta > math.sqrt(c) * (1 + 1e-9):
        closed = (1 - c / beta**2) / (1 + c / beta)
        assert abs(float(found.overlap) - closed) < 1e-9
        assert abs(float(found.position) / ((1 + beta) * (1 + c / beta)) - 1) < 1e-12
    elif 0 <= beta < math.sqrt(c) * (1 - 1e-9):
        assert float(found.overlap) == 0.0
        assert not bool(found.separated)


def test_floor_is_what_an_unlearned_direction_shows() -> None:
    """Top eigenvectors below threshold, drawn; the formula is good to about a factor of two."""
    rng = np.random.default_rng(3)
    d = n = 200
    for beta in (0.4, 0.8, 1.0):
        own, twins = [], []
        for _ in range(25):
            pair = []
            for _ in range(2):
                rows = rng.standard_normal((n, d))
                rows[:, 0] *= math.sqrt(1 + beta)
                pair.append(np.linalg.svd(rows, full_matrices=False)[2][0])
                own.append(pair[-1][0] ** 2)
            twins.append(abs(float(np.dot(*pair))))
        floor = float(overlap_floor(1 + beta, IDENTITY, 1.0, d))
        assert 0.5 < np.mean(own) / floor < 2.0
        assert 0.5 < np.mean(twins) / float(twin_floor(floor, d)) < 2.0
