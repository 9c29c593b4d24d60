"""The share of samples closer to training rows by distance, at a finite size."""

from __future__ import annotations

import numpy as np
import pytest
from docs.studies.statuses_draws import draw
from scipy import stats

import twinseed as ts
from twinseed.orders.memorisation.distances import _Power
from twinseed.populations import Population


def share(population: Population, n: int, **size: int) -> float:
    return float(ts.predict(population, n=n, **size).memorisation_share_euclidean)


@pytest.mark.parametrize(
    ("population", "n", "size"),
    [
        (ts.Spiked([3.0, 1.0]), 60, {"d": 60}),
        (ts.Atoms([1.0, 5.0]), 40, {"d": 40}),
        (ts.PowerLaw(0.5, 60), 50, {}),
    ],
    ids=["spiked", "two levels", "power law"],
)
def test_the_share_is_that_of_drawn_twins(
    population: Population, n: int, size: dict[str, int]
) -> None:
    rng = np.random.default_rng(0)
    d = size.get("d", population.dimension)
    assert d is not None
    drawn = [
        draw(population, ts.Ridge(0.0), n, d, rng)["memorisation_share_euclidean"]
        for _ in range(120)
    ]
    error = np.std(drawn, ddof=1) / np.sqrt(len(drawn))
    assert error < 0.006
    assert abs(share(population, n, **size) - np.mean(drawn)) < 3.5 * error


@pytest.mark.parametrize(("freedom", "apart"), [(10, 0.0), (12, 25.0), (300, 200.0)])
def test_distances_have_the_law_of_chi_squares(freedom: int, apart: float) -> None:
    law = _Power(*(np.array([freedom + k * apart]) for k in (1, 2, 3)))
    z = np.array([[-3.0, -1.0, 0.0, 1.0, 3.0]])
    found = law.distance(z)
    exact = stats.ncx2(freedom, apart) if apart else stats.chi2(freedom)
    np.testing.assert_allclose(stats.norm.ppf(exact.cdf(found)), z, atol=0.08)
    np.testing.assert_allclose(law.normal(found), z, atol=1e-9)


def test_with_many_rows_and_columns_the_share_depends_on_one_ratio() -> None:
    """``int F(rho t) dF(t)``, ``F = Phi^n``: the limit, here for n = d and rho^2 = 5/3."""
    n = d = 10**6
    t = np.linspace(3.0, 12.0, 20_001)
    others = np.exp(n * stats.norm.logcdf(np.sqrt(5.0 / 3.0) * t))
    own = np.exp(n * stats.norm.logcdf(t))
    expected = float(np.trapezoid(others, own))
    assert abs(share(ts.Spiked(), n, d=d) - expected) < 2e-3
