"""What verdicts rest on, on both sides of every limit; see ``test_verdict_on_copying``."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import beta
from tests.support.verdicts import AUDIT

from twinseed.auditing import copied_fraction, copying, seeds, subspaces
from twinseed.auditing.agreement import _percentiles
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.nearest_in_pool import NearestInPool
from twinseed.auditing.pool import FOLDS
from twinseed.auditing.relabelling import Attribution
from twinseed.auditing.screening import UNLIKE, fitness
from twinseed.data.twins import Twins
from twinseed.intervals import wilson


@pytest.mark.parametrize(
    ("p", "visible", "names"),
    [
        (UNLIKE, 0.1, []),
        (UNLIKE - 0.0001, 0.1, ["not exchangeable"]),
        (UNLIKE, 0.1001, ["little power"]),
    ],
)
def test_what_speaks_against_the_rows(
    p: float, visible: float, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert UNLIKE == 0.002
    monkeypatch.setattr("twinseed.auditing.screening.exchangeable", lambda *_: p)
    draw = np.random.default_rng(0)
    rows, held, samples = draw.standard_normal((3, 30, 4))
    rows_alone = fitness(Twins(samples, None, rows, heldout=held).rows, (0,))
    found = rows_alone.beside(replace(AUDIT.copying, smallest_visible=visible))
    assert [one.name for one in found.findings] == names


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_limits_of_a_share_are_those_of_wilson(share: float) -> None:
    low, high = wilson(share, 50, 1.959963984540054)
    for one in (low, high):
        spread = math.sqrt(max(one * (1 - one), 0.0) / 50)  # a limit at 1 may pass it by rounding
        assert abs(one - share) == pytest.approx(1.959963984540054 * spread, abs=1e-6)
    assert low - 1e-9 <= share <= high + 1e-9


@pytest.mark.parametrize(
    ("own", "real", "stands"), [(0.03, 0.0, True), (0.005, 0.0, False), (0.05, 0.02, False)]
)
def test_copies_stand_out_three_errors_above_real_rows(
    own: float, real: float, stands: bool
) -> None:
    """Of 200 samples and 2,000 real rows."""
    cut = copied_fraction._Cut(1.0, own, 0.0, real, 200, 2000, 1.0, 0.0)
    assert (cut.excess_above_real(copied_fraction._SURE) > 0) is stands


def attribution(margins: list[float], own: list[bool]) -> Attribution:
    rows = np.tile(np.arange(len(margins)), (FOLDS, 1))
    role, margin = np.tile(np.where(own, 0, 1), (FOLDS, 1)), np.tile(margins, (FOLDS, 1))
    near = NearestInPool(role, rows, rows, np.log(0.1 + rows[0] / 7), margin, rows[0])
    return Attribution((0,), {"distance": near, "cosine": near}, len(margins))


def test_suspects_win_by_more_than_the_clear_margin() -> None:
    generator = attribution([0.5, 0.9, 0.9001, 2.0, 3.0], [True, True, True, False, True])
    own = {0: np.arange(100, 105)}
    found = copying._suspects([generator], [SimpleNamespace(own=own)], 0.9)
    assert [(one.sample, one.training_row) for one in found] == [(4, 104), (2, 102)]
    assert found[0].times_closer == pytest.approx(math.exp(3.0))
    assert found[0].distance == pytest.approx(0.1 + 4 / 7)


def test_intervals_hold_ninety_five_per_cent_of_what_was_drawn() -> None:
    found = _percentiles(0.5, np.arange(1001) / 1000)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.025, 0.975))
    assert _percentiles(2.0, np.arange(11.0) / 10).high == 2.0
    assert _percentiles(-1.0, np.arange(11.0) / 10).low == -1.0


@pytest.mark.parametrize(("count", "known"), [(7, False), (8, True)])
def test_pairing_needs_eight_seeds(count: int, known: bool) -> None:
    a, b = np.random.default_rng(0).standard_normal((2, count, 3))
    rows = np.random.default_rng(1).standard_normal((9, 3))
    found = seeds.pairing(Twins(a, b, rows, heldout=None), (0,))
    assert found is not None
    assert math.isnan(found.p_value) is not known


@pytest.mark.parametrize(("partners", "found"), [(19, True), (18, False)])
def test_another_order_needs_partners_of_more_than_nine_in_ten(partners: int, found: bool) -> None:
    a = np.eye(20)
    b = np.where(np.arange(20) < partners, 1.0, -1.0)[:, None] * a[::-1]
    assert seeds._partnered(a, b) is found


def test_another_order_is_looked_for_where_equal_seeds_do_not_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seeds, "_partnered", lambda *_: True)
    monkeypatch.setattr(seeds, "_order", lambda *_: ("", 0))
    rows = np.random.default_rng(1).standard_normal((9, 3))
    values = []
    for seed in range(40):
        a, b = np.random.default_rng(seed).standard_normal((2, 20, 3))
        told = seeds.pairing(Twins(a, b + 0.45 * a, rows), (0,))
        assert told is not None
        assert (told.order == "another order") is (told.p_value >= 0.01)
        values.append(told.p_value)
    assert any(value < 0.01 for value in values)
    assert any(0.01 <= value < 0.05 for value in values)


@pytest.mark.parametrize(("size", "d"), [(1, 2), (1, 10), (4, 10), (3, 500)])
def test_a_subspace_holds_an_unrelated_direction_by_more_once_in_forty_times(
    size: int, d: int
) -> None:
    floor = subspaces.unrelated(size, d)
    assert beta.cdf(floor, size / 2, (d - size) / 2) == pytest.approx(0.975)
    assert subspaces.unrelated(d, d) == 1.0


@pytest.mark.parametrize(("gap", "last"), [(2.99, 1), (3.01, 0)])
def test_variances_within_three_standard_errors_are_one_window(gap: float, last: int) -> None:
    values = np.array([9.0 + 0.5 * gap, 9.0, 1.0])
    errors = np.array([0.3, 0.4, 0.1])
    assert subspaces.window_of(0, values, errors, 0) == slice(0, last + 1)
    assert subspaces.window_of(1, values, errors, 0) == slice(1 - last, 2)
    assert subspaces.window_of(2, values, errors, 0) == slice(2, 3)
    assert subspaces.window_of(2, values, errors, 1) == slice(1, 3)
    assert subspaces.window_of(5, values, errors, 0) == slice(5, 6)


def test_the_ceiling_is_carried_on_to_the_number_of_samples() -> None:
    """Q(x) = x a/(1 + x a): 0.8 of 40 rows, 0.9 of 90 and 0.95 of 190, for a = 0.1."""
    shared = IntervalEstimate(0.72, 0.0, 1.0)
    found = subspaces.carried_on(shared, (40, 90), (190, 90))
    assert (found.value, found.low, found.high) == pytest.approx((0.95 * 0.9, 0.0, 1.0))
    assert subspaces.carried_on(shared, (190, 90), (190, 90)) == shared
