"""The compressed engine at sizes that only it reaches: the limit, and no digit lost on the way."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import twinseed as ts
from twinseed.filters import Filter
from twinseed.populations import Spiked
from twinseed.simulation import Compressed
from twinseed.simulation.compressed.band import chi

Array = NDArray[np.float64]

NAMES = (
    "convergence",
    "convergence_gap",
    "convergence_cosine",
    "convergence_chance",
    "flow_distance",
    "recovery",
    "memorisation",
    "memorisation_ratio",
)


def drawn(
    engine: Compressed, population: Spiked, filter: Filter, n: int, d: int, count: int
) -> dict[str, Array]:
    rngs = [np.random.default_rng([9, i]) for i in range(count)]
    found = engine.draws(population, filter, n, d, rngs)
    return {name: np.array([one[name].value for one in found]) for name in NAMES}


@pytest.mark.parametrize("d", [10**4, 10**6, 10**8])
@pytest.mark.parametrize("gamma", [0.5, 3.0])
def test_the_draws_reach_the_limit_as_d_grows(gamma: float, d: int) -> None:
    population, filter, n = Spiked([4.0, 2.0]), ts.Ridge(0.02), round(gamma * d)
    found = drawn(Compressed(), population, filter, n, d, 32)
    theory = ts.predict(population, filter, n=n, d=d)
    for name in NAMES:
        off = np.abs(found[name].mean(axis=0) - theory[name].values)
        error = found[name].std(axis=0) / np.sqrt(32)
        # theory is good to O(1/d), the truncation to the tolerance
        assert np.all(off < 4 * error + (6 / d + 1e-4) * theory[name].values), name
        assert np.all(error < 3 / np.sqrt(d)), name


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_unequal_twins_agree_by_the_product_of_their_couplings(ridge: float) -> None:
    """Over the identity ``E x_A.x_B = d F_A F_B``, and ``q_t = F_t^2/(1 + r)``."""
    d, n, n_b = 10**8, 2 * 10**8, 3 * 10**7
    found = drawn(Compressed(n_b=n_b), Spiked([]), ts.Ridge(ridge), n, d, 24)["convergence"]
    q = ts.predict(Spiked([]), ts.Ridge(ridge), n=[n, n_b], d=d).convergence.values
    assert abs(found.mean() - np.sqrt(np.prod(q))) < 4 * found.std() / np.sqrt(24) + 1e-4
    assert abs(found.mean() - q.mean()) > 0.01


def test_unequal_twins_share_a_factor_as_far_as_both_have_it() -> None:
    d, n, n_b = 10**8, 10**8, 4 * 10**7
    rngs = [np.random.default_rng(i) for i in range(8)]
    draws = Compressed(n_b=n_b).draws(Spiked([4.0]), ts.Ridge(0.1), n, d, rngs)
    q = ts.predict(Spiked([4.0]), ts.Ridge(0.1), n=[n, n_b], d=d).recovery.values.ravel()
    for name, limit in {"recovery": q.mean(), "recovery_twins": np.sqrt(np.prod(q))}.items():
        values = np.array([np.ravel(one[name].value)[0] for one in draws])
        assert abs(values.mean() - limit) < 4 * values.std() / np.sqrt(8) + 1e-5, name


def test_a_gap_of_one_in_four_billion_is_that_of_the_limit() -> None:
    n, d = 10**12, 1000
    gap = drawn(Compressed(), Spiked([]), ts.Ridge(0.0), n, d, 64)["convergence_gap"]
    limit = ts.predict(Spiked([]), ts.Ridge(0.0), n=n, d=d).convergence_gap.item()
    assert limit == pytest.approx(d / n / 4, rel=1e-6)
    assert abs(gap.mean() - limit) < 4 * gap.std() / 8 + 2 / d * limit
    assert gap.std() < 0.1 * limit


@pytest.mark.parametrize("freedom", [10**6, 10**9, 10**12])
def test_chi_fluctuates_as_it_should_where_its_digits_are_few(freedom: int) -> None:
    """``chi^2`` has the standard deviation ``sqrt(2 m)``, a millionth of itself at m = 10^12."""
    square = chi(np.full(20_000, freedom), np.random.default_rng(1)) ** 2
    law = stats.chi2(freedom) if freedom < 10**9 else stats.norm(freedom, np.sqrt(2.0 * freedom))
    assert stats.kstest(square, law.cdf).pvalue > 1e-3
    assert len(np.unique(square)) > 19_900
