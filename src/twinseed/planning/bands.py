"""The bands of a plan along n, and the rows that a target needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twinseed.planning.calibration import Correction
from twinseed.planning.curves import Curve
from twinseed.readout import Estimate
from twinseed.status import Status
from twinseed.tables import data_frame, html_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Band", "RowsNeeded", "banded", "rows_needed", "shown"]

Array = NDArray[np.float64]
Theory = Callable[[Array], dict[str, Estimate]]

_MOST_ROWS = 1e12


@dataclass(frozen=True)
class Band:
    """A planned order parameter at n training rows, with its 90 % band.

    Every field has the shape of n; those of the recovery have the factors on a further last axis.

    Args:
        n: training rows of each model.
        value: the planned order parameter.
        low: lower end of the band.
        high: upper end of the band.
        status: whether the band is extrapolated, or not to be trusted.
        reach: n over the rows of the pilot: how far the plan extrapolates.
    """

    n: Array
    value: Array
    low: Array
    high: Array
    status: NDArray[np.str_]
    reach: Array

    def only(self) -> Band:
        """Return the band at the first n, without the axis along n."""
        parts = (self.n, self.value, self.low, self.high, self.status, self.reach)
        return Band(*(part[0] for part in parts))

    def of(self, factors: int | list[int]) -> Band:
        """Return the band of one factor, or of several factors, counted from 0."""
        return replace(
            self,
            value=self.value[..., factors],
            low=self.low[..., factors],
            high=self.high[..., factors],
            status=self.status[..., factors],
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a table of pandas with one row per n, and per factor where there are factors.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        parts = ("value", "low", "high", "status")
        cells = {name: np.asarray(getattr(self, name)) for name in parts}
        shape = np.atleast_1d(cells["value"]).shape
        per_n = cells["value"].ndim > np.ndim(self.n)
        rows = {
            name: np.broadcast_to(part[..., None] if per_n else part, shape).ravel()
            for name, part in (("n", np.asarray(self.n)), ("reach", np.asarray(self.reach)))
        }
        if per_n:
            rows["factor"] = np.broadcast_to(np.arange(1, shape[-1] + 1), shape).ravel()
        rows |= {name: part.reshape(shape).ravel() for name, part in cells.items()}
        return data_frame(rows, "Band.to_frame")

    def _repr_html_(self) -> str:
        """Return the values with their bands as a table, as a notebook shows them."""
        n = np.atleast_1d(self.n)
        lines = zip(n, *(np.atleast_1d(part) for part in (self.reach, self.status)), strict=True)
        value, low, high = (
            np.reshape(part, (len(n), -1)) for part in (self.value, self.low, self.high)
        )
        rows = [
            (
                f"{size:,.0f}",
                f"{reach:.3g}",
                ", ".join(map(shown, value[k], low[k], high[k])),
                ", ".join(dict.fromkeys(map(str, np.atleast_1d(status)))),
            )
            for k, (size, reach, status) in enumerate(lines)
        ]
        return html_table(("n", "x pilot", "value, 90 % band", "status"), rows)

    def cells(self) -> list[str]:
        """Write each value with its band, in as many digits as the band allows."""
        parts = (np.atleast_1d(part) for part in (self.value, self.low, self.high))
        return [shown(*numbers) for numbers in zip(*parts, strict=True)]


_LONG = 1e6
"""A number from here on is written with its power of ten."""


def shown(value: float, low: float, high: float) -> str:
    """Write a number with its band, in two decimals, or three or four where the band is narrow.

    >>> shown(0.5193, 0.5012, 0.5411), shown(0.99871, 0.99853, 0.99902)
    ('0.52 (0.50-0.54)', '0.9987 (0.9985-0.9990)')
    >>> shown(2.0, 0.5, 1e300)
    '2.00 (0.50-1.0e+300)'
    """
    width = max(high - low, 1e-12)
    places = min(max(2, math.ceil(-math.log10(width / 2.0))), 4)
    value_told, low_told, high_told = (
        f"{one:.1e}" if abs(one) >= _LONG else f"{one:.{places}f}" for one in (value, low, high)
    )
    return f"{value_told} ({low_told}-{high_told})"


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


def banded(
    curves: Mapping[str, Curve],
    corrections: Mapping[str, Correction],
    theory: Theory,
    n: Array,
    pilot_rows: int,
    *,
    floor: Array,
    rough: NDArray[np.bool_],
    simulated: bool,
    uneven: bool,
) -> dict[str, Band]:
    """Return the band of every order parameter along n: corrected theory and half widths.

    Args:
        curves: the order parameters, by name.
        corrections: what is added to theory, and the half widths, by name.
        theory: a function that returns theory at given n.
        n: training rows of each model.
        pilot_rows: rows of the pilot.
        floor: the recovery of a direction that was not learned, per group of factors.
        rough: whether a group borders on the bulk, per group of factors.
        simulated: whether simulations replaced leading orders of theory.
        uneven: whether the rows of the pilot are uneven, so that no band has its level.
    """
    estimates = theory(n)
    reach = n / pilot_rows
    found = {}
    for name, curve in curves.items():
        middle, half = _middle(curve, corrections[name], estimates, n)
        # where theory is nearly nothing, training rows are as far as others, and never further
        added = curve.relative and not corrections[name].relative
        least = curve.back(np.zeros(())) if added else -np.inf
        value, low, high = (
            np.maximum(curve.back(one), least) for one in (middle, middle - half, middle + half)
        )
        status = np.asarray(estimates[name].status)
        plain = simulated | (status != str(Status.LEADING_ORDER))
        far = reach.reshape(-1, *(1,) * (middle.ndim - 1)) > 1.0
        told = np.where(plain, str(Status.OK), str(Status.LEADING_ORDER))
        told = np.where(far, str(Status.EXTRAPOLATED), told)
        if added:
            told = np.where(status == str(Status.LEADING_ORDER), status, told)
        if uneven:
            told = np.full(told.shape, str(Status.UNEVEN))
        if name == "recovery":
            told = np.where(rough, str(Status.LEADING_ORDER), told)
            told = np.where(value <= floor, str(Status.BELOW_FLOOR), told)
        found[name] = Band(n, value, low, high, told, reach)
    return found


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
            middle, half = _middle(curve, correction, theory(n), n)
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


def _middle(
    curve: Curve, correction: Correction, estimates: dict[str, Estimate], n: Array
) -> tuple[Array, Array]:
    """Return corrected theory and the half width of the band, on the straight scale."""
    straight = curve.straight(estimates)
    by, half = correction.at(n)
    curve = replace(curve, relative=correction.relative)
    return curve.corrected(straight, by), half * (np.abs(straight) if curve.relative else 1.0)


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
