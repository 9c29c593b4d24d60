"""A claim: one sentence, the number that theory gives, the number measured, the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from twinseed.intervals import Z95
from twinseed.readout import Readout

__all__ = ["Claim", "Measurement", "combined", "picked"]

_THREE = 3.0 / Z95
"""Three standard errors, in half widths of a 95 % interval."""


@dataclass(frozen=True)
class Claim:
    """A statement that a measurement can refute.

    Args:
        name: short name, unique in a table.
        sentence: the statement.
        predicted: the number by theory.
        measured: the measured number.
        low: lower end of the 95 % interval of the measured number (Student's t over replicates).
        high: upper end of this interval.
        allowance: the systematic difference that the statement allows, fixed before anything is
            measured, such as the O(1/d) error of an asymptotic formula at a finite size.
        reason: where the allowance comes from.
        source: on what the number was measured.

    >>> claim = Claim("q", "q is 0.72 at n = d", 0.72, 0.73, 0.71, 0.75, 0.0, "", "simulation")
    >>> claim.agrees
    True
    """

    name: str
    sentence: str
    predicted: float
    measured: float
    low: float
    high: float
    allowance: float
    reason: str
    source: str

    @property
    def agrees(self) -> bool:
        """Whether ``|predicted - measured|`` is within the allowance and three standard errors.

        The three standard errors are the 95 % half width times 3/1.96, so with few replicates they
        are wider by Student's t. If the systematic difference is as large as the allowance, a true
        claim fails once in 370; otherwise less often. A number or an interval that is not finite
        does not agree.
        """
        noise = _THREE * (self.high - self.low) / 2.0
        return bool(abs(self.predicted - self.measured) <= self.allowance + noise)

    def to_dict(self) -> dict[str, Any]:
        """Return the claim as a row of the table, ready for JSON."""
        return {**asdict(self), "agrees": self.agrees}


@dataclass(frozen=True)
class Measurement:
    """A measured number, its standard error, and the number of replicates behind the error."""

    value: float
    se: float
    replicates: int

    def claim(
        self,
        name: str,
        sentence: str,
        predicted: float,
        allowance: tuple[float, str],
        source: str = "simulation",
    ) -> Claim:
        """Return the claim that the number agrees with a prediction."""
        half = float(stdtrit(self.replicates - 1, 0.975)) * self.se
        return Claim(
            name=name,
            sentence=sentence,
            predicted=float(predicted),
            measured=self.value,
            low=self.value - half,
            high=self.value + half,
            allowance=float(allowance[0]),
            reason=allowance[1],
            source=source,
        )


def combined(terms: Sequence[tuple[float, Measurement]]) -> Measurement:
    """Return a weighted sum of independent numbers.

    >>> combined([(2.0, Measurement(1.0, 0.3, 10)), (-1.0, Measurement(0.5, 0.8, 12))])
    Measurement(value=1.5, se=1.0, replicates=10)
    """
    return Measurement(
        value=math.fsum(weight * number.value for weight, number in terms),
        se=math.hypot(*(weight * number.se for weight, number in terms)),
        replicates=min(number.replicates for _, number in terms),
    )


def picked(readout: Readout, name: str, **at: float) -> Measurement:
    """Read one number of a readout; ``at`` gives the label of every dimension."""
    cell = readout[[name, f"{name}_se"]]
    labels = {key: label for key, label in at.items() if key in cell.dims}
    if labels:
        cell = cell.sel(labels, method="nearest", tolerance=1e-9)
    return Measurement(
        value=float(np.asarray(cell[name])),
        se=float(np.asarray(cell[f"{name}_se"])),
        replicates=int(readout.attrs.get("replicates", 2)),
    )
