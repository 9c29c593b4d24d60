"""Verdicts on recovery on both sides of every threshold; see ``test_verdict_on_copying``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tests.support.verdicts import AUDIT, NAN, UNKNOWN, agreed, answer, given

from twinseed.auditing import factors
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.factors import Factor, Fate
from twinseed.auditing.verdict import Outcome
from twinseed.data.twins import Twins


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
