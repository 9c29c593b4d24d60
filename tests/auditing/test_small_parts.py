"""Small parts of the audit by hand: each saw a fault that no wider test had noticed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

import twinseed as ts
from twinseed.auditing import agreement, factors, subspaces
from twinseed.auditing.controls import Controls
from twinseed.auditing.copying import LEVEL
from twinseed.auditing.estimates import IntervalEstimate, interval
from twinseed.matched import Matched
from twinseed.populations import Estimated
from twinseed.readout import Estimate


def test_a_correlation_has_an_interval_within_minus_one_and_one() -> None:
    values = Estimate(np.array([0.9, 0.0, -0.9]), np.array([0.1, 0.1, 0.1]))
    found = agreement._numbers(SimpleNamespace(correlation=values))  # type: ignore[arg-type]
    assert [one.value for one in found] == [0.9, 0.0, -0.9]
    assert [one.low for one in found] == pytest.approx([0.704, -0.196, -1.0], abs=1e-4)
    assert [one.high for one in found] == pytest.approx([1.0, 0.196, -0.704], abs=1e-4)


def test_the_controls_on_both_sides_of_their_levels() -> None:
    def made(memoriser: float, fresh: float) -> Controls:
        return Controls(memoriser, fresh, samples=10, rows_compared=10)

    assert made(LEVEL - 1e-9, 0.002).told_apart
    assert not made(LEVEL, 0.002).memoriser_caught
    assert not made(LEVEL - 1e-9, 0.002 - 1e-9).fresh_passed


@pytest.mark.parametrize(("beyond", "shown"), [(0.001, True), (-0.001, False)])
def test_a_factor_is_shown_where_the_ceiling_is_above_chance(
    beyond: float, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.random.default_rng(0).standard_normal((5, 40, 20)) * np.append(3.0, np.ones(19))
    twins = ts.Twins(*rows)
    measured = ts.measure(twins, factors=1, rng=0)
    low = subspaces.unrelated(1, 20) + beyond
    ceiling = IntervalEstimate(0.9, low, 1.0)
    monkeypatch.setattr(factors, "window_of", lambda k, *_: slice(k, k + 1))
    monkeypatch.setattr(factors, "carried_on", lambda *_: ceiling)
    (found,) = factors.factors(twins, measured, twins, None, (0,))
    assert found.ceiling == ceiling
    assert found.fate.judged is shown


def test_unrelated_directions_exceed_the_floor_once_in_forty_times() -> None:
    """In the plane the squared cosine of a random angle is below sin^2(0.975 pi/2)."""
    assert subspaces.unrelated(1, 2) == pytest.approx(np.sin(0.975 * np.pi / 2) ** 2, rel=1e-9)
    assert subspaces.unrelated(2, 2) == 1.0


def test_a_band_without_energy_has_no_agreement() -> None:
    population = Estimated([4.0, 1.0, 0.0, 0.0], leading=1)
    spectrum = np.array([0.9, 0.4, 0.0, 0.0])
    found = Matched(population, 0.5, spectrum, population.eigenvalues(4), 2.0)
    told = found.along((slice(0, 2), slice(1, 2), slice(2, 4)))
    np.testing.assert_allclose(told, [(4 * 0.9 + 0.4) / 5, 0.4, np.nan])


def test_an_interval_is_cut_where_its_variable_ends() -> None:
    """1.96 x 0.5 = 0.98 on either side: a share ends at 0 and 1, a ratio at 0 alone."""
    made = {"convergence": 0.3, "memorisation_share": 0.3, "memorisation_ratio": 0.8}
    readout = xr.Dataset(made | {f"{name}_se": 0.5 for name in made})
    found = {name: interval(readout, name) for name in made}
    assert (found["memorisation_share"].low, found["memorisation_share"].high) == (0.0, 1.0)
    assert found["memorisation_ratio"].low == 0.0
    assert found["memorisation_ratio"].high == pytest.approx(1.78, abs=1e-4)
    assert found["convergence"].low == pytest.approx(-0.68, abs=1e-4)
