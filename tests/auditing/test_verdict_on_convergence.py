"""Verdicts on convergence on both sides of every threshold; see ``test_verdict_on_copying``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.verdicts import NAN, UNKNOWN, agreed, answer, given

from twinseed.auditing.agreement import BandAgreement
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.offsets import Offsets
from twinseed.auditing.parts import Part
from twinseed.auditing.sameness import Sameness
from twinseed.auditing.seeds import Pairing
from twinseed.auditing.verdict import Outcome


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
