"""What is known of one class of a generator that is given a class."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from twinseed.auditing.estimates import IntervalEstimate
from twinseed.auditing.verdict import Answer
from twinseed.jsonable import as_json

__all__ = ["UNKNOWN", "ClassAudit", "by_class", "listed"]

_LISTED = 15  # names that a sentence lists

UNKNOWN = IntervalEstimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class ClassAudit:
    """One class: its sizes, and the answers where it has rows enough."""

    name: str
    samples: int
    rows_train_a: int
    rows_heldout: int
    left_out: str = ""
    """Why the class was not judged alone; empty where it was."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """For "copying", and for "convergence" where there are two generators."""
    p_value: float = math.nan
    """That of the copying test, times the number of classes judged."""
    copied_fraction: IntervalEstimate = UNKNOWN
    dcr_share: IntervalEstimate = UNKNOWN
    convergence: IntervalEstimate = UNKNOWN

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain numbers and strings."""
        told: dict[str, Any] = {
            name: as_json(getattr(self, name))
            for name in ("name", "samples", "rows_train_a", "rows_heldout", "left_out", "p_value")
        }
        for name in ("copied_fraction", "dcr_share", "convergence"):
            told[name] = getattr(self, name).to_dict()
        told["outcome"] = {name: str(one.outcome) for name, one in self.answers.items()}
        return told | {"verdict": {name: one.sentence for name, one in self.answers.items()}}


def by_class(found: Sequence[ClassAudit]) -> str:
    """Say in a few sentences what the classes show; nothing where there are none."""
    if not found:
        return ""
    judged = [one for one in found if not one.left_out]
    told = [f"{len(judged)} of {len(found)} classes were judged alone"]
    for outcome in dict.fromkeys(one.answers["copying"].outcome for one in judged):
        names = [one.name for one in judged if one.answers["copying"].outcome is outcome]
        told.append(f"{outcome}: {listed(names)}")
    left = [one.name for one in found if one.left_out]
    if left:
        told.append(f"not judged alone: {listed(left)}")
    return "; ".join(told) + "."


def listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"
