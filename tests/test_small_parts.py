"""Small parts by hand: each of these saw a fault that no wider test had noticed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.test_values_by_hand import learned

import twinseed as ts
from twinseed.coupling import density
from twinseed.coupling.cauchy import is_analytic
from twinseed.coupling.outliers import outlier
from twinseed.filters._base import checked
from twinseed.orders.recovery.theory import _chordal, _mixed
from twinseed.populations import Estimated
from twinseed.populations._sample import sample_spectrum
from twinseed.readout import Estimate
from twinseed.simulation import Dense, Krylov
from twinseed.simulation.compressed import twins
from twinseed.simulation.compressed.band import GaussianBand
from twinseed.simulation.ranks import matched
from twinseed.status import Status


class Broken(ts.Filter):
    """Not finite at one eigenvalue: 2."""

    def __call__(self, eigenvalues: Any) -> Any:
        return np.where(np.asarray(eigenvalues) == 2.0, np.nan, 1.0)

    @property
    def parameters(self) -> dict[str, float]:
        return {"level": 3.0}

    @classmethod
    def examples(cls) -> list[Broken]:
        return [cls()]


def test_the_eigenvalue_at_which_a_filter_fails_is_named() -> None:
    with pytest.raises(ts.InputError, match="at lambda = 2 it is not"):
        checked(Broken(), np.array([1.0, 2.0, 3.0]))
    assert repr(Broken()) == "Broken(level=3.0)"
    assert repr(ts.PowerLaw(1.5, 80)).startswith("PowerLaw(")
    assert "1.5" in repr(ts.PowerLaw(1.5, 80))
    assert "PowerLaw'" not in repr(ts.PowerLaw(1.5, 80))


def test_directions_shared_by_more_than_all_are_all_shared() -> None:
    found = _chordal(Estimate(np.array([[0.9, 1.0]])), np.array([[0.2, 0.1]]))
    assert np.asarray(found.value).tolist() == [0.0]


def test_what_a_factor_mixes_in_is_all_that_it_lacks() -> None:
    """Where every other direction is a factor, the squared overlaps with them make up 1 - Q."""
    factors, others = np.array([8.0, 2.0, 1.0]), (np.array([1.0, 2.0]), np.array([0.7, 0.3]))
    load = np.array([0.5, 2.0])
    found = outlier(8.0, others, load)
    assert np.all(found.separated)
    mixed = _mixed(8.0, factors, found, others, load)
    assert mixed == pytest.approx(1.0 - found.overlap, rel=1e-12)
    assert np.all(_mixed(8.0, factors[[0]], found, others, load) == 0.0)


def test_the_distance_of_the_subspaces_is_below_the_floor_with_its_factors() -> None:
    assert learned("recovery", 0.01, 2) == {str(Status.BELOW_FLOOR)}
    assert learned("recovery_distance", 0.01, 2) == {str(Status.BELOW_FLOOR)}
    assert learned("recovery_distance", 0.2, 2) == {str(Status.OK)}


def test_the_density_knows_no_unit() -> None:
    spectrum, nodes = (np.array([1.0, 4.0]), np.full(2, 0.5)), np.array([0.5, 2.0, 6.0])
    small = (1e-9 * spectrum[0], spectrum[1])
    expected = density.on_axis(nodes, spectrum, 80.0, 40.0)
    found = density.on_axis(1e-9 * nodes, small, 80.0, 40.0)
    np.testing.assert_allclose(found, 1e-9 * expected, rtol=1e-6)


def test_what_is_taken_where_nothing_is_said() -> None:
    assert ts.Ridge() == ts.Ridge(0.0)
    estimate = Estimated([1.0, 2.0])
    assert (estimate.constant_columns, estimate.degrees, estimate.detectable) == (0, None, None)
    assert estimate.factors.size == 0


def test_a_band_is_laid_out_for_each_replicate() -> None:
    band = GaussianBand(2, 9, 1)
    laid = band.matrix(np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]]))
    assert laid.tolist() == [[[1, 2, 0], [0, 3, 4]], [[5, 6, 0], [0, 7, 8]]]


def test_a_factor_in_the_upper_half_is_counted_from_the_top() -> None:
    """Ten directions, six learnt: rank 4 is fifth from the top, rank 6 fourth from below."""
    falling = np.arange(10.0, 0.0, -1.0)
    for rank, column in ((4, 4), (5, 1), (6, 2), (9, 5)):
        order = np.append(falling[rank], np.delete(falling, rank))
        assert matched(order, 1, 6).tolist() == [column]


def test_a_direction_is_at_rest_where_little_of_it_lies_far_off() -> None:
    """(0.9^2 + 0.1^2) along the factors, 0.2^2 in the later half: 0.82 x 0.04 = 0.0328."""
    side = SimpleNamespace(values=np.zeros((1, 2)))
    chosen = np.array([[[0.9, 0.1, 0.0, -0.2]]])
    for tolerance, rests in ((0.0327, False), (0.0329, True)):
        found = twins._TwinBatch._at_rest(side, chosen, tolerance)  # type: ignore[arg-type]
        assert found.tolist() == [rests]


def test_the_basis_of_an_iteration_is_bounded() -> None:
    """64 seeds in 2,000 columns, 1,001 steps of 8 bytes: 0.95 GiB, unless half a GiB is allowed."""
    peaks = [Krylov(seeds=64, basis_gib=gib).peak_bytes(1000, 2000) for gib in (4.0, 0.5, 0.25)]
    assert peaks[0] - peaks[1] == 8 * 64 * 2000 * 1001 - 2**29
    assert peaks[1] - peaks[2] == 2**28


class Late(ts.Filter):
    """Declared analytic, but cut off at an eigenvalue of 20,000."""

    analytic = True

    def __call__(self, eigenvalues: Any) -> Any:
        return np.where(np.real(eigenvalues) > 2e4, np.sqrt(eigenvalues), 0.0)

    @property
    def parameters(self) -> dict[str, float]:
        return {}

    @classmethod
    def examples(cls) -> list[Late]:
        return [cls()]


def test_a_filter_is_examined_where_the_spectrum_lies() -> None:
    with pytest.raises(ts.InputError, match="Cauchy's formula gives wrong values"):
        ts.predict(ts.Atoms([1e4]), Late(), gamma=2.0)


def test_a_single_level_knows_no_unit() -> None:
    one = ts.predict(ts.Atoms([1.0]), ts.Ridge(0.1), n=100, d=80)
    four = ts.predict(ts.Atoms([4.0]), ts.Ridge(0.4), n=100, d=80)
    for name in ("convergence", "convergence_gap", "memorisation_share"):
        assert float(four[name]) == pytest.approx(float(one[name]), rel=1e-9)


@pytest.mark.parametrize("sampler", [ts.Euler(1), ts.Heun(1)], ids=repr)
def test_a_step_of_a_sampler_is_its_factor_over_a_linear_denoiser(sampler: Any) -> None:
    """From sigma = 3 to 1 at lambda = 1: 0.4 by Euler's method and 0.5 by Heun's."""
    factor = {"Euler": 0.4, "Heun": 0.5}[type(sampler).__name__]
    moved = sampler.advance(np.array([2.0]), lambda x, sigma: x / (1.0 + sigma**2), 3.0, 1.0)
    assert moved == pytest.approx([2.0 * factor], rel=1e-12)


def test_a_pilot_gives_its_mean_unless_it_is_known() -> None:
    rows = np.random.default_rng(0).standard_normal((9, 4))
    assert sample_spectrum(rows).degrees == 8
    assert sample_spectrum(rows, known_mean=True).degrees == 9


def test_a_draw_that_needs_exactly_what_is_there_is_made() -> None:
    Dense(max_gib=1.0).require_room(100, 50)
    needed = Dense().peak_bytes(100, 50) / 2**30
    Dense(max_gib=needed).require_room(100, 50)
    with pytest.raises(ts.InputError):
        Dense(max_gib=needed * 0.999).require_room(100, 50)


def test_the_memory_of_an_iteration() -> None:
    """n = 100, d = 50, 16 seeds: rows, basis, vectors and blocks, in numbers of 8 bytes."""
    rows, basis, vectors = 3 * 100 * 50, 16 * 50 * 50, 16 * (8 * 50 + 4 * 100)
    assert Krylov(seeds=16).peak_bytes(100, 50) == 8 * (rows + basis + vectors) + 40 * 100 * 50


def test_a_column_of_one_value_is_constant_about_a_known_mean_if_it_is_zero() -> None:
    rows = np.random.default_rng(0).standard_normal((9, 4))
    rows[:, 3] = 0.0
    assert sample_spectrum(rows, known_mean=True).constant_columns == 1
    rows[:, 3] = 2.0
    assert sample_spectrum(rows, known_mean=True).constant_columns == 0
    assert sample_spectrum(rows).constant_columns == 1


def test_a_learnt_law_of_lower_rank_is_infinitely_far() -> None:
    """Fewer rows than columns and no ridge: directions of the truth have no variance in it."""
    few = ts.predict(ts.Spiked([]), ts.Ridge(0.0), n=40, d=80)
    assert np.isnan(float(few.divergence_true_learnt)) or np.isinf(few.divergence_true_learnt)
    many = ts.predict(ts.Spiked([]), ts.Ridge(0.0), n=160, d=80)
    # c = 1/2: [1 + ((1 - c)/c) log(1 - c)]/2 = (1 - log 2)/2
    assert float(many.divergence_learnt_true) == pytest.approx((1 - np.log(2)) / 2, rel=1e-9)


def test_a_step_hands_the_denoiser_the_rows_and_then_the_level() -> None:
    for sampler in (ts.Euler(1), ts.Heun(1)):
        seen: list[tuple[int, float]] = []

        def denoise(x: Any, sigma: float, seen: list[tuple[int, float]] = seen) -> Any:
            seen.append((np.size(x), sigma))
            return x / 2.0

        sampler.advance(np.ones(3), denoise, 3.0, 1.0)
        assert seen == [(3, 3.0), (3, 1.0)][: len(seen)]


@pytest.mark.parametrize(("limit", "status"), [(6, Status.OK), (5, Status.NOT_MEASURED)])
def test_the_distance_is_computed_up_to_its_limit(limit: int, status: Status) -> None:
    engine, rng = Dense(seeds=2, wasserstein_limit=limit), np.random.default_rng(0)
    found = engine.draw(ts.Spiked([]), ts.Ridge(0.1), 8, 6, rng)["wasserstein"]
    assert str(found.status) == status


def test_a_function_that_is_zero_is_analytic() -> None:
    assert is_analytic(lambda z: 0.0 * z)
