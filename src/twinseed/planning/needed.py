"""The training rows that a target needs, where the corrected theory meets the target."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twinseed.planning.bands import Theory, corrected
from twinseed.planning.calibration import Correction
from twinseed.planning.curves import Curve
from twinseed.status import Status

__all__ = ["RowsNeeded", "rows_needed"]

_MOST_ROWS = 1e12


@dataclass(frozen=True)
class RowsNeeded:
    """Training rows that a target needs, with a 90 % interval; NaN if no number is enough.

    Args:
        target: the value that the order parameter must reach.
        value: the planned number of rows.
        low: the fewest rows, where the upper end of the band meets the target.
        high: the most rows, where the lower end of the band meets the target.
        status: whether the number is extrapolated, a guess, or not to be trusted.
        reach: the number of rows over the rows of the pilot.
        name: the order parameter.
        factor: which factor the recovery is of, counted from 1; None for the convergence.
    """

    target: float
    value: float
    low: float
    high: float
    status: str
    reach: float
    name: str = "convergence"
    factor: int | None = None

    @property
    def words(self) -> str:
        """What is asked for: "convergence 0.9", "recovery 0.8 of factor 2"."""
        of = "" if self.factor is None else f" of factor {self.factor}"
        return f"{self.name} {self.target:g}{of}"

    def __str__(self) -> str:
        if math.isnan(self.value):
            return str(self.status)
        high = "no end" if math.isinf(self.high) else f"{self.high:,.0f}"
        return f"{self.value:,.0f} ({self.low:,.0f} to {high})"


def rows_needed(
    curve: Curve,
    correction: Correction,
    theory: Theory,
    target: float,
    *,
    group: int | None,
    pilot_rows: int,
    uneven: bool = False,
) -> RowsNeeded:
    """Return the rows at which an order parameter and the ends of its band meet the target.

    Args:
        curve: the order parameter.
        correction: what is added to theory, and the half widths.
        theory: a function that returns theory at given n.
        target: the value to be reached.
        group: which group of factors, for the recovery.
        pilot_rows: rows of the pilot.
        uneven: whether the rows of the pilot are uneven, so that no interval has its level.
    """

    def log_rows(sign: float) -> float:
        def value(log_n: float) -> float:
            n = np.array([math.exp(log_n)])
            middle, half = corrected(curve, correction, theory(n), n)
            end = curve.back(middle + sign * half)[0]
            return float(end if group is None else end[group])

        return _crossing(value, target)

    middle = log_rows(0.0)
    if math.isinf(middle):
        return RowsNeeded(target, *(math.nan,) * 3, Status.NOT_IDENTIFIABLE, math.nan)
    low, high = log_rows(1.0), log_rows(-1.0)
    value, first, last = (
        math.inf if math.isinf(one) else float(math.ceil(max(2.0, math.exp(one))))
        for one in (middle, low, high)
    )
    reach = value / pilot_rows
    status = Status.EXTRAPOLATED if reach > 1.0 else Status.OK
    if uneven:
        status = Status.UNEVEN
    return RowsNeeded(target, value, first, last, status, reach)


def _crossing(value: Callable[[float], float], target: float) -> float:
    """Return log n where a rising curve meets the target; infinite if the curve never does."""
    from scipy.optimize import brentq

    def short(log_n: float) -> float:
        return _log_odds(value(log_n)) - _log_odds(target)

    low = math.log(2.0)
    if short(low) >= 0.0:
        return low
    high = low
    while high < math.log(_MOST_ROWS):
        low, high = high, high + 2.0
        if short(high) > 0.0:
            return float(brentq(short, low, high, xtol=1e-7))
    return math.inf


def _log_odds(share: float) -> float:
    inside = min(max(share, 1e-12), 1.0 - 1e-12)
    return math.log(inside) - math.log1p(-inside)
