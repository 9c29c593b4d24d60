"""What a plan is made of: curves of one population, scales on which they are straight, bands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.coupling import Coupling, solve
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.orders import convergence, memorisation, recovery
from twinseed.populations import Population
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = [
    "CURVES",
    "LEVEL",
    "NORMAL",
    "Band",
    "Curve",
    "RowsNeeded",
    "bands",
    "coupled",
    "samples_needed",
]

Array = NDArray[np.float64]

LEVEL = 0.9
"""Nominal coverage of every band."""
NORMAL = 1.6448536269514722
"""Standard normal quantile of that level, two-sided."""
_MOST_ROWS = 1e12
_LOST = 1e-3
"""Recovery that counts as none."""
_LEAST = 1e-12


@dataclass(frozen=True)
class Band:
    """A planned order parameter at ``n`` training rows, with its 90 % band.

    ``reach`` is n over the pilot's rows: how far the plan extrapolates. Shapes: that of n; recovery
    has the factors on a further last axis.
    """

    n: Array
    value: Array
    low: Array
    high: Array
    status: NDArray[np.str_]
    reach: Array

    def only(self) -> Band:
        """Return the band at a single n, without the axis along n."""
        parts = (self.n, self.value, self.low, self.high, self.status, self.reach)
        return Band(*(part[0] for part in parts))

    def cells(self, factor: int | None = None) -> list[str]:
        """Write each value with its band, of one factor where there are several."""
        pick = ... if factor is None else (..., factor)
        parts = (np.atleast_1d(part[pick]) for part in (self.value, self.low, self.high))
        return [
            f"{value:.3f} ({low:.3f}-{high:.3f})" for value, low, high in zip(*parts, strict=True)
        ]


@dataclass(frozen=True)
class RowsNeeded:
    """Training rows that a target needs, with a 90 % interval; NaN where none are enough."""

    target: float
    value: float
    low: float
    high: float
    status: str
    reach: float

    def __str__(self) -> str:
        if math.isnan(self.value):
            return str(self.status)
        high = "no end" if math.isinf(self.high) else f"{self.high:,.0f}"
        return f"{self.value:,.0f} ({self.low:,.0f} to {high})"


@dataclass(frozen=True)
class Curve:
    """How to evaluate one order parameter, and the scale on which it is nearly straight in log n.

    ``straight`` maps the estimates to that scale, ``back`` maps it to the order parameter.
    """

    name: str
    from_coupling: Callable[[Any], dict[str, Estimate]]
    straight: Callable[[dict[str, Estimate]], Array]
    back: Callable[[Array], Array]

    def of(self, coupling: Coupling) -> dict[str, Estimate]:
        """Evaluate along the first axis of the coupling's grid; a factor on a further axis."""
        return {
            name: Estimate(_along_n(one.value, coupling), 0.0, _along_n(one.status, coupling))
            for name, one in self.from_coupling(coupling).items()
            if name.startswith(self.name)
        }


def coupled(population: Population, filter: Filter, n: Array) -> Coupling:
    """Solve for models of ``n`` training rows each, which estimate their mean as well."""
    assert population.dimension is not None
    degrees = (n - 1.0)[:, None, None]
    d = np.full_like(degrees, population.dimension)
    coupling = solve(population, [filter], degrees, d, degrees / d)
    if coupling.missing.any():
        if isinstance(coupling.reason, InputError):
            raise coupling.reason
        raise InputError(
            "filter",
            f"has no theory for this spectrum: {coupling.reason}",
            filter,
            "plan with another filter",
        )
    return coupling


def bands(
    known: Sequence[Population], filter: Filter, n: Array, pilot_rows: int
) -> dict[str, Band]:
    """Return every curve's band along n; ``known`` is the estimate, then the resamples.

    On the curve's straight scale a band is the estimate, plus and minus the root mean square
    distance of the resampled estimates from it, times the normal quantile.
    """
    couplings = [coupled(one, filter, n) for one in known]
    reach = n / pilot_rows
    found = {}
    for name, curve in CURVES.items():
        planned, *others = (curve.of(one) for one in couplings)
        middle = curve.straight(planned)
        half = NORMAL * _distance(middle, [_as_many(curve.straight(one), middle) for one in others])
        one = planned[name]
        far = reach.reshape(-1, *(1,) * (middle.ndim - 1)) > 1.0
        found[name] = Band(
            n,
            np.asarray(one.value),
            curve.back(middle - half),
            curve.back(middle + half),
            np.where((one.status == str(Status.OK)) & far, str(Status.EXTRAPOLATED), one.status),
            reach,
        )
    return found


def samples_needed(
    curve: Curve,
    known: Sequence[Population],
    filter: Filter,
    target: float,
    *,
    factor: int | None,
    pilot_rows: int,
) -> RowsNeeded:
    """Return the rows at which the curve meets the target; ``known`` as for ``bands``."""

    def log_rows(one: Population) -> float:
        if factor is not None and factor >= one.factors.size:
            return math.inf
        return _crossing(
            lambda n: _at(curve.of(coupled(one, filter, n))[curve.name], factor), target
        )

    middle = log_rows(known[0])
    if math.isinf(middle):
        return RowsNeeded(target, *(math.nan,) * 3, Status.NOT_IDENTIFIABLE, math.nan)
    others = [log_rows(one) for one in known[1:]]
    reached = [np.array(one) for one in others if math.isfinite(one)]
    half = NORMAL * float(_distance(np.array(middle), reached))
    value, low, high = (
        float(math.ceil(max(2.0, math.exp(middle + sign * half)))) for sign in (0, -1, 1)
    )
    if len(reached) < (0.5 + 0.5 * LEVEL) * len(others):
        high = math.inf
    reach = value / pilot_rows
    return RowsNeeded(
        target, value, low, high, Status.EXTRAPOLATED if reach > 1.0 else Status.OK, reach
    )


def _crossing(value: Callable[[Array], float], target: float) -> float:
    """Return log n where a rising curve meets the target; infinite where it never does."""
    from scipy.optimize import brentq

    def short(log_n: float) -> float:
        return float(_log_odds(value(np.array([math.exp(log_n)]))) - _log_odds(target))

    low = math.log(2.0)
    if short(low) >= 0.0:
        return low
    high = low
    while high < math.log(_MOST_ROWS):
        low, high = high, high + 2.0
        if short(high) > 0.0:
            return float(brentq(short, low, high, xtol=1e-7))
    return math.inf


def _as_many(found: Array, middle: Array) -> Array:
    """Count a factor that a resample did not show as not recovered there."""
    if found.ndim == 1:
        return found
    lost = np.full((len(found), middle.shape[1] - found.shape[1]), _log_odds(_LOST))
    return np.concatenate([found, lost], axis=1)


def _distance(middle: Array, others: Sequence[Array]) -> Array:
    return np.asarray(np.sqrt(np.mean([(one - middle) ** 2 for one in others], axis=0)))


def _at(estimate: Estimate, factor: int | None) -> float:
    values = np.asarray(estimate.value)
    return float(values[0] if factor is None else values[0, factor])


def _along_n(part: Any, coupling: Coupling) -> Any:
    """Drop the grid's two axes of length one, and keep the factors'."""
    array = np.asarray(part)
    if array.ndim < 3:
        return np.broadcast_to(array, (coupling.n.size,))
    full = np.broadcast_to(array, (*coupling.n.shape, *array.shape[3:]))
    return full.reshape(coupling.n.size, *array.shape[3:])


def _log_odds(share: Any) -> Array:
    inside = np.clip(share, _LEAST, 1.0 - _LEAST)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def _share(log_odds: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def _convergence(estimates: dict[str, Estimate]) -> Array:
    q, gap = (estimates[name].value for name in ("convergence", "convergence_gap"))
    return np.asarray(np.log(q) - np.log(gap))


def _excess(estimates: dict[str, Estimate]) -> Array:
    return np.asarray(np.log(np.square(estimates["memorisation_ratio"].value) - 1.0))


CURVES = {
    curve.name: curve
    for curve in (
        Curve("convergence", convergence.from_coupling, _convergence, _share),
        Curve(
            "memorisation_ratio",
            memorisation.from_coupling,
            _excess,
            lambda log_excess: np.asarray(np.sqrt(1.0 + np.exp(log_excess))),
        ),
        Curve(
            "memorisation_share",
            memorisation.from_coupling,
            lambda estimates: _log_odds(
                2.0 * np.asarray(estimates["memorisation_share"].value) - 1.0
            ),
            lambda log_odds: 0.5 + 0.5 * _share(log_odds),
        ),
        Curve(
            "recovery",
            recovery.from_coupling,
            lambda estimates: _log_odds(np.maximum(estimates["recovery"].value, _LOST)),
            _share,
        ),
    )
}
