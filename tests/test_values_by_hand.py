"""Floors, degrees of freedom and corrections: each worked out by hand, and tested on both sides."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import digamma

import twinseed as ts
from twinseed import readout
from twinseed.coupling import density
from twinseed.coupling.outliers import overlap_floor, twin_floor
from twinseed.orders import memorisation, recovery
from twinseed.planning import needed
from twinseed.planning.calibration import Correction
from twinseed.planning.curves import CURVES
from twinseed.populations import _deconvolution, _sample
from twinseed.populations._base import merged
from twinseed.readout import Estimate
from twinseed.simulation import Dense
from twinseed.simulation.compressed.band import GaussianBand, gaussian_factor
from twinseed.status import Status

Array = NDArray[np.float64]
GOLDEN = (1.0 + math.sqrt(5.0)) / 2.0


# The recovery floors: (g + 4)/d, and sqrt((g + 3)/d) between the twins.


def turned(d: int, squared_cosine: float, size: int) -> Array:
    """Return ``size`` orthonormal directions, each at this squared cosine to an axis of its own."""
    directions = np.zeros((d, size))
    for k in range(size):
        directions[k, k] = math.sqrt(squared_cosine)
        directions[size + k, k] = math.sqrt(1.0 - squared_cosine)
    return directions


def learned(name: str, squared_cosine: float, size: int, d: int = 100) -> set[str]:
    """Return the statuses of a group of ``size`` equal factors, learned as far as this."""
    rows = np.random.default_rng(0).standard_normal((4, 6, d))
    axes, near = np.eye(d)[:, :size], turned(d, squared_cosine, size)
    found = recovery.from_twins(
        ts.Twins(*rows),
        0,
        factors=size,
        truth=axes,
        eigenvalues=[5.0] * size,
        directions_a=near,
        directions_b=axes if name == "recovery_twins" else near,
    )[name]
    return {str(one) for one in np.ravel(found.status)}


@pytest.mark.parametrize("name", ["recovery", "recovery_twins"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_recovery_is_below_the_floor_up_to_the_floor(name: str, size: int) -> None:
    # Squared, the floor between the twins is (g + 3)/d: with d = 100, 4 % for a single factor.
    floor = (size + (4 if name == "recovery" else 3)) / 100
    assert learned(name, floor - 1e-4, size) == {str(Status.BELOW_FLOOR)}
    assert learned(name, floor + 1e-4, size) == {str(Status.OK)}


def test_the_floor_of_the_theory_at_threshold() -> None:
    """At n = d and beta = 1 the window is (2/d)^(1/3): the floor is 1/(d (2/d)^(2/3))."""
    unit = (np.ones(1), np.ones(1))
    assert float(overlap_floor(2.0, unit, 1.0, 2000.0)) == pytest.approx(0.05, rel=1e-12)
    assert float(overlap_floor(9.0, unit, 1.0, 2000.0)) == pytest.approx(0.05, rel=1e-12)
    # beta = 0: 1/(d (1 + 2 (2/d)^(2/3))) = 1/(2000 (1 + 0.02))
    assert float(overlap_floor(1.0, unit, 1.0, 2000.0)) == pytest.approx(1 / 2040, rel=1e-12)
    two_levels = (np.array([1.0, 2.0]), np.full(2, 0.5))
    assert float(overlap_floor(9.0, two_levels, 1.0, 250.0)) == pytest.approx(0.02, rel=1e-12)


def test_two_directions_that_nobody_learned_overlap_by_chance() -> None:
    """E|u.v| of unit vectors in d dimensions is sqrt(2/(pi d)), for d = 200/pi one tenth."""
    assert float(twin_floor(0.0, 200.0 / math.pi)) == pytest.approx(0.1, rel=1e-12)
    assert float(twin_floor(0.3, 200.0 / math.pi)) == 0.3


# From a pilot to the population.


def test_the_mean_of_the_fluctuation_of_a_small_pilot() -> None:
    """Bai and Silverstein (2004), Theorem 1.1, relative to the companion transform itself.

    Over one level of variance 1 at n = d and zeta = 1, kappa is the golden ratio g, and what is
    learnt of the level is 1/g^2: the term is ``g^-5/(1 - g^-4)^2/n``. Drawn pilots agree.
    """
    n = 10
    kappa = np.array([[GOLDEN]])
    term = _deconvolution.fluctuation(np.ones(1), np.array([float(n)]), kappa, n).item()
    assert term == pytest.approx(GOLDEN**-5 / (1.0 - GOLDEN**-4) ** 2 / n, rel=1e-12)
    rows = np.random.default_rng(0).standard_normal((20_000, n, n))
    values = np.linalg.eigvalsh(np.swapaxes(rows, 1, 2) @ rows / n)
    drawn = np.mean(1.0 / (values + 1.0)) * GOLDEN - 1.0
    assert drawn == pytest.approx(term, rel=0.1)


def test_the_edge_of_the_noise_and_its_scale() -> None:
    """A unit bulk has the edge (1 + sqrt c)^2, and Johnstone's (2001) scale there."""
    for d in (125, 500, 1000):
        edge = _deconvolution._Edge.above(np.ones(1), np.array([float(d)]), 500.0)
        c = d / 500.0
        assert edge.position == pytest.approx((1.0 + math.sqrt(c)) ** 2, rel=1e-9)
        johnstone = (1 + math.sqrt(c)) ** (4 / 3) * c ** (-1 / 6) * 500 ** (-2 / 3)
        assert edge.scale == pytest.approx(johnstone, rel=1e-9)
    # At n = d = 500: psi = mu + mu/(mu - 1) bends by 2 at its least point, mu = 2, and the scale is
    # (4/500)^(2/3) = 0.04, so that psi exceeds the edge by 3.3 scales at 2 + sqrt(3.3 x 0.04).
    edge = _deconvolution._Edge.above(np.ones(1), np.array([500.0]), 500.0)
    assert edge.detectable == pytest.approx(2.0 + math.sqrt(3.3 * 0.04), rel=1e-9)


def test_a_factor_stands_clear_of_the_noise_by_3_3_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    """At n = d = 64 over a unit bulk the scale is (4/64)^(2/3) = 0.157: the line is at 4.5197."""
    size = 64
    monkeypatch.setattr(
        _deconvolution, "_bulk", lambda sample, n, d, poles: (np.ones(1), np.array([float(d)]))
    )
    # Marchenko and Pastur's law at n = d is the square of a quarter circle.
    root = np.linspace(0.0, 2.0, 4001)
    share = np.cumsum(np.sqrt(4.0 - root**2))
    noise = np.interp((np.arange(size - 1) + 0.5) / (size - 1), share / share[-1], root)[::-1] ** 2
    assert noise[0] < 4.0
    line = 4.0 + 3.3 * (4.0 / size) ** (2.0 / 3.0)
    clear = [
        _deconvolution._clears_the_edge(np.append(position, noise), size, size, 1)
        for position in (line - 0.02, line + 0.02)
    ]
    assert clear == [False, True]


@pytest.mark.parametrize(("rank", "most"), [(2, 0), (3, 1), (30, 10), (96, 32), (120, 32)])
def test_a_third_of_the_rank_may_be_factors_and_32_at_most(rank: int, most: int) -> None:
    assert _deconvolution.most_factors(np.ones(rank)) == most


def test_a_pole_over_few_eigenvalues() -> None:
    """``mu = -n/sum_j 1/(lambda_j - lambda)`` over the other n; what is missing counts as zero."""
    assert _deconvolution._inverted(np.array([2.0, 1.0]), 2, 1) == pytest.approx([2.0])
    # (1/4) (1/(1 - 2) + 2/(0 - 2)) = -1/2
    assert _deconvolution._inverted(np.array([2.0, 1.0]), 4, 1) == pytest.approx([2.0])
    assert _deconvolution._inverted(np.array([2.0, 1.0]), 6, 1) == pytest.approx([2.0])
    assert _deconvolution._inverted(np.array([4.0, 1.0]), 2, 1) == pytest.approx([6.0])


def test_close_factors_do_not_push_each_other_apart() -> None:
    """At n = 100, 10 and 9 lie within the error: 1/(9 - 10) is tapered to -1/(2 x 10^2/100)."""
    poles = _deconvolution._inverted(np.array([10.0, 9.0, 1.0]), 100, 2)
    companion = -1.0 / 2.0 - 1.0 / 9.0 - 97.0 / 10.0
    assert poles[0] == pytest.approx(-100.0 / companion, rel=1e-12)
    # 9 has the error 2 x 81/100 of its own: 1/1.62
    companion = 1.0 / 1.62 - 1.0 / 8.0 - 97.0 / 9.0
    assert poles[1] == pytest.approx(-100.0 / companion, rel=1e-12)
    apart = _deconvolution._inverted(np.array([10.0, 5.0, 1.0]), 100, 2)
    assert apart[0] == pytest.approx(100.0 / (1.0 / 5.0 + 1.0 / 9.0 + 9.7), rel=1e-12)


# Degrees of freedom of the draws (Bartlett 1933).


def test_a_pilot_drawn_through_bartletts_factor_has_its_degrees_of_freedom() -> None:
    """Three rows in three directions: E tr = 3 sum of variances, E log det = sum_k E log chi2_k."""
    rng = np.random.default_rng(0)
    variances = np.array([4.0, 2.0, 1.0])
    drawn = np.array([_sample.gaussian_spectrum(variances, 3, rng) for _ in range(4000)])
    assert drawn.sum(axis=1).mean() == pytest.approx(7.0, rel=0.03)
    exact = sum(digamma(k / 2.0) + math.log(2.0) for k in (1, 2, 3)) + math.log(8.0 / 27.0)
    assert np.log(drawn).sum(axis=1).mean() == pytest.approx(exact, abs=0.15)


def test_the_factor_of_a_gaussian_matrix_has_its_degrees_of_freedom() -> None:
    rng = np.random.default_rng(0)
    square = np.mean([gaussian_factor(3, 4, rng) ** 2 for _ in range(4000)], axis=0)
    expected = [[3.0, 1.0, 1.0, 1.0], [0.0, 2.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]
    np.testing.assert_allclose(square, expected, atol=0.15)


def test_the_band_of_a_gaussian_matrix_has_its_degrees_of_freedom() -> None:
    """n = 4, d = 6, b = 2: row i has chi of 4 - i, a normal, and chi of 4 - i (d - b = 4)."""
    band, rng = GaussianBand(4, 6, 2), np.random.default_rng(0)
    square = np.mean([band.rows(0, 3, rng) ** 2 for _ in range(4000)], axis=0)
    np.testing.assert_allclose(square, [[4, 1, 4], [3, 1, 3], [2, 1, 2]], atol=0.2)
    # What these rows leave out has the rest of the 24 squares: 24 - 9 - 7 - 5 = 3 = (4 - 3)(6 - 3).
    rest = np.mean([band.rest(3, rng) for _ in range(4000)])
    assert rest == pytest.approx(3.0, abs=0.15)


# The plan, and the difference of two readouts.


def rows_needed(half: float, target: float = 0.9) -> needed.RowsNeeded:
    """Plan a convergence whose log odds are log(n/99.9), plus and minus ``half``."""
    correction = Correction(np.array([0.0]), np.array([0.0]), np.array([half]), relative=False)

    def theory(n: Any) -> dict[str, Estimate]:
        q = n / (n + 99.9)
        return {"convergence": Estimate(q), "convergence_gap": Estimate(1.0 - q)}

    curve = CURVES["convergence"]
    return needed.rows_needed(curve, correction, theory, target, group=None, pilot_rows=300)


def test_the_ends_of_a_band_meet_the_target_at_other_rows() -> None:
    # odds of 9 at n = 899.1; the upper end has them at 899.1/2, the lower end at 899.1 x 2.
    found = rows_needed(math.log(2.0))
    assert (found.low, found.value, found.high) == (450.0, 900.0, 1799.0)
    assert (found.reach, found.status) == (3.0, Status.EXTRAPOLATED)
    assert str(found) == "900 (450 to 1,799)"
    # odds of 1/4 at n = 24.975, at half and at twice as many
    found = rows_needed(math.log(2.0), 0.2)
    assert (found.low, found.value, found.high) == (13.0, 25.0, 50.0)
    assert (found.reach, found.status) == (25.0 / 300.0, Status.OK)


def test_a_band_whose_lower_end_never_meets_the_target_has_no_end() -> None:
    # the lower end has odds of n/99.9 exp(-30): 9 at n = 9.6e15, beyond all rows
    found = rows_needed(30.0)
    assert (found.value, found.high) == (900.0, math.inf)
    assert str(found) == "900 (2 to no end)"
    never = rows_needed(1.0, 1.0 - 1e-12)
    assert math.isnan(never.value)
    assert never.status == Status.NOT_IDENTIFIABLE


def test_a_correction_is_straight_in_log_n_and_flat_beyond() -> None:
    correction = Correction(
        np.log([10.0, 1000.0]), np.array([0.0, 2.0]), np.array([[1.0], [3.0]]), relative=False
    )
    by, half = correction.at(np.array([1.0, 10.0, 100.0, 5000.0]))
    np.testing.assert_allclose(by, [0.0, 0.0, 1.0, 2.0])
    np.testing.assert_allclose(half, [[1.0], [1.0], [2.0], [3.0]])


def test_the_errors_of_two_readouts_add_in_squares() -> None:
    same = ts.predict(ts.Spiked([2.0]), n=100, d=80)
    one = same.assign(convergence_se=same.convergence_se + 0.03)
    other = same.assign(
        convergence=same.convergence - 0.1, convergence_se=same.convergence_se + 0.04
    )
    found = ts.compare(one, other)
    assert float(found.convergence_se) == pytest.approx(0.05, rel=1e-12)
    assert float(found.convergence_difference) == pytest.approx(0.1, rel=1e-12)
    # what both formulas may be off by, of the larger value, does not count
    bias = 2.0 * float(same.convergence_bias) * float(same.convergence)
    assert 0.0 < bias < 0.1
    expected = (0.1 - bias) / 0.05
    assert float(found.convergence_z) == pytest.approx(expected, rel=1e-12)
    assert float(ts.compare(other, one).convergence_z) == pytest.approx(-expected, rel=1e-12)
    assert readout.check(one) is one


# Rows that both twins saw.


@pytest.mark.parametrize("copier", ["a", "b"])
def test_a_copy_of_a_shared_row_has_the_number_that_its_own_training_set_gives_it(
    copier: str,
) -> None:
    """Row i of the shared rows is number i + 5 for one twin and 29 - i for the other."""
    draw = np.random.default_rng(1)
    one, other, heldout, fresh = draw.standard_normal((4, 60, 8))
    other[:25] = one[5:30][::-1]
    copies = one[5:30] + 0.001
    numbers = {"one": np.arange(5, 30), "other": np.arange(24, -1, -1)}
    swapped = copier == "b"
    for mine, name in ((one, "one"), (other, "other")):
        theirs = other if name == "one" else one
        given = {
            "train_a": theirs if swapped else mine,
            "train_b": mine if swapped else theirs,
            "samples_a": fresh[:25] if swapped else copies,
            "samples_b": copies if swapped else fresh[:25],
        }
        found = ts.audit(**given, heldout=heldout, rng=0)
        assert found.copying.p_value < 0.01
        np.testing.assert_array_equal(found.copying.matches[copier], numbers[name])
        assert {suspect.generator for suspect in found.copying.suspects} == {copier}


# The parts of the theory.


@pytest.mark.parametrize("low", [0.0, 0.1, 1.0])
def test_a_function_that_jumps_is_integrated_piece_by_piece(low: float) -> None:
    """Between 0 (or .1, or 1) and 4, with jumps at 2 and 3: each piece has its own length."""
    nodes, weights = density._nodes(np.array([[low, 4.0]]), [3.0, 2.0, 5.0], 32)
    pieces = [weights[(a < nodes) & (nodes < b)].sum() for a, b in ((0, 2), (2, 3), (3, 4))]
    assert pieces == pytest.approx([2.0 - low, 1.0, 1.0], rel=1e-9)


def test_equal_atoms_are_one_and_empty_ones_none() -> None:
    values, weights = merged(np.array([3.0, 1.0, 2.0, 1.0]), np.array([2.0, 0.5, 0.0, 1.5]))
    assert values.tolist() == [1.0, 3.0]
    assert weights.tolist() == [0.5, 0.5]


def test_the_distance_is_exact_over_the_identity_alone() -> None:
    for population, status in (
        (ts.Spiked([]), Status.OK),
        (ts.Spiked([2.0]), Status.LEADING_ORDER),
        (ts.PowerLaw(1.0, 80), Status.NO_THEORY),
    ):
        found = ts.predict(population, ts.Ridge(0.1), n=100, d=80)
        assert str(found.wasserstein_status.values) == status


# What a simulation needs.


def test_two_rows_are_enough_and_one_is_not() -> None:
    Dense().require_room(2, 5)
    with pytest.raises(ts.InputError, match=r"^n must"):
        Dense().require_room(1, 5)


def test_the_memory_of_a_dense_draw() -> None:
    """n = 100, d = 50 and 64 seeds: 47,800 numbers, and 3 x 50^2 for the distance."""
    assert Dense().peak_bytes(100, 50) == 8 * (47_800 + 7_500) + 16 * 5_000
    assert Dense(wasserstein_limit=50).peak_bytes(100, 50) == Dense().peak_bytes(100, 50)
    assert Dense(wasserstein_limit=49).peak_bytes(100, 50) == 8 * 47_800 + 16 * 5_000


# What is measured.


def test_the_shares_of_two_generators_are_the_mean_of_both() -> None:
    rows = np.random.default_rng(0).standard_normal((5, 40, 6))
    a, b, train_a, train_b, heldout = rows
    a = train_a + 0.5 * a
    both = memorisation.from_twins(ts.Twins(a, b, train_a, train_b, heldout), 0, resamples=0)
    each = [
        memorisation.from_twins(ts.Twins(x, None, y, heldout=heldout), 0, resamples=0)
        for x, y in ((a, train_a), (b, train_b))
    ]
    for name in ("memorisation", "memorisation_share", "memorisation_share_euclidean"):
        alone = [float(one[name].value) for one in each]
        assert alone[0] > alone[1]
        assert float(both[name].value) == pytest.approx(np.mean(alone), rel=1e-12)
