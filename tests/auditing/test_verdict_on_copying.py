"""Verdicts on copying on both sides of every threshold: tables of inputs and outcomes.

Each table has a decision's inputs in its rows, value and interval apart, and the outcome beside
them. A new rule is a new row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.support.verdicts import AUDIT, answer, given

from twinseed.auditing.controls import Controls, controlled
from twinseed.auditing.named import NamedCopy
from twinseed.auditing.verdict import Outcome
from twinseed.data.twins import Twins

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
