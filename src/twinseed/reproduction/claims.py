"""A claim: one sentence, the number that theory gives, the number measured, the verdict."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from twinseed.intervals import Z95, student95
from twinseed.readout import Readout

__all__ = ["Claim", "Measurement", "combined", "off_by", "picked", "told"]

_THREE = 3.0 / Z95
"""Three standard errors, in half widths of a 95 % interval."""
_VERDICTS = {
    "interval": "agrees",
    "three standard errors": "agrees within 3 standard errors",
    "allowance": "agrees with its allowance",
    "": "does not agree",
}


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
        bound: "at most" or "at least" where the predicted number is a bound; "" where the measured
            number must be equal to the predicted number.

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
    bound: str = ""

    @property
    def agrees(self) -> bool:
        """Whether ``|predicted - measured|`` is within the allowance and three standard errors.

        Of a bound only a difference on the wrong side counts.

        The three standard errors are the 95 % half width times 3/1.96, so with few replicates they
        are wider by Student's t. If the systematic difference is as large as the allowance, a true
        claim fails once in 370; otherwise less often. A number or an interval that is not finite
        does not agree.
        """
        return bool(self._apart <= self.allowance + self._noise)

    @property
    def by(self) -> str:
        """By what the claim agrees: "interval", "three standard errors", "allowance", or "".

        The first of the three that is enough: the prediction lies within the 95 % interval; it lies
        within three standard errors; it lies within three standard errors and the allowance. Empty
        where the claim does not agree.

        >>> Claim("q", "q is 0.72", 0.72, 0.74, 0.73, 0.75, 0.01, "1/d", "simulation").by
        'allowance'
        """
        if not self.agrees:
            return ""
        rounding = 1e-9 * max(1.0, abs(self.predicted))
        if self._apart <= (self.high - self.low) / 2.0 + rounding:
            return "interval"
        return "three standard errors" if self._apart <= self._noise else "allowance"

    @property
    def verdict(self) -> str:
        """The verdict in words; where the 95 % interval is not enough, with what is enough."""
        return _VERDICTS[self.by]

    @property
    def relative(self) -> float:
        """The allowance as a share of the predicted number; of 1 where this number is zero."""
        return self.allowance / (abs(self.predicted) or 1.0)

    @property
    def _apart(self) -> float:
        above = self.measured - self.predicted
        if self.bound:
            return max(above if self.bound == "at most" else -above, 0.0)
        return abs(above)

    @property
    def _noise(self) -> float:
        return _THREE * (self.high - self.low) / 2.0

    def to_dict(self) -> dict[str, Any]:
        """Return the claim as a row of the table, ready for JSON."""
        return {**asdict(self), "agrees": self.agrees, "by": self.by}


def told(claims: Sequence[Claim]) -> str:
    """Return how many claims agree, and by what, as one sentence.

    >>> claim = Claim("q", "q is 0.72", 0.72, 0.73, 0.71, 0.75, 0.0, "", "simulation")
    >>> told([claim])
    '1 claim: 1 within the 95 % interval.'
    """
    words = {
        "interval": "within the 95 % interval",
        "three standard errors": "within three standard errors",
        "allowance": "only with the allowance",
    }
    counts = Counter(claim.by for claim in claims)
    parts = [f"{counts[by]} {how}" for by, how in words.items() if counts[by]]
    failed = counts[""]
    if failed:
        parts.append(f"{failed} {'does' if failed == 1 else 'do'} not agree")
    return f"{len(claims)} claim{'s' * (len(claims) != 1)}: {', '.join(parts)}."


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
        bound: str = "",
    ) -> Claim:
        """Return the claim that the number agrees with a prediction, or with a bound."""
        half = student95(self.replicates) * self.se
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
            bound=bound,
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
    cell = _cell(readout, [name, f"{name}_se"], at)
    return Measurement(
        value=float(np.asarray(cell[name])),
        se=float(np.asarray(cell[f"{name}_se"])),
        replicates=int(readout.attrs.get("replicates", 2)),
    )


def off_by(readout: Readout, name: str, **at: float) -> tuple[float, str]:
    """Return what a predicted number may be off by at its size, and the reason, as an allowance.

    The readout of a prediction has this share, ``<name>_bias``; its law was fitted to other models.
    """
    cell = _cell(readout, [name, f"{name}_bias"], at)
    share = float(np.asarray(cell[f"{name}_bias"]))
    reason = "what the formula may be off by at this size: a law fitted to other random models"
    return abs(float(np.asarray(cell[name]))) * share, reason


def _cell(readout: Readout, names: list[str], at: Mapping[str, float]) -> Readout:
    """Return variables at one point; a label of a dimension that they do not have is left out."""
    cell = readout[names]
    labels = {key: label for key, label in at.items() if key in cell.dims}
    return cell.sel(labels, method="nearest", tolerance=1e-9) if labels else cell
