"""Verdicts on both sides of every threshold: tables of inputs and outcomes, easy to change.

Each table has a decision's inputs in its rows, value and interval apart, and the outcome beside
them. A new rule is a new row.
"""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import beta
from tests.support.made_audits import made_audit

from twinseed.auditing import copied_fraction, copying, factors, seeds, subspaces
from twinseed.auditing.agreement import Agreement, BandAgreement, _percentiles
from twinseed.auditing.controls import Controls, controlled
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.factors import Factor, Fate
from twinseed.auditing.named import NamedCopy
from twinseed.auditing.nearest_in_pool import NearestInPool
from twinseed.auditing.offsets import Offsets
from twinseed.auditing.parts import Part
from twinseed.auditing.pool import FOLDS
from twinseed.auditing.relabelling import Attribution
from twinseed.auditing.sameness import Sameness
from twinseed.auditing.screening import UNLIKE, fitness
from twinseed.auditing.seeds import Pairing
from twinseed.auditing.verdict import Outcome, answers
from twinseed.data.twins import Twins

NAN = math.nan
UNKNOWN = IntervalEstimate(NAN, NAN, NAN)
AUDIT = made_audit()
GOOD = Controls(0.0005, 0.43, 445, 891)


def given(**changes: Any) -> Any:
    """Return what a verdict asks of the twins."""
    plain = {"n": 100, "seeds": 345, "heldout": 1, "train_b": 1, "shared_training_rows": 0}
    return SimpleNamespace(**{**plain, **changes})


def answer(question: str, **changes: Any) -> Any:
    """Return the answer to a question; what is not given is that of the made audit."""
    parts = {
        "twins": given(),
        "measured": AUDIT.readout,
        "references": AUDIT.references,
        "controls": GOOD,
        "copying": AUDIT.copying,
        "agreement": AUDIT.agreement,
        "factors": AUDIT.factors,
        "visible": 0.1,
        **changes,
    }
    return answers(*parts.values())[question]


# Copying


SURE = replace(AUDIT.copying, smallest_visible=0.1)
NAMED = (NamedCopy("a", 7, "train_a", 11, 0.0, 1e-9),)
HELD = (NamedCopy("a", 7, "heldout", 11, 0.0, 1e-9),)


@pytest.mark.parametrize(
    ("p", "p_linear", "stands", "outcome", "words"),
    [
        (0.0099, 0.0099, True, Outcome.COPYING, "copied fraction 21 %"),
        (0.0099, 0.9, True, Outcome.COPYING, "copied fraction 21 %"),
        (0.0099, 0.0099, False, Outcome.OVERFITTING, "no sample stands out as a copy"),
        (0.01, 0.0099, True, Outcome.NO_COPYING, "p = 0.01, which is borderline;"),
        (0.01, 0.0099, False, Outcome.NO_COPYING, "p = 0.01, which is borderline;"),
        (0.0099, 0.01, False, Outcome.NO_COPYING, "but not more than an honest model"),
        (0.0005, 0.9, False, Outcome.NO_COPYING, "but not more than an honest model"),
        (0.9, 0.0005, True, Outcome.NO_COPYING, "p = 0.90;"),
    ],
)
def test_copying_needs_a_test_that_rejects_and_copies_that_stand_out(
    p: float, p_linear: float, stands: bool, outcome: Outcome, words: str
) -> None:
    found = replace(SURE, p_value=p, p_value_linear=p_linear, stands_out=stands)
    told = answer("copying", copying=found)
    assert told.outcome is outcome
    assert words in told.sentence
    assert ("not be detected" in told.sentence) is (outcome is Outcome.NO_COPYING)


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({"named": NAMED}, Outcome.COPYING, "1 sample equals a training row"),
        ({"named": NAMED + NAMED}, Outcome.COPYING, "2 samples equal a training row"),
        ({"named": HELD}, Outcome.CANNOT_JUDGE, "1 sample equals a held-out row"),
        ({"heldout_copied": 0.4}, Outcome.CANNOT_JUDGE, "about 40 % of the samples are copies of"),
        ({"heldout_copied": 0.0}, Outcome.NO_COPYING, "p = 0.90;"),
        ({"smallest_visible": 0.1001}, Outcome.CANNOT_TELL, "below about 10.0 % would not"),
    ],
)
def test_what_a_test_that_does_not_reject_leaves_open(
    changes: dict[str, Any], outcome: Outcome, words: str
) -> None:
    told = answer("copying", copying=replace(SURE, p_value=0.9, stands_out=False, **changes))
    assert told.outcome is outcome
    assert words in told.sentence


@pytest.mark.parametrize(
    ("p", "stands", "visible", "outcome"),
    [
        (0.19, True, 0.1001, Outcome.COPYING),
        (0.2, True, 0.1001, Outcome.CANNOT_TELL),
        (0.19, False, 0.1001, Outcome.CANNOT_TELL),
        (0.19, True, 0.1, Outcome.NO_COPYING),
    ],
)
def test_copies_that_stand_out_are_told_where_the_test_has_no_power(
    p: float, stands: bool, visible: float, outcome: Outcome
) -> None:
    found = replace(SURE, p_value=p, stands_out=stands, smallest_visible=visible)
    told = answer("copying", copying=found)
    assert told.outcome is outcome
    assert ("too few held-out rows" in told.sentence) is (outcome is Outcome.COPYING)


def test_with_far_fewer_heldout_rows_all_training_rows_count() -> None:
    """At equal numbers nine in ten training rows would be left out of the share."""
    draw = np.random.default_rng(0)
    rows, held, samples = (draw.standard_normal((n, 4)) for n in (180, 20, 30))
    twins = Twins(samples, None, rows, heldout=held)
    found = replace(SURE, rows_compared=20, scores={"a": np.array([1.0, 1.0, 1.0, -1.0])})
    sentence = answer("copying", copying=found, twins=twins).sentence
    assert "0.75 of the samples are closest to a training row of 180, which are 0.90 of" in sentence
    equal = replace(found, rows_compared=120)
    assert "(no copying: 0.5;" in answer("copying", copying=equal, twins=twins).sentence


def test_the_fraction_that_must_be_visible_is_an_option() -> None:
    honest = replace(AUDIT.copying, p_value=0.9, stands_out=False, smallest_visible=0.2)
    outcomes = [
        answer("copying", copying=honest, visible=share).outcome for share in (0.19, 0.2, 1.0)
    ]
    assert outcomes == [Outcome.CANNOT_TELL, Outcome.NO_COPYING, Outcome.NO_COPYING]


@pytest.mark.parametrize(
    ("memoriser", "fresh", "copier", "honest"),
    [
        (0.0099, 0.002, Outcome.COPYING, Outcome.NO_COPYING),
        (0.01, 0.002, Outcome.COPYING, Outcome.CANNOT_TELL),
        (0.0099, 0.0019, Outcome.CANNOT_JUDGE, Outcome.CANNOT_JUDGE),
        (0.01, 0.0019, Outcome.CANNOT_JUDGE, Outcome.CANNOT_JUDGE),
    ],
)
def test_a_control_without_power_blocks_an_acquittal_and_a_false_alarm_an_accusation(
    memoriser: float, fresh: float, copier: Outcome, honest: Outcome
) -> None:
    controls = Controls(memoriser, fresh, 40, 41)
    assert answer("copying", controls=controls, copying=SURE).outcome is copier
    innocent = replace(SURE, p_value=0.9, stands_out=False)
    assert answer("copying", controls=controls, copying=innocent).outcome is honest
    named = replace(SURE, named=NAMED)
    assert answer("copying", controls=controls, copying=named).outcome is Outcome.COPYING


@pytest.mark.parametrize(
    ("heldout", "words"), [(None, "without held-out rows"), (1, "with so few held-out rows")]
)
def test_copying_is_not_told_without_controls(heldout: Any, words: str) -> None:
    found = replace(AUDIT.copying, stands_out=False)
    told = answer("copying", controls=None, copying=found, twins=given(heldout=heldout))
    assert told.outcome is Outcome.CANNOT_TELL
    assert words in told.sentence


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.0099, "1.0 %"), (0.0042, "0.4 %"), (0.01, "1 %"), (0.213, "21 %")],
)
def test_the_copied_fraction_is_told_in_percent(share: float, text: str) -> None:
    found = replace(
        AUDIT.copying, copied_fraction=share, copied_fraction_interval=(0.0, 0.5), p_value=0.001
    )
    sentence = answer("copying", copying=found).sentence
    assert f"copied fraction {text}, 95 % interval 0 % to 50 %" in sentence


@pytest.mark.parametrize("count", [3, 4])
def test_controls_need_four_held_out_rows(count: int) -> None:
    draw = np.random.default_rng(0)
    rows, held, samples = (draw.standard_normal((n, 2)) for n in (12, count, 6))
    real = Twins(samples, None, rows, heldout=held).rows
    assert (controlled(real, real.units, (0,)) is None) is (count < 4)


# Convergence


def agreed(value: float, low: float, high: float, **changes: Any) -> Agreement:
    level = AUDIT.agreement.own_means
    assert level is not None
    plain = {
        "own_means": replace(level, corrected=IntervalEstimate(value, low, high)),
        "pairing": Pairing(0.0005, 345, "", 0),
    }
    return replace(AUDIT.agreement, **{**plain, **changes})


@pytest.mark.parametrize(
    ("value", "low", "high", "outcome"),
    [
        (0.95, 0.9001, 0.99, Outcome.CONVERGED),
        (0.95, 0.9, 0.99, Outcome.NOT_CONVERGED),
        (0.95, 0.8999, 0.99, Outcome.NOT_CONVERGED),
        (0.89, 0.85, 0.95, Outcome.NOT_CONVERGED),
        (0.5, 0.4, 0.6, Outcome.NOT_CONVERGED),
    ],
)
def test_twins_converge_if_the_interval_is_above_the_level(
    value: float, low: float, high: float, outcome: Outcome
) -> None:
    assert answer("convergence", agreement=agreed(value, low, high)).outcome is outcome


@pytest.mark.parametrize(
    ("found", "outcome", "words"),
    [
        (Pairing(0.0099, 345, "", 0), Outcome.CONVERGED, "the twins agree,"),
        (Pairing(0.01, 345, "", 0), Outcome.NOT_CONVERGED, "no better than samples from different"),
        (Pairing(0.0005, 345, "shifted", 3), Outcome.CANNOT_JUDGE, "the row 3 later"),
        (Pairing(0.0005, 345, "shifted", -2), Outcome.CANNOT_JUDGE, "the row 2 earlier"),
        (Pairing(0.0005, 345, "reversed", 0), Outcome.CANNOT_JUDGE, "in reverse order"),
        (Pairing(0.5, 345, "another order", 0), Outcome.CANNOT_JUDGE, "has another number"),
        (Pairing(NAN, 7, "", 0), Outcome.CANNOT_TELL, "345 seeds. Draw 100 seeds or more"),
        (None, Outcome.CANNOT_TELL, "only one generator"),
    ],
)
def test_convergence_asks_first_whether_seeds_are_paired(
    found: Pairing | None, outcome: Outcome, words: str
) -> None:
    told = answer("convergence", agreement=replace(agreed(0.95, 0.93, 0.97), pairing=found))
    assert told.outcome is outcome
    assert words in told.sentence


def test_samples_at_one_point_tell_nothing() -> None:
    told = answer("convergence", agreement=agreed(1, 1, 1, own_means=None))
    assert told.outcome is Outcome.CANNOT_TELL


PART = Part("rows 0 to 99", 100, 345, 0.97, 0.01, shift=3, ordered=True)


@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        ({"same": Sameness.EQUAL}, Outcome.CANNOT_JUDGE, "hold the same samples"),
        (
            {"same": Sameness.SCALED, "pairing": Pairing(NAN, 7, "", 0)},
            Outcome.CANNOT_JUDGE,
            "in other units",
        ),
        ({"part": PART}, Outcome.CONVERGED, "rows 0 to 99 of the two files agree (0.97"),
        (
            {"learned": IntervalEstimate(0.1, 0.0499, 0.2499)},
            Outcome.NOT_CONVERGED,
            "shared noise alone",
        ),
        ({"learned": IntervalEstimate(0.1, 0.0501, 0.2499)}, Outcome.CONVERGED, "shared noise"),
        ({"learned": IntervalEstimate(0.1, 0.0499, 0.2501)}, Outcome.CONVERGED, "have 10 % of"),
        ({"learned": IntervalEstimate(-0.1, -0.3, 0.1)}, Outcome.NOT_CONVERGED, "have 0 % of"),
        ({"learned": None}, Outcome.CONVERGED, "the twins agree"),
        ({"offsets": Offsets(0.4, 0.2, 0.2, 0.0, 1.0, 0.0)}, Outcome.NOT_CONVERGED, "0.4 standard"),
        ({"offsets": Offsets(0.3, 0.2, 0.2, 0.0, 1.0, 0.0)}, Outcome.CONVERGED, "lie 0.3 standard"),
        ({"offsets": Offsets(0.0, 5.0, 5.0, 5.0, 1.0, 0.0)}, Outcome.CONVERGED, "common offset"),
        ({"another": IntervalEstimate(0.95, 0.814, 0.986)}, Outcome.CONVERGED, "0.81 to 0.99"),
        ({"linear": IntervalEstimate(0.97, 0.96, 0.98)}, Outcome.CONVERGED, "linear model 0.97"),
    ],
)
def test_what_convergence_rests_on(changes: dict[str, Any], outcome: Outcome, words: str) -> None:
    told = answer("convergence", agreement=agreed(0.95, 0.93, 0.97, **changes))
    assert told.outcome is outcome
    assert words in told.sentence


@pytest.mark.parametrize(
    ("part", "outcome", "words"),
    [
        (PART, Outcome.CANNOT_JUDGE, "rows 0 to 99 of the two files agree (0.97"),
        (PART, Outcome.CANNOT_JUDGE, "agrees with the row 3 later in samples_b"),
        (replace(PART, shift=-2), Outcome.CANNOT_JUDGE, "with the row 2 earlier"),
        (replace(PART, ordered=False), Outcome.NOT_CONVERGED, "the other 245 of 345"),
        (replace(PART, ordered=False, rows="6 single rows"), Outcome.NOT_CONVERGED, "6 single"),
    ],
)
def test_a_part_that_agrees_is_no_agreement(part: Part, outcome: Outcome, words: str) -> None:
    for p_value in (0.0005, 0.2):
        found = agreed(0.91, 0.89, 0.93, part=part, pairing=Pairing(p_value, 345, "", 0))
        told = answer("convergence", agreement=found)
        assert told.outcome is outcome
        assert words in told.sentence


@pytest.mark.parametrize(("high", "degree"), [(0.299, "weakly"), (0.301, "in part")])
def test_how_far_twins_agree(high: float, degree: str) -> None:
    sentence = answer("convergence", agreement=agreed(0.2, 0.1, high)).sentence
    assert f"the twins agree {degree}" in sentence


@pytest.mark.parametrize(
    ("offsets", "words"),
    [
        (Offsets(0.251, 0.2, 0.2, 0.2, 1.25, 0.1), "the means of A and B lie 0.3"),
        (Offsets(0.249, 0.2, 0.2, 0.2, 0.81, 0.1), ""),
        (Offsets(0.0, 0.3, 0.3, 0.26, 1.0, 0.2), ""),
        (Offsets(0.0, 0.3, 0.3, 0.41, 1.0, 0.2), "from the mean of the real rows"),
        (Offsets(0.24, 0.3, 0.3, 0.26, 1.0, 0.1), "from the mean of the real rows"),
        (Offsets(0.24, 0.3, 0.3, 0.239, 1.0, 0.0), ""),
        (Offsets(0.0, 0.0, 0.0, 0.0, 1.26, 0.2), "B vary 1.3 times as much"),
        (Offsets(0.0, 0.0, 0.0, 0.0, 0.79, 0.2), "B vary 0.79 times as much"),
    ],
)
def test_what_is_said_of_means_and_scales(offsets: Offsets, words: str) -> None:
    assert words in offsets.sentence
    assert bool(words) is bool(offsets.sentence)


@pytest.mark.parametrize(
    ("twins", "words"),
    [
        (given(train_b=None), "train_b was not passed"),
        (given(shared_training_rows=17), "the twins share 17 training rows"),
    ],
)
def test_what_raises_convergence_is_said(twins: Any, words: str) -> None:
    assert words in answer("convergence", twins=twins, agreement=agreed(0.95, 0.93, 0.97)).sentence


@pytest.mark.parametrize(
    ("linear", "lows", "words"),
    [
        (0.8999, [0.95], "a model of the covariance alone does not converge either"),
        (0.9, [0.9001, 0.9001, 0.9], "along the 7 strongest directions of the data"),
        (0.9, [0.9001, 0.9, 0.95], "along the strongest direction of the data"),
        (0.9, [0.9, 0.95, 0.95], "A model of the covariance alone converges with as many rows"),
        (None, [0.9], "More training rows should raise"),
    ],
)
def test_what_would_help_twins_that_agree_in_part(
    linear: float | None, lows: list[float], words: str
) -> None:
    ends = [(1, 1), (2, 7), (8, 40)]
    bands = tuple(
        BandAgreement(first, last, 0.3, IntervalEstimate(0.95, low, 1.0), UNKNOWN, NAN)
        for (first, last), low in zip(ends, lows, strict=False)
    )
    beside = None if linear is None else IntervalEstimate(linear, 0.5, 0.95)
    found = agreed(0.7, 0.6, 0.8, spectrum=bands, linear=beside)
    assert words in answer("convergence", agreement=found).sentence


# Recovery


@pytest.mark.parametrize(
    ("value", "low", "high", "below", "shown", "predicted", "learnable", "fate"),
    [
        (0.8, 0.5001, 0.9, False, True, 0.9, True, Fate.RECOVERED),
        (0.8, 0.5, 0.9, False, True, 0.9, True, Fate.TOO_CLOSE),
        (0.4, 0.3, 0.5001, False, True, 0.9, True, Fate.TOO_CLOSE),
        (0.4, 0.3, 0.5, False, True, 0.9, True, Fate.MISSED),
        (0.4, 0.3, 0.45, False, True, 0.5, True, Fate.MISSED),
        (0.4, 0.3, 0.45, False, True, 0.4999, True, Fate.OUT_OF_REACH),
        (0.4, 0.3, 0.45, False, True, 0.9, False, Fate.OUT_OF_REACH),
        (0.4, 0.3, 0.45, False, True, NAN, None, Fate.NOT_RECOVERED),
        (0.8, 0.6, 0.9, True, True, 0.9, True, Fate.TOO_CLOSE),
        (0.4, 0.3, 0.9, True, True, 0.9, True, Fate.TOO_CLOSE),
        (0.8, 0.6, 0.9, False, False, 0.9, True, Fate.NOT_SHOWN),
        (NAN, NAN, NAN, False, True, 0.9, True, Fate.NOT_SHOWN),
    ],
)
def test_what_became_of_a_factor(
    value: float,
    low: float,
    high: float,
    below: bool,
    shown: bool,
    predicted: float,
    learnable: bool | None,
    fate: Fate,
) -> None:
    assert (
        factors._fate(IntervalEstimate(value, low, high), below, shown, predicted, learnable)
        is fate
    )


def factor(number: int, fate: Fate, linear_low: float = 0.1) -> Factor:
    return Factor(
        number=number,
        window=(number, number),
        variance=1.0 / 2.0**number,
        overlap=IntervalEstimate(0.4, 0.3, 0.5),
        ceiling=IntervalEstimate(0.8, 0.7, 0.9),
        relative=IntervalEstimate(0.5, 0.4, 0.6),
        linear=IntervalEstimate(0.5, linear_low, 0.9),
        predicted=0.12,
        learnable=True,
        twins=UNKNOWN,
        fate=fate,
    )


WON, MISSED, LOST, FAR, CLOSE, DARK = (
    Fate.RECOVERED,
    Fate.MISSED,
    Fate.NOT_RECOVERED,
    Fate.OUT_OF_REACH,
    Fate.TOO_CLOSE,
    Fate.NOT_SHOWN,
)


@pytest.mark.parametrize(
    ("fates", "converged", "outcome", "words"),
    [
        ([WON, WON], False, Outcome.RECOVERED, "2 of 2 factors recovered"),
        ([WON, WON], True, Outcome.RECOVERED, "2 of 2 factors recovered"),
        ([WON, DARK], False, Outcome.RECOVERED, "do not show direction 2"),
        ([WON, CLOSE], False, Outcome.RECOVERED, f"{CLOSE}: 2"),
        ([WON, CLOSE], True, Outcome.RECOVERED, "1 of 2 factors recovered"),
        ([WON, WON], False, Outcome.RECOVERED, "carry 75 % of the variance"),
        ([WON, DARK], False, Outcome.RECOVERED, "carries 50 % of the variance"),
        ([WON, CLOSE, MISSED], False, Outcome.PARTLY_RECOVERED, "1 of 3"),
        ([WON, MISSED], False, Outcome.PARTLY_RECOVERED, f"{MISSED}: 2"),
        ([WON, MISSED], True, Outcome.PARTLY_RECOVERED, "1 of 2"),
        (
            [MISSED, WON],
            True,
            Outcome.CONVERGED_NOT_RECOVERED,
            "have not learned the leading factor",
        ),
        ([LOST, WON], True, Outcome.CONVERGED_NOT_RECOVERED, "1 of 2"),
        ([FAR, WON], True, Outcome.CONVERGED_NOT_RECOVERED, "(predicted 0.12 of the overlap"),
        ([DARK, MISSED], True, Outcome.CONVERGED_NOT_RECOVERED, "0 of 1"),
        ([CLOSE, WON], True, Outcome.CANNOT_TELL, f"{CLOSE}: 1"),
        ([MISSED, WON], False, Outcome.PARTLY_RECOVERED, "1 of 2"),
        ([MISSED, CLOSE], False, Outcome.CANNOT_TELL, "0 of 2"),
        ([FAR, FAR], False, Outcome.OUT_OF_REACH, "from 100 rows: 1, 2"),
        ([FAR, LOST], False, Outcome.NOT_RECOVERED, "0 of 2"),
        ([LOST, LOST, LOST], False, Outcome.NOT_RECOVERED, f"{LOST}: 1 to 3"),
        ([DARK, DARK], True, Outcome.CANNOT_TELL, "do not show any"),
    ],
)
def test_what_was_recovered(
    fates: list[Fate], converged: bool, outcome: Outcome, words: str
) -> None:
    found = [factor(k, fate) for k, fate in enumerate(fates, start=1)]
    low = 0.93 if converged else 0.5
    told = answer("recovery", factors=found, agreement=agreed(0.95, low, 0.97))
    assert told.outcome is outcome
    assert words in told.sentence


@pytest.mark.parametrize(("low", "count"), [(0.4001, 2), (0.4, 0)])
def test_what_the_linear_model_recovers(low: float, count: int) -> None:
    found = [factor(k, WON, linear_low=low) for k in (1, 2)]
    sentence = answer("recovery", factors=found).sentence
    assert f"the matched linear model recovers {count})" in sentence


@pytest.mark.parametrize(
    ("value", "floor", "outcome"),
    [
        ([0.53, 0.53], False, Outcome.RECOVERED),
        ([0.53, 0.51], False, Outcome.CANNOT_TELL),
        ([0.51, 0.51], False, Outcome.CANNOT_TELL),
        ([0.53, 0.53], True, Outcome.CANNOT_TELL),
    ],
)
def test_recovery_as_far_as_twins_can_tell(
    value: list[float], floor: bool, outcome: Outcome
) -> None:
    measured = AUDIT.readout.isel(factor=slice(0, 2)).copy(deep=True)
    measured["recovery_twins"] = "factor", value
    measured["recovery_twins_se"] = "factor", [0.01, 0.01]
    measured["recovery_twins_status"] = "factor", ["below the floor" if floor else "ok"] * 2
    told = answer("recovery", factors=(), measured=measured)
    assert told.outcome is outcome


@pytest.mark.parametrize(
    ("heldout", "words"), [(1, "pass 8 or more held-out"), (None, "pass held")]
)
def test_recovery_needs_a_second_generator_or_held_out_rows(heldout: Any, words: str) -> None:
    told = answer("recovery", factors=(), references={**LONELY}, twins=given(heldout=heldout))
    assert told.outcome is Outcome.CANNOT_TELL
    assert words in told.sentence


LONELY = {name: here for name, here in AUDIT.references.items() if name != "recovery_twins"}


def test_the_relative_overlap_is_the_overlap_over_the_ceiling() -> None:
    seen, ceiling = IntervalEstimate(0.4, 0.37, 0.44), IntervalEstimate(0.8, 0.75, 0.87)
    beside = {"window": (2, 3), "variance": 0.1, "linear": seen, "twins": UNKNOWN}
    found = factors._factor(1, seen, ceiling, 0.401, (0.9, True), **beside)
    assert (found.number, found.overlap, found.ceiling) == (2, seen, ceiling)
    assert found.relative.value == pytest.approx(0.5)
    assert found.relative.low == pytest.approx(0.5 - math.hypot(0.03, 0.5 * 0.07) / 0.8)
    assert found.relative.high == pytest.approx(0.5 + math.hypot(0.04, 0.5 * 0.05) / 0.8)
    assert found.fate is Fate.TOO_CLOSE
    above = IntervalEstimate(0.7, 0.65, 0.75)
    won, below = (
        factors._factor(1, above, ceiling, floor, (0.9, True), **beside).fate
        for floor in (0.699, 0.701)
    )
    assert (won, below) == (Fate.RECOVERED, Fate.TOO_CLOSE)
    dark = factors._factor(1, above, ceiling, 0.751, (0.9, True), **beside)
    assert dark.fate is Fate.NOT_SHOWN
    assert factors._relative(above, IntervalEstimate(0.6, 0.5, 0.7)).value == 1.0
    assert math.isnan(factors._relative(above, IntervalEstimate(0.0, 0.0, 0.0)).value)


@pytest.mark.parametrize("count", [7, 8])
def test_factors_need_eight_held_out_rows(count: int) -> None:
    draw = np.random.default_rng(0)
    rows, held, samples = (draw.standard_normal((n, 6)) for n in (20, count, 20))
    twins = Twins(samples, None, rows, heldout=held)
    measured = AUDIT.readout.isel(factor=slice(0, 1))
    found = factors.factors(twins, measured, twins, None, (0,))
    assert len(found) == (count >= 8)


# Fitness, fraction, suspects, pairing


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
    found = fitness(
        Twins(samples, None, rows, heldout=held).rows,
        replace(AUDIT.copying, smallest_visible=visible),
        (0,),
    )
    assert [one.name for one in found.findings] == names


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_limits_of_a_share_are_those_of_wilson(share: float) -> None:
    low, high = copied_fraction._wilson(share, 50, 1.959963984540054)
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
