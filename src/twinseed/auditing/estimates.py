"""A value with its 95 % interval, as audits tell values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinseed.intervals import interval95

if TYPE_CHECKING:
    import xarray as xr

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


def interval(readout: xr.Dataset, name: str, factor: int | None = None) -> IntervalEstimate:
    """Return a variable of a readout with its 95 % interval, cut where the variable ends."""
    value, se = readout[name], readout[f"{name}_se"]
    if factor is not None:
        value, se = value.isel(factor=factor), se.isel(factor=factor)
    centre = float(value)
    low, high = interval95(centre, float(se))
    if name.startswith(_FROM_ZERO):
        low = max(low, 0.0)
        high = high if name == "memorisation_ratio" else min(high, 1.0)
    return IntervalEstimate(centre, low, high)
