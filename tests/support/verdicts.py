"""What the tests of verdicts share: a made audit, and the answer to one question of it."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from tests.support.made_audits import made_audit

from twinseed.auditing.agreement import Agreement
from twinseed.auditing.controls import Controls
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.seeds import Pairing
from twinseed.auditing.verdict import answers

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


def agreed(value: float, low: float, high: float, **changes: Any) -> Agreement:
    level = AUDIT.agreement.own_means
    assert level is not None
    plain = {
        "own_means": replace(level, corrected=IntervalEstimate(value, low, high)),
        "pairing": Pairing(0.0005, 345, "", 0),
    }
    return replace(AUDIT.agreement, **{**plain, **changes})
