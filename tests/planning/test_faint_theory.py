"""Plans where theory sees nothing of memorisation: few effective dimensions, many rows."""

from __future__ import annotations

import numpy as np

import twinseed as ts
from twinseed.planning.curves import CURVES
from twinseed.status import Status

SPREADS = [9.0, 6.0, 1.0, 1.0, 1.0, 1.0]


def test_memorisation_is_planned_by_what_is_added_to_theory() -> None:
    pilot = np.random.default_rng(5).standard_normal((90, 6)) * SPREADS
    plan = ts.plan(pilot, resamples=10, rng=0)
    n = np.array([45, 90, 180, 1440])
    share, ratio = plan.memorisation_share(n), plan.memorisation_ratio(n)
    for band, least, most in ((share, 0.5, 1.0), (ratio, 1.0, 3.0)):
        assert np.all((least <= band.low) & (band.low <= band.value) & (band.value <= band.high))
        assert np.all(band.high < most)
        assert set(band.status) == {str(Status.LEADING_ORDER)}  # "ok" would be a false promise
    drawn = ts.simulate(ts.Spiked([80.0, 35.0]), n=[45, 90], d=6, replicates=20, rng=0)
    truth = drawn["memorisation_share"].values.ravel()
    assert np.all((share.low[:2] <= truth) & (truth <= share.high[:2]))


def test_a_correction_is_added_only_where_theory_is_nearly_nothing() -> None:
    curve = CURVES["memorisation_share"]
    assert curve.corrects(np.array([0.3, 0.01])) is curve
    assert not curve.corrects(np.array([0.3, 0.0])).relative
    assert CURVES["convergence"].corrects(np.zeros(2)) is CURVES["convergence"]
