"""Which factors were recovered, of those that the data show, and which could have been?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from twinseed.auditing.references import IntervalEstimate, interval
from twinseed.data.directions import principal
from twinseed.data.twins import Twins
from twinseed.intervals import interval95
from twinseed.matched import Matched
from twinseed.orders.recovery import factor_groups, overlaps, reference_of
from twinseed.randomness import stream

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["RECOVERED", "Factor", "Fate", "factors"]

RECOVERED = 0.5
"""A factor counts as recovered if the interval of its recovery, of what a perfect generator would
reach, lies above this."""

_SPLITS = 8
_SPARE = 5  # directions beyond those asked for, so that a group is not cut in two
_FEWEST = 8  # held-out rows
_LARGEST = 2000  # rows of a half

Array = NDArray[np.float64]


class Fate(StrEnum):
    """What became of a factor."""

    RECOVERED = "recovered"
    MISSED = "not recovered though it could have been"
    NOT_RECOVERED = "not recovered"
    OUT_OF_REACH = "could not have been learned at this n"
    TOO_CLOSE = "too close to tell"
    NOT_SHOWN = "not shown by the held-out rows"

    @property
    def judged(self) -> bool:
        """Whether the data show the factor, so that it counts among all factors."""
        return self is not Fate.NOT_SHOWN


@dataclass(frozen=True)
class Factor:
    """One leading direction of the held-out rows, and how far the generators have it.

    ``measured``, ``ceiling`` and ``linear`` are squared overlaps with the held-out rows' own
    direction, which is itself blurred; ``recovery`` and ``predicted`` are with the truth.
    """

    number: int
    group: tuple[int, int]
    """Ranks compared as one subspace, from 1; their eigenvalues are nearly equal."""
    measured: IntervalEstimate
    """Of the generators' samples with the held-out rows."""
    ceiling: IntervalEstimate
    """What as many samples of a perfect generator would reach."""
    recovery: IntervalEstimate
    """measured/ceiling: the recovery with the blur of rows and samples taken out; 1: exactly."""
    linear: IntervalEstimate
    """``measured`` of the matched linear model, trained on the same rows."""
    predicted: float
    """``recovery`` of the matched linear model at this n, by theory; NaN if unknown."""
    learnable: bool | None
    """Whether that is above the threshold under which nothing is learned; None if unknown."""
    twins: IntervalEstimate
    """Overlap of the twins' own directions, from different seeds: recovery without the truth."""
    fate: Fate


def factors(
    twins: Twins,
    asked: int,
    measured: xr.Dataset,
    linear: xr.Dataset,
    expected: Matched | None,
    entropy: tuple[int, ...],
) -> tuple[Factor, ...]:
    """Judge each factor that ``measured`` holds, of ``asked``; none without held-out rows.

    Equation: halves of the held-out rows (of 2,000 rows at most) overlap by ``R = Q_(h/2)^2`` along
    a direction, Q the recovery of the truth from as many rows. The odds ``Q/(1 - Q)`` grow in
    proportion to the rows (Spearman-Brown; right for many rows, while for a spike of strength beta
    each step from n to 2n lacks ``1/(1 + beta)``), which
    gives Q for h rows and for N samples; their product is the ceiling, what N samples of a perfect
    generator would show. A direction counts as shown where R is two standard deviations (over
    random splits) above what unrelated subspaces of its group's size show once in forty times.

    Validity: directions are matched by rank, nearly equal eigenvalues as one subspace. The interval
    of ``recovery`` adds the errors of both terms; it does not say what other training sets of the
    same size would have given. One factor more or less may be called "recovered" by ``RECOVERED``;
    the numbers are the evidence.
    Source: Baik, Ben Arous and Peche (2005) and Paul (2007) for the threshold and Q; Spearman and
    Brown (1910) for the correction.
    """
    if twins.heldout is None or len(twins.heldout) < _FEWEST:
        return ()
    count = measured.sizes["factor"]
    whole = reference_of(twins.rows, entropy, factors=asked)
    eigenvalues = np.zeros(count) if whole is None else whole.eigenvalues
    groups = factor_groups(eigenvalues)
    half = min(len(twins.heldout) // 2, _LARGEST)
    halves, spread = _halves(twins.heldout, half, groups, count + _SPARE, entropy)
    counts = (len(twins.heldout), twins.seeds)
    ceiling = _ceiling(halves, half, counts)
    # the spread of half-samples is the standard error at full size (delete-half jackknife)
    low, high = (_ceiling(end.clip(0.0, 1.0), half, counts) for end in interval95(halves, spread))
    found = []
    for group in groups:
        if group.start >= count:
            break
        theory = (math.nan, None) if expected is None else expected.recovered(group)
        floor = _unrelated(group.stop - group.start, twins.d)
        for k in range(group.start, min(group.stop, count)):
            top = IntervalEstimate(float(ceiling[k]), float(low[k]), float(high[k]))
            shown = bool(halves[k] - 2.0 * spread[k] > floor)
            found.append(_factor(k, group, measured, linear, top, shown, theory, floor))
    return tuple(found)


def _halves(
    heldout: NDArray[Any],
    half: int,
    groups: Sequence[slice],
    need: int,
    entropy: tuple[int, ...],
) -> tuple[Array, Array]:
    """Return the overlap between halves of the rows along each direction, and its spread."""
    draw = stream(entropy, "audit: halves of the held-out rows")
    drawn = []
    for _ in range(_SPLITS):
        order = draw.permutation(len(heldout))
        one, other = (
            principal(heldout[np.sort(part)], need).vectors
            for part in (order[:half], order[half : 2 * half])
        )
        shared = overlaps(one, other, list(groups))
        drawn.append(np.pad(shared, (0, max(0, groups[-1].stop - shared.size))))
    return np.mean(drawn, axis=0), np.std(drawn, axis=0, ddof=1)


def _ceiling(halves: Array, half: int, counts: tuple[int, int]) -> Array:
    """Return the product of Q at both ``counts``, from the overlap between halves of ``half``."""
    single = np.sqrt(halves)
    with np.errstate(divide="ignore"):
        odds = single / (1.0 - single)
        one, other = (1.0 / (1.0 + half / (count * odds)) for count in counts)
    return np.asarray(one * other)


def _unrelated(size: int, d: int) -> float:
    """Return the overlap that unrelated subspaces exceed once in forty times; 1 if it must be 1.

    The mean squared cosine of two of ``size`` random directions in ``d`` has mean ``size/d`` and
    variance ``2 (d - size)^2/(d^2 (d - 1)(d + 2))``: a beta distribution, exactly so for one.
    """
    if size >= d:
        return 1.0
    mean = size / d
    total = mean * (1.0 - mean) / (2.0 * (1.0 - mean) ** 2 / ((d - 1.0) * (d + 2.0))) - 1.0
    return float(beta.ppf(0.975, mean * total, (1.0 - mean) * total))


def _factor(
    k: int,
    group: slice,
    measured: xr.Dataset,
    linear: xr.Dataset,
    ceiling: IntervalEstimate,
    shown: bool,
    theory: tuple[float, bool | None],
    floor: float,
) -> Factor:
    seen = interval(measured, "recovery", k)
    ratio = seen.value / ceiling.value if ceiling.value > 0 else math.nan
    errors = [
        (one.high - one.low) / (2.0 * one.value) if one.value > 0 else 0.0
        for one in (seen, ceiling)
    ]
    reach = ratio * math.hypot(*errors)
    recovery = IntervalEstimate(min(ratio, 1.0), max(ratio - reach, 0.0), min(ratio + reach, 1.0))
    recovery = IntervalEstimate(recovery.value, min(recovery.low, recovery.value), recovery.high)
    return Factor(
        number=k + 1,
        group=(group.start + 1, group.stop),
        measured=seen,
        ceiling=ceiling,
        recovery=recovery,
        linear=interval(linear, "recovery", k),
        predicted=theory[0],
        learnable=theory[1],
        twins=interval(measured, "recovery_twins", k),
        fate=_fate(recovery, seen.value < floor, shown, *theory),
    )


def _fate(
    recovery: IntervalEstimate, below: bool, shown: bool, predicted: float, learnable: bool | None
) -> Fate:
    if not shown or math.isnan(recovery.value):
        return Fate.NOT_SHOWN
    if recovery.low > RECOVERED and not below:
        return Fate.RECOVERED
    if recovery.high > RECOVERED and not below:
        return Fate.TOO_CLOSE
    if learnable is None:
        return Fate.NOT_RECOVERED
    if not learnable or predicted < RECOVERED:
        return Fate.OUT_OF_REACH
    return Fate.MISSED
