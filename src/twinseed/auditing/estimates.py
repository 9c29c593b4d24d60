"""A value with its 95 % interval, as audits tell values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from twinseed.intervals import interval95
from twinseed.jsonable import as_json
from twinseed.numbers import ReadoutNumbers

__all__ = ["INTERVALS", "IntervalEstimate", "interval"]

_FROM_ZERO = ("memorisation", "memorisation_share", "recovery")  # prefixes; these end at 1


INTERVALS = (
    "95 % intervals over the samples and the real rows. The trained models are held fixed: another "
    "training run, or other training rows, can differ by more."
)
"""What an interval is over, and what it holds fixed."""


@dataclass(frozen=True)
class IntervalEstimate:
    """A value with its 95 % interval; the interval is NaN where there is no error bar."""

    value: float
    """The estimate."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end of the interval."""

    def to_dict(self) -> dict[str, Any]:
        """Return the value and the interval, ready for JSON; None where none exists."""
        ends = [as_json(self.low), as_json(self.high)]
        return {"value": as_json(self.value), "interval": None if None in ends else ends}


def interval(readout: ReadoutNumbers, name: str, factor: int | None = None) -> IntervalEstimate:
    """Return a variable of a readout with its 95 % interval, cut where the variable ends."""
    place = () if factor is None else factor
    centre, se = (float(np.asarray(readout[part])[place]) for part in (name, f"{name}_se"))
    low, high = interval95(centre, se)
    if name.startswith(_FROM_ZERO):
        low = max(low, 0.0)
        high = high if name == "memorisation_ratio" else min(high, 1.0)
    return IntervalEstimate(centre, low, high)
