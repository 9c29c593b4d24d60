"""Nonlinear shrinkage: against the paper's formula written naively, and for what it is good for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import twinseed as ts
from twinseed.filters import SpectrumSeen
from twinseed.generators.linear import LinearGenerator
from twinseed.orders.distance import bures_wasserstein
from twinseed.populations import Population

Array = NDArray[np.float64]


def spectrum_of(rows: Array) -> SpectrumSeen:
    n, d = rows.shape
    values = np.zeros(d)
    values[: min(n, d)] = np.linalg.svd(rows, compute_uv=False)[: min(n, d)] ** 2 / n
    return SpectrumSeen(values[::-1], np.full(d, 1.0 / d), n=n, d=d)


def shrunk_of(spectrum: SpectrumSeen) -> Array:
    values: Array = ts.Shrinkage().adapted(spectrum)(spectrum.values) ** 2
    return values


def naive(eigenvalues: Array, n: int, d: int, *, literal: bool = False) -> Array:
    """Ledoit and Wolf 2020, one eigenvalue at a time: 4.3, 4.7-4.9 for n >= d, else C.4, C.5, C.8.

    The paper has two cases. Its closed form of the Hilbert transform loses all digits far away: a
    Gauss rule is used there; ``literal`` asks for the closed form everywhere.
    """
    t, weight = np.polynomial.legendre.leggauss(40)
    t = math.sqrt(5) * t
    weight = math.sqrt(5) * weight * 3 / (4 * math.sqrt(5)) * (1 - t**2 / 5)
    seen = eigenvalues[max(0, d - n) :]
    h = n ** (-1 / 3)
    root = math.sqrt(5)
    shrunk = []
    for x in seen:
        density = hilbert = 0.0
        for y in seen:
            u = (x - y) / (h * y)
            density += 3 / (4 * root) * max(1 - u * u / 5, 0) / (h * y)
            if abs(u) > 8 and not literal:
                hilbert += float(weight @ (1 / (t - u))) / math.pi / (h * y)
                continue
            logarithm = math.log(abs((root - u) / (root + u)))
            hilbert += (
                -3 * u / (10 * math.pi) + 3 / (4 * root * math.pi) * (1 - u * u / 5) * logarithm
            ) / (h * y)
        density, hilbert = density / len(seen), hilbert / len(seen)
        if n >= d:
            c = d / n
            below = (math.pi * c * x * density) ** 2
            shrunk.append(x / (below + (1 - c - math.pi * c * x * hilbert) ** 2))
        else:
            shrunk.append(x / (math.pi**2 * x**2 * (density**2 + hilbert**2)))
    if n >= d:
        return np.array(shrunk)
    logarithm = math.log((1 + root * h) / (1 - root * h))
    at_zero = 3 / (10 * h * h) + 3 / (4 * root * h) * (1 - 1 / (5 * h * h)) * logarithm
    at_zero *= np.mean(1 / seen) / math.pi
    null = 1 / (math.pi * (d - n) / n * at_zero)
    return np.array([null] * (d - n) + shrunk)


@pytest.mark.parametrize(
    ("n", "d"), [(12, 60), (40, 60), (59, 60), (60, 60), (61, 60), (90, 60), (400, 60)]
)
def test_the_formula_of_the_paper(n: int, d: int) -> None:
    rows = ts.PowerLaw(1.0, d).sample(n, d, np.random.default_rng([n, d]))
    spectrum = spectrum_of(rows)
    np.testing.assert_allclose(shrunk_of(spectrum), naive(spectrum.values, n, d), rtol=1e-10)


def test_an_eigenvalue_near_zero_does_not_drown_the_others_in_rounding() -> None:
    spectrum = spectrum_of(np.random.default_rng(0).standard_normal((60, 60)))
    shrunk = []
    for least in (1e-9, 1e-13, 1e-20):
        values = spectrum.values.copy()
        values[0] = least
        shrunk.append(shrunk_of(SpectrumSeen(values, spectrum.weights, n=60, d=60)))
    for other in shrunk[1:]:
        np.testing.assert_allclose(other[1:], shrunk[0][1:], rtol=1e-6)
    # The closed form taken literally loses all of them.
    literal = naive(values, 60, 60, literal=True)
    assert np.all(np.abs(literal[1:] / shrunk[-1][1:] - 1) > 0.9)


@pytest.mark.parametrize("n", [100, 198, 199, 200, 201, 202, 400])
def test_the_identity_is_found_around_as_many_rows_as_columns(n: int) -> None:
    rows = np.random.default_rng(n).standard_normal((n, 200))
    shrunk = shrunk_of(spectrum_of(rows))
    assert np.all(shrunk > 0)
    # A share of about n^(1/3)/n lies at the hard edge, where the kernel is too wide.
    assert np.mean((shrunk - 1) ** 2) < 0.05
    assert abs(shrunk.mean() - 1) < 0.04


@pytest.mark.parametrize("n", [5, 30, 200])
def test_directions_without_variance_get_none(n: int) -> None:
    rows = np.random.default_rng(3).standard_normal((n, 20))
    thin = spectrum_of(rows)
    wide = spectrum_of(np.hstack([rows, np.zeros((n, 7))]))
    shrunk = shrunk_of(wide)
    assert np.all(np.isfinite(shrunk))
    if n > 20:
        np.testing.assert_array_equal(shrunk[:7], 0.0)
        np.testing.assert_allclose(shrunk[7:], shrunk_of(thin), rtol=1e-12)


def test_repeated_columns_and_rounding_in_the_null_space() -> None:
    rows = np.random.default_rng(4).standard_normal((100, 20))
    twice = spectrum_of(np.hstack([rows, rows]))
    shrunk = shrunk_of(twice)
    np.testing.assert_array_equal(shrunk[:20], 0.0)
    np.testing.assert_allclose(shrunk[20:], 2 * shrunk_of(spectrum_of(rows)), rtol=1e-12)


def test_repeated_rows_say_nothing_of_the_null_space() -> None:
    rows = np.random.default_rng(8).standard_normal((20, 60))
    shrunk = shrunk_of(spectrum_of(np.vstack([rows, rows])))
    np.testing.assert_array_equal(shrunk[:40], 0.0)
    assert np.all(shrunk[40:] > 0)


def test_rounding_adds_no_rank() -> None:
    spectrum = spectrum_of(np.random.default_rng(9).standard_normal((20, 60)))
    noisy = spectrum.values.copy()
    noisy[30:40] = 1e-17  # what an eigenvalue solver leaves of zeros
    np.testing.assert_array_equal(
        shrunk_of(SpectrumSeen(noisy, spectrum.weights, n=20, d=60)), shrunk_of(spectrum)
    )


def test_no_data_at_all_gives_nothing() -> None:
    nothing = SpectrumSeen(np.zeros(5), np.full(5, 0.2), n=3, d=5)
    np.testing.assert_array_equal(shrunk_of(nothing), 0.0)


@pytest.mark.parametrize("n", [1, 2, 5, 11])
@pytest.mark.parametrize("d", [1, 4, 30])
def test_very_few_rows(n: int, d: int) -> None:
    rows = np.random.default_rng([n, d]).standard_normal((n, d))
    shrunk = shrunk_of(spectrum_of(rows))
    assert np.all(np.isfinite(shrunk))
    assert np.all(shrunk > 0)


@pytest.mark.parametrize("n", [1, 11])
def test_the_kernel_stops_widening_below_twelve_rows(n: int) -> None:
    one = SpectrumSeen(np.ones(1), np.ones(1), n=n, d=1)
    height = 3 / (4 * math.sqrt(5)) * 12 ** (1 / 3)
    expected = 1 / ((math.pi * height / n) ** 2 + (1 - 1 / n) ** 2)
    np.testing.assert_allclose(shrunk_of(one), expected, rtol=1e-13)


@given(scale=st.floats(1e-6, 1e6), n=st.integers(3, 60), d=st.integers(2, 40))
def test_shrinkage_knows_no_unit(scale: float, n: int, d: int) -> None:
    spectrum = spectrum_of(np.random.default_rng([n, d]).standard_normal((n, d)))
    scaled = SpectrumSeen(scale * spectrum.values, spectrum.weights, n=n, d=d)
    np.testing.assert_allclose(shrunk_of(scaled), scale * shrunk_of(spectrum), rtol=1e-6)


def test_weights_stand_for_repeated_eigenvalues() -> None:
    values = np.array([0.5, 0.5, 0.5, 2.0, 3.0, 3.0])
    apart = SpectrumSeen(values, np.full(6, 1 / 6), n=20, d=6)
    merged = SpectrumSeen(np.array([0.5, 2.0, 3.0]), np.array([3, 1, 2]) / 6, n=20, d=6)
    np.testing.assert_allclose(shrunk_of(apart)[[0, 3, 4]], shrunk_of(merged), rtol=1e-12)


def test_between_eigenvalues_the_shrunk_ones_are_interpolated() -> None:
    spectrum = spectrum_of(np.random.default_rng(5).standard_normal((40, 20)))
    filter = ts.Shrinkage().adapted(spectrum)
    middle = (spectrum.values[3] + spectrum.values[4]) / 2
    expected = np.sqrt(shrunk_of(spectrum)[3:5].mean())
    assert filter(np.array([middle]))[0] == pytest.approx(expected, rel=1e-12)
    assert filter.at_zero == pytest.approx(np.sqrt(shrunk_of(spectrum)[0]))


def test_the_null_space_has_the_value_at_zero() -> None:
    spectrum = spectrum_of(np.random.default_rng(6).standard_normal((50, 100)))
    filter = ts.Shrinkage().adapted(spectrum)
    assert filter.at_zero**2 == pytest.approx(naive(spectrum.values, 50, 100)[0], rel=1e-9)
    assert filter.at_zero**2 == pytest.approx(1, abs=0.1)


def test_in_the_limit_the_oracle_is_used() -> None:
    values, oracle = np.array([0.0, 1.0, 4.0]), np.array([0.7, 0.9, 2.5])
    spectrum = SpectrumSeen(values, np.full(3, 1 / 3), n=np.inf, d=np.inf, oracle=oracle)
    filter = ts.Shrinkage().adapted(spectrum)
    np.testing.assert_allclose(filter(values) ** 2, oracle, rtol=1e-15)


def errors(population: Population, model: LinearGenerator) -> tuple[float, float]:
    """Squared Frobenius and Wasserstein distance of the model to the truth, per dimension."""
    truth = population.eigenvalues(model.d)
    energies, rest = model.filter(model.eigenvalues) ** 2, model.filter.at_zero**2
    v = model.directions
    learnt = (v * (energies - rest)) @ v.T + rest * np.eye(model.d)
    frobenius = float(np.sum((learnt - np.diag(truth)) ** 2)) / model.d
    return frobenius, bures_wasserstein(truth, energies, v, rest=rest)


@pytest.mark.parametrize("n", [40, 80, 160])
@pytest.mark.parametrize(
    "population", [ts.Spiked([]), ts.Spiked([9.0, 4.0]), ts.PowerLaw(1.0, 80)], ids=repr
)
def test_shrinkage_is_nearer_to_the_truth(population: Any, n: int) -> None:
    rng = np.random.default_rng(7)
    plain, shrunk = np.zeros(2), np.zeros(2)
    for _ in range(5):
        rows = population.sample(n, 80, rng)
        plain += errors(population, LinearGenerator.fit(rows, ts.Ridge(0.0)))
        shrunk += errors(population, LinearGenerator.fit(rows, ts.Shrinkage()))
    assert np.all(shrunk < 0.95 * plain)
