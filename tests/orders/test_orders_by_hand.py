"""Small parts of the orders by hand: each of these saw a fault that no wider test had noticed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import multigammaln
from tests.test_values_by_hand import learned

import twinseed as ts
from twinseed.coupling.outliers import outlier
from twinseed.orders.recovery.theory import _chordal, _mixed
from twinseed.populations import Estimated
from twinseed.readout import Estimate
from twinseed.status import Status


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


def test_a_learnt_law_of_lower_rank_is_infinitely_far() -> None:
    """Fewer rows than columns and no ridge: directions of the truth have no variance in it."""
    few = ts.predict(ts.Spiked([]), ts.Ridge(0.0), n=40, d=80)
    assert np.isnan(float(few.divergence_true_learnt)) or np.isinf(few.divergence_true_learnt)
    many = ts.predict(ts.Spiked([]), ts.Ridge(0.0), n=160, d=80)
    # E log det of 160 rows: the derivative of the logarithm of the gamma function of 80 dimensions
    slope = (multigammaln(80 + 1e-4, 80) - multigammaln(80 - 1e-4, 80)) / 2e-4
    exact = -0.5 * (slope / 80 + np.log(2 / 160))
    assert float(many.divergence_learnt_true) == pytest.approx(exact, rel=1e-6)
    # in the limit, c = 1/2: [1 + ((1 - c)/c) log(1 - c)]/2 = (1 - log 2)/2
    limit = ts.predict(ts.Spiked([]), ts.Ridge(0.0), gamma=2.0)
    assert float(limit.divergence_learnt_true) == pytest.approx((1 - np.log(2)) / 2, rel=1e-9)


def test_a_law_without_an_inverse_is_infinitely_far_from_what_was_learnt() -> None:
    """The last two directions have no variance: neither law has a density over the other."""
    found = ts.predict(Estimated([4.0, 1.0, 0.0, 0.0]), ts.Ridge(0.1), n=50, d=4)
    for name in ("divergence_learnt_true", "divergence_true_learnt"):
        assert str(found[f"{name}_status"].item()) == str(Status.INFINITE)


def test_the_mean_cosine_of_a_cell_is_its_own() -> None:
    """Alone or in a grid: the mean of z'Bz/z'Az is not the ratio of the means."""
    alone = ts.predict(ts.PowerLaw(1.5, 40), ts.Ridge(0.1), n=60)
    grid = ts.predict(ts.PowerLaw(1.5, 40), ts.Ridge(0.1), n=[60, 90])
    assert float(alone.convergence_cosine) == pytest.approx(
        float(grid.convergence_cosine.sel(n=60)), rel=1e-12
    )
    assert abs(float(alone.convergence_cosine) - float(alone.convergence)) > 1e-3
