"""A plan says what theory says at the estimate, and how sure it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.pilots import ROWS, TRUTH, VARIED, D, pilot, planned

import twinseed as ts
from twinseed.planning import Plan
from twinseed.status import Status


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(pilot(), resamples=20)


def test_a_plan_is_the_theory_of_the_estimate_at_one_row_less(plan: Plan) -> None:
    n = [40, 160]
    theory = ts.predict(ts.estimate_population(pilot()), n=np.array(n) - 1)
    for name in ("convergence", "memorisation_ratio", "memorisation_share"):
        np.testing.assert_allclose(plan.bands(n)[name].value, theory[name], rtol=1e-12)
    np.testing.assert_allclose(plan.recovery(n).value, theory.recovery, rtol=0.02)


def test_the_truth_lies_within_the_bands(plan: Plan) -> None:
    n = [40, 160, 2560]
    truth = ts.predict(TRUTH, n=np.array(n) - 1, d=D)
    for name in VARIED:
        band, known = plan.bands(n)[name], truth[name].values
        assert np.all(band.low <= band.value), name
        assert np.all(band.value <= band.high), name
        assert np.all(band.low <= known), name
        assert np.all(known <= band.high), name


def test_a_larger_pilot_narrows_the_bands(plan: Plan) -> None:
    larger = planned(pilot(8 * ROWS), resamples=20)
    for name in VARIED:
        few, many = plan.bands(160)[name], larger.bands(160)[name]
        assert np.all(many.high - many.low < 0.7 * (few.high - few.low)), name


def test_shapes_follow_n(plan: Plan) -> None:
    assert plan.convergence(100).value.shape == ()
    assert plan.convergence([100]).low.shape == (1,)
    assert plan.recovery([100, 200]).high.shape == (2, 2)
    assert plan.recovery(100).status.shape == (2,)


def test_beyond_the_pilot_it_is_extrapolated_and_says_how_far(plan: Plan) -> None:
    band = plan.convergence([ROWS // 2, ROWS, 4 * ROWS])
    assert band.status.tolist() == [Status.OK, Status.OK, Status.EXTRAPOLATED]
    assert band.reach.tolist() == [0.5, 1.0, 4.0]


def test_a_warning_of_the_theory_stays_where_nothing_corrects_it(plan: Plan) -> None:
    assert plan.memorisation_ratio(ROWS // 2).status == Status.LEADING_ORDER
    assert plan.recovery(2).status[1] == Status.BELOW_FLOOR


@pytest.mark.parametrize("target", [0.5, 0.9, 0.99])
def test_samples_for_inverts_convergence(plan: Plan, target: float) -> None:
    needed = plan.samples_for(convergence=target)
    before, at = plan.convergence([needed.value - 1, needed.value]).value
    assert before < target <= at
    assert needed.low < needed.value < needed.high
    low, high = plan.convergence(needed.low), plan.convergence(needed.high)
    assert low.high == pytest.approx(target, abs=0.01)
    assert high.low == pytest.approx(target, abs=0.01)
    assert needed.reach == needed.value / ROWS


def test_samples_for_inverts_recovery(plan: Plan) -> None:
    needed = plan.samples_for(recovery=0.8, factor=2)
    before, at = plan.recovery([needed.value - 1, needed.value]).value[:, 1]
    assert before < 0.8 <= at
    low, high = plan.recovery(needed.low), plan.recovery(needed.high)
    assert low.high[1] == pytest.approx(0.8, abs=0.01)
    assert high.low[1] == pytest.approx(0.8, abs=0.01)
    assert (needed.name, needed.factor) == ("recovery", 2)
    assert needed.words == "recovery 0.8 of factor 2"


def test_a_target_below_chance_needs_the_least() -> None:
    ridge = planned(pilot(), filter=ts.Ridge(50.0))
    needed = ridge.samples_for(convergence=0.2)
    assert (needed.low, needed.value, needed.high) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("target", [0.0, 1.0, 1.5, -0.1, float("nan")])
@pytest.mark.parametrize("name", ["convergence", "recovery"])
def test_targets_out_of_range_are_refused(plan: Plan, name: str, target: float) -> None:
    with pytest.raises(ts.InputError, match=f"^{name}"):
        plan.samples_for(**{name: target})


def test_one_target_at_a_time(plan: Plan) -> None:
    for targets in ({}, {"convergence": 0.5, "recovery": 0.5}):
        with pytest.raises(ts.InputError, match="one at a time"):
            plan.samples_for(**targets)


def test_a_factor_that_is_not_separated_is_refused_with_their_number(plan: Plan) -> None:
    with pytest.raises(ts.InputError, match="at most 2, the number of factors that stand out"):
        plan.samples_for(recovery=0.8, factor=3)


@pytest.mark.parametrize("n", [1, 0, 2.5, [10, 10], [], "many"])
def test_rows_that_cannot_be_are_refused(plan: Plan, n: Any) -> None:
    with pytest.raises(ts.InputError, match=r"^n(\[| must)"):
        plan.convergence(n)


@pytest.mark.parametrize(
    ("rows", "further", "message"),
    [
        (np.ones((7, 3)), {}, "pilot must have at least 8 rows"),
        (np.full((9, 3), np.inf), {}, r"pilot\[0, 0\] must be finite"),
        (np.ones((9, 3)), {}, "pilot must vary"),
        (pilot(20), {"resamples": 9}, "resamples must be"),
        (pilot(20), {"filter": "ridge"}, "filter must be a filter"),
        (pilot(20), {"rng": -1}, "rng must be"),
        (pilot(20), {"rng": 10**5000}, "rng must be below"),
        (pilot(20), {"splits": 1}, "splits must be 0, or 2 or more"),
        (pilot(20), {"splits": -1}, "splits must be"),
        (pilot(20), {"ceiling": 0.0}, "ceiling must be"),
        (pilot(20), {"ceiling": 1.01}, "ceiling must be at most 1"),
    ],
)
def test_bad_input_is_named(rows: Any, further: dict[str, Any], message: str) -> None:
    with pytest.raises(ts.InputError, match=message):
        ts.plan(rows, **further)


def test_the_seed_moves_the_bands_alone() -> None:
    one, same, other = (planned(pilot(40), rng=seed).convergence(300) for seed in (1, 1, 2))
    assert (one.low, one.high) == (same.low, same.high) != (other.low, other.high)
    assert one.value == other.value


def test_progress_counts_resamples_and_splits() -> None:
    steps: list[int] = []
    planned(pilot(30), resamples=11, splits=3, progress=steps.append)
    assert sum(steps) == 14


@pytest.mark.extras
def test_sixty_digits_foretell_eight_hundred() -> None:
    """Linear twins on disjoint halves of the digits, simulated: .9566, .9841 and .9919."""
    from sklearn.datasets import load_digits

    images = load_digits().data
    images = images[:, np.ptp(images, axis=0) > 0]
    images = images[np.random.default_rng(0).permutation(len(images))[:60]]
    found = planned(images).convergence([150, 400, 800])
    assert np.abs(found.value - [0.9566, 0.9841, 0.9919]).max() < 0.02
