"""A plan is corrected by the halves of its pilot, and by simulated rows."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray
from tests.support.pilots import VARIED, gap, pilot, planned

import twinseed as ts
from twinseed.coupling import solve
from twinseed.orders import convergence
from twinseed.orders.convergence.theory import next_order
from twinseed.planning.calibration import DRIFT
from twinseed.planning.groups import _quantile, with_rising_low
from twinseed.planning.normality import moments, oddness
from twinseed.status import Status


def test_a_calibrated_plan_has_the_same_bits_for_the_same_seed() -> None:
    one, same, other = (planned(pilot(40, 30), splits=3, rng=seed) for seed in (1, 1, 2))
    for name in VARIED:
        first, again = (plan.bands([20, 160])[name] for plan in (one, same))
        for part in ("value", "low", "high"):
            assert np.array_equal(getattr(first, part), getattr(again, part)), name
    assert one.calibrated.factor != other.calibrated.factor


def test_rows_of_two_scales_are_planned_with_more_disagreement() -> None:
    """A tenth of the rows at four times the scale: theory alone says too little disagreement."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((8000, 20)) * np.sqrt(np.arange(20.0, 0.0, -1.0))
    rows *= np.where(rng.random((8000, 1)) < 0.1, 4.0, 1.0)
    plain, corrected = (planned(rows[:200], splits=splits) for splits in (0, 10))
    truth = np.mean([gap(rows[k : k + 400], rows[k + 400 : k + 800]) for k in range(0, 8000, 800)])
    missed, held = (1.0 - one.convergence(400).value for one in (plain, corrected))
    assert missed < 0.75 * truth
    assert held == pytest.approx(truth, rel=0.25)
    band = corrected.convergence(400)
    assert band.low < 1.0 - truth < band.high
    factor = corrected.calibrated.factor
    assert factor > 1.3
    told = " ".join(corrected.method())
    assert f"Calibrated by c = {factor:.2f}" in told
    assert "from 10 random splits of the pilot into halves of 100 rows" in told
    assert "Why c is above 1: the rows are uneven" in told
    assert "not calibrated" in " ".join(plain.method())


def test_gaussian_rows_need_no_calibration() -> None:
    rows = np.random.default_rng(1).standard_normal((200, 60))
    found = planned(rows, splits=10)
    assert found.calibrated.factor == pytest.approx(1.0, abs=0.05)
    assert not any(one.startswith("Why c") for one in found.method())


def test_a_leading_order_is_simulated() -> None:
    """Over a power law at n = 50 the formula of the share is of leading order, and simulated."""
    rows = ts.PowerLaw(1.0, 100).sample(100, 100, np.random.default_rng(2))
    plain, corrected = (planned(rows, splits=splits) for splits in (0, 10))
    assert plain.memorisation_share(50).status == Status.LEADING_ORDER
    assert corrected.memorisation_share(50).value == pytest.approx(0.878, abs=0.02)
    assert corrected.memorisation_ratio(50).value == pytest.approx(1.196, abs=0.04)
    assert corrected.memorisation_share(50).status == Status.OK
    assert corrected.calibrated.simulated == (50, 100, 200, 400, 800)
    assert "simulated, with Gaussian rows" in " ".join(corrected.method())


def test_factors_that_cannot_be_told_apart_have_one_recovery() -> None:
    rows = ts.Spiked([30.0, 29.0, 6.0]).sample(100, 60, np.random.default_rng(3))
    found = planned(rows, splits=4)
    assert found.groups[:2] == (slice(0, 2), slice(2, 3))
    band = found.recovery([50, 200])
    assert np.array_equal(band.value[:, 0], band.value[:, 1])
    assert np.all(band.value[:, 0] > 0.8)
    header, first, *_ = found.table([50])
    assert header[5:7] == ("recovery 1-2", "recovery 3")
    assert first[5] == band.of(0).cells()[0]


@pytest.mark.parametrize(
    ("population", "n", "off"),
    [(ts.Spiked([]), 20, 0.05), (ts.PowerLaw(1.0, 60), 120, 0.06), (ts.PowerLaw(3.0, 60), 60, 0.1)],
)
def test_a_finite_sample_adds_to_the_gap_what_the_limit_leaves_out(
    population: ts.Population, n: int, off: float
) -> None:
    """Linear models of 200 pairs of sets of rows, against the limit and its next order."""
    d = population.dimension or 20
    load = np.full((1, 1, 1), float(n))
    coupling = solve(population, [ts.Ridge(0.0)], load, np.full_like(load, d), load / d)
    told = float(convergence.from_coupling(coupling)["convergence_gap"].value.item())
    rng, root = np.random.default_rng(0), np.sqrt(population.eigenvalues(d))
    rows = (rng.standard_normal((2 * n, d)) * root for _ in range(200))
    true = np.mean([gap(one[:n], one[n:], mean=False) for one in rows])
    added = float(next_order(coupling).item())
    assert told == pytest.approx(true, rel=off)
    assert abs(told - true) < 0.5 * abs(told - added - true)


def skewed(n: int, seed: int) -> NDArray[np.float64]:
    """Rows of twenty skewed columns of unequal variance."""
    rows = np.random.default_rng(seed).gamma(2.0, size=(n, 20))
    return np.asarray((rows - 2.0) * np.linspace(2.0, 0.2, 20))


def test_the_moments_of_one_direction_are_skewness_and_kurtosis() -> None:
    rows = np.random.default_rng(0).exponential(size=(500, 1))
    found = moments(rows)
    expected = [scipy.stats.skew(rows[:, 0]) ** 2, scipy.stats.kurtosis(rows[:, 0]) ** 2]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("n", [50, 200])
def test_only_rows_that_are_not_gaussian_are_found_odd(n: int) -> None:
    rng = np.random.default_rng(0)
    usual = [moments(rng.standard_normal((n, 20))) for _ in range(40)]
    gaussian = [oddness(moments(rng.standard_normal((n, 20))), usual) for _ in range(40)]
    assert np.mean(gaussian) < 0.15
    assert np.mean([oddness(moments(skewed(n, seed)), usual) for seed in range(10)]) > 0.9


def test_the_bands_of_rows_that_are_not_gaussian_widen_with_n(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drifting = planned(skewed(100, 0), splits=4)
    assert drifting.calibrated.oddness == 1.0
    assert "not Gaussian, by their third and fourth moments" in " ".join(drifting.method())
    monkeypatch.setitem(DRIFT, "convergence", 0.0)
    still = planned(skewed(100, 0), splits=4)
    n = np.array([50.0, 1600.0])
    half = [one.calibrated.corrections["convergence"].at(n)[1] for one in (drifting, still)]
    added = np.sqrt(half[0] ** 2 - half[1] ** 2) / 1.6448536269514722
    np.testing.assert_allclose(added, [0.0, 0.06 * np.sqrt(5.0)], rtol=1e-6, atol=1e-6)


def test_halves_that_vary_more_than_those_of_gaussian_pilots_widen_the_bands() -> None:
    rng = np.random.default_rng(3)
    even = rng.standard_normal((120, 20)) * np.sqrt(np.arange(20.0, 0.0, -1.0))
    uneven = even * np.where(rng.random((120, 1)) < 0.1, 4.0, 1.0)
    plain, heavy = (planned(rows, splits=6) for rows in (even, uneven))
    assert plain.calibrated.excess < 2.0 < heavy.calibrated.excess
    widths = [one.convergence(120).high - one.convergence(120).low for one in (plain, heavy)]
    assert widths[1] > 2.0 * widths[0]
    assert f"multiplied by {heavy.calibrated.excess:.1f}" in " ".join(heavy.method())
    assert heavy.samples_for(convergence=0.9).status == Status.UNEVEN
    assert plain.samples_for(convergence=0.9).status != Status.UNEVEN


def test_a_weighted_quantile_counts_the_weights() -> None:
    values = np.array([[3.0, 30.0], [1.0, 10.0], [2.0, 20.0]])
    weights = np.array([1.0, 5.0, 1.0])
    assert _quantile(values, weights, 0.5).tolist() == [1.0, 10.0]
    assert _quantile(values, weights, 0.8).tolist() == [2.0, 20.0]
    assert _quantile(values, weights, 0.9).tolist() == [3.0, 30.0]


def test_the_lower_end_of_a_recovery_never_falls_with_n() -> None:
    straight = np.array([[1.0], [2.0], [4.0]])
    by = np.zeros((3, 1))
    half = np.array([[0.5], [1.2], [0.5]])
    found = with_rising_low(straight, by, half)
    np.testing.assert_allclose(straight * (1.0 - found), [[0.5], [0.5], [2.0]])
    found = with_rising_low(straight[::-1], by, half)
    assert found.tolist() == [[0.5], [0.0], [0.0]], "a fall of theory itself stays"
