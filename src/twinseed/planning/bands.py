"""The bands of a plan along n."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.planning.calibration import Correction
from twinseed.planning.curves import Curve
from twinseed.readout import Estimate
from twinseed.status import Status
from twinseed.tables import data_frame, html_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Band", "Theory", "banded", "corrected", "shown"]
Theory = Callable[[Array], dict[str, Estimate]]


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

    def guessed(self, ceiling: float) -> Band:
        """Return the band of a trained network, whose status is a guess.

        Args:
            ceiling: the convergence of two trainings of the network on the same rows.
        """
        value, low, high = (ceiling * part for part in (self.value, self.low, self.high))
        status = np.full(self.status.shape, str(Status.GUESS))
        return replace(self, value=value, low=low, high=high, status=status)

    def to_frame(self) -> pd.DataFrame:
        """Return a table of pandas with one row per n, and per factor where there are factors.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        return data_frame(self.columns(), "Band.to_frame")

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns of ``to_frame``, by name."""
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
        return rows | {name: part.reshape(shape).ravel() for name, part in cells.items()}

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
        middle, half = corrected(curve, corrections[name], estimates, n)
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


def corrected(
    curve: Curve, correction: Correction, estimates: dict[str, Estimate], n: Array
) -> tuple[Array, Array]:
    """Return corrected theory and the half width of the band, on the straight scale."""
    straight = curve.straight(estimates)
    by, half = correction.at(n)
    curve = replace(curve, relative=correction.relative)
    return curve.corrected(straight, by), half * (np.abs(straight) if curve.relative else 1.0)
