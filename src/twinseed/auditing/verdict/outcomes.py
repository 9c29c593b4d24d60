"""The outcomes of an audit, and the answer to one question."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from twinseed.auditing.estimates import IntervalEstimate

__all__ = ["Answer", "Outcome", "References", "shown"]

References = Mapping[str, Mapping[str, list[IntervalEstimate]]]


class Outcome(StrEnum):
    """What an audit can answer."""

    COPYING = "copying"
    OVERFITTING = "overfitting"
    NO_COPYING = "no sign of copying"
    CONVERGED = "converged"
    NOT_CONVERGED = "not converged"
    RECOVERED = "recovered"
    PARTLY_RECOVERED = "partly recovered"
    NOT_RECOVERED = "not recovered"
    OUT_OF_REACH = "could not have been learned"
    CONVERGED_NOT_RECOVERED = "converged but not recovered"
    CANNOT_TELL = "not enough data to tell"
    CANNOT_JUDGE = "cannot judge these data"


@dataclass(frozen=True)
class Answer:
    """The outcome of one question, and the sentence that gives it with its evidence."""

    outcome: Outcome
    """The answer, as one of a fixed list of words."""
    sentence: str
    """The answer in words, with its evidence."""


def shown(one: IntervalEstimate) -> str:
    """Write a number with its 95 % interval."""
    if math.isnan(one.value):
        return "unknown"
    if math.isnan(one.low) or one.low == one.high:
        return f"{one.value:.2f}"
    return f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"
