"""Small parts of the engines by hand: each of these saw a fault that no wider test had noticed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import twinseed as ts
from twinseed.simulation import Dense, Krylov
from twinseed.simulation.compressed import orders, twins
from twinseed.simulation.compressed.band import GaussianBand
from twinseed.simulation.ranks import matched
from twinseed.status import Status


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


@pytest.mark.parametrize(("limit", "status"), [(6, Status.OK), (5, Status.NOT_MEASURED)])
def test_the_distance_is_computed_up_to_its_limit(limit: int, status: Status) -> None:
    engine, rng = Dense(seeds=2, wasserstein_limit=limit), np.random.default_rng(0)
    found = engine.draw(ts.Spiked([]), ts.Ridge(0.1), 8, 6, rng)["wasserstein"]
    assert str(found.status) == status


def test_a_factor_beyond_the_learnt_directions_is_left_out() -> None:
    """Ten directions, two learnt, and the four largest eigenvalues are factors."""
    assert matched(np.arange(10.0, 0.0, -1.0), 4, 2).tolist() == [0, 1]


@pytest.mark.parametrize(("seeds", "status"), [(1, Status.NOT_MEASURED), (2, Status.OK)])
def test_one_seed_has_no_correlation_along_a_factor(seeds: int, status: Status) -> None:
    x = np.random.default_rng(0).standard_normal((1, seeds, 5))
    measured = orders.agreement(x, x, np.ones((1, seeds)), 0.0, 2, 8, np.ones(1, dtype=bool))
    (along,) = dict(measured)["convergence_factor"]
    assert np.ravel(along.status).tolist() == [str(status)] * 2


def test_the_distance_of_subspaces_is_the_share_of_the_factors_that_is_missed() -> None:
    """Cosines 0.8 and 0.6 to two factors: sqrt(1 - (0.64 + 0.36)/2) = sqrt(0.5)."""
    learnt = np.array([[[0.8, 0.0, 0.6, 0.0], [0.0, 0.6, 0.0, 0.8]]])
    told = dict(orders.recovered(np.array([9.0, 4.0]), learnt, learnt, 100, np.ones(1, dtype=bool)))
    (missed,) = told["recovery_distance"]
    assert float(missed.value) == pytest.approx(np.sqrt(0.5), rel=1e-12)
