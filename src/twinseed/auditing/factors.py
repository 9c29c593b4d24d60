"""Which factors were recovered, of those that the data show, and which could have been?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from twinseed.auditing.estimates import IntervalEstimate, interval
from twinseed.auditing.real_rows import real_rows
from twinseed.auditing.subspaces import (
    LARGEST,
    FreshDirections,
    carried_on,
    overlap_with,
    sides_of,
    unrelated,
    variances_along,
    window_of,
)
from twinseed.data.directions import jackknifed
from twinseed.data.twins import Twins
from twinseed.matched import Matched
from twinseed.numbers import ReadoutNumbers

__all__ = ["RECOVERED", "Factor", "Fate", "factors"]

RECOVERED = 0.5
"""A factor counts as recovered if the interval of its overlap, relative to that of fresh rows, lies
above this; as lost if the interval lies below."""

_SPARE = 12  # directions beyond those asked for, so that a window of near-equal ones is not cut
_FEWEST = 8  # held-out rows


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

    @property
    def lost(self) -> bool:
        """Whether the generators were found not to have it."""
        return self in (Fate.MISSED, Fate.NOT_RECOVERED, Fate.OUT_OF_REACH)


@dataclass(frozen=True)
class Factor:
    """One leading direction of the held-out rows, and how far the generators have it.

    ``overlap``, ``ceiling`` and ``linear`` say which share of the held-out rows' own direction,
    which is itself blurred, lies in a subspace of other rows: their directions of the ranks in
    ``window``. ``relative`` and ``predicted`` compare with the truth.
    """

    number: int
    """Rank of the direction among those of the held-out rows, from 1."""
    window: tuple[int, int]
    """First and last rank, from 1, whose variances these rows do not tell from this one's."""
    variance: float
    """Share of the variance of all real rows along the direction of this rank."""
    overlap: IntervalEstimate
    """Of the generators' samples, averaged over the generators."""
    ceiling: IntervalEstimate
    """Of as many fresh real rows: what a perfect generator would reach."""
    relative: IntervalEstimate
    """overlap/ceiling, where the errors of finite rows and samples cancel; 1: as a perfect
    generator."""
    linear: IntervalEstimate
    """``overlap`` of the matched linear model, trained on the same rows."""
    predicted: float
    """``relative`` of the matched linear model at this n, by theory; NaN if unknown."""
    learnable: bool | None
    """Whether that is above the threshold under which nothing is learned; None if unknown."""
    twins: IntervalEstimate
    """Overlap of the twins' own directions, from different seeds: recovery without the truth."""
    fate: Fate
    """Whether the generators have the direction, and whether it could be judged."""


def factors(
    twins: Twins,
    measured: ReadoutNumbers,
    linear: Twins,
    expected: Matched | None,
    entropy: tuple[int, ...],
) -> tuple[Factor, ...]:
    """Judge each factor that ``measured`` holds; none without held-out rows.

    Equation: along the k-th direction u_k of the held-out rows, ``overlap = sum_j (v_j.u_k)^2``
    over the generators' directions v_j of the ranks j in a window. The window holds the ranks whose
    variances lie within three standard errors of that of rank k: ``|l_k - l_j| <= 3 sqrt((w_k +
    w_j)(1/h + 1/N))``, with l the variances of all real rows along their directions and w the
    variances of the squared components (``2 l^2`` for a Gaussian), for h held-out rows and N
    samples. Directions so close in variance turn into each other from one set of rows to the next;
    an outsider of the window turns u_k by a squared angle of 1/18 at most, to first order. Where a
    stronger factor is lost, the window of a weaker one starts one rank earlier, since the
    generators count without the lost one.

    The ceiling is the same overlap of training rows, which are fresh rows to the held-out ones: the
    mean over disjoint sets of N of them. Where there are fewer, it is the overlap of all of them,
    or of two halves of the held-out rows if these are more, carried on to N and h by the recovery
    from x rows far above threshold, ``Q(x) = x a/(1 + x a)``: sets of m and m' rows overlap by
    ``Q(m) Q(m')``, which gives a.

    The overlaps of samples and of training rows compare with the same held-out directions, so that
    the interval of ``relative`` needs the errors of samples and of training rows alone
    (delete-one-group jackknife, Student's t for its ten groups; for halves, their spread). Range: 0
    to 1. A direction counts as shown where the ceiling lies above what a subspace that knows
    nothing of u_k exceeds once in forty times.

    Validity: independent rows. The trained models are held fixed: the interval does not say what
    other training sets of the same size would have given. Beyond 4,000 samples or training rows
    the first, or a random, 4,000 are looked at.
    Source: Baik, Ben Arous and Peche (2005) and Paul (2007) for the threshold and Q; Anderson, Ann.
    Math. Statist. 34 (1963) for the errors of variances and directions.
    """
    count = measured.sizes["factor"]
    if twins.heldout is None or len(twins.heldout) < _FEWEST or count == 0:
        return ()
    need = count + _SPARE
    held = jackknifed(twins.heldout, None, need, None)
    assert held is not None
    seeds = min(twins.seeds, LARGEST)
    samples, model = (sides_of(one, seeds, need, entropy) for one in (twins, linear))
    fresh = FreshDirections.of(twins, seeds, need, entropy)
    values, widths, shares = variances_along(real_rows(twins.rows, entropy), need)
    errors = np.sqrt(widths * (1.0 / len(twins.heldout) + 1.0 / seeds))
    found: list[Factor] = []
    lost = 0
    for k in range(count):
        window = window_of(k, values, errors, lost)
        size = window.stop - window.start
        u = held.vectors[:, k]
        top = carried_on(fresh.overlap(k, u, window), fresh.rows, (seeds, len(twins.heldout)))
        theory = (math.nan, None) if expected is None else expected.recovered(window, k)
        one = _factor(
            k,
            overlap_with(samples, u, window),
            top,
            unrelated(size, twins.d),
            theory,
            window=(window.start + 1, window.stop),
            variance=float(shares[k]) if k < shares.size else 0.0,
            linear=overlap_with(model, u, window),
            twins=interval(measured, "recovery_twins", k),
        )
        lost += one.fate.lost
        found.append(one)
    return tuple(found)


def _factor(
    k: int,
    seen: IntervalEstimate,
    ceiling: IntervalEstimate,
    floor: float,
    theory: tuple[float, bool | None],
    *,
    window: tuple[int, int],
    variance: float,
    linear: IntervalEstimate,
    twins: IntervalEstimate,
) -> Factor:
    relative = _relative(seen, ceiling)
    shown = ceiling.low > floor
    return Factor(
        number=k + 1,
        window=window,
        variance=variance,
        overlap=seen,
        ceiling=ceiling,
        relative=relative,
        linear=linear,
        predicted=theory[0],
        learnable=theory[1],
        twins=twins,
        fate=_fate(relative, seen.value < floor, shown, *theory),
    )


def _relative(seen: IntervalEstimate, ceiling: IntervalEstimate) -> IntervalEstimate:
    """Return the overlap over the ceiling, within 0 and 1, with the errors of both."""
    if not ceiling.value > 0.0:
        return IntervalEstimate(math.nan, math.nan, math.nan)
    ratio = seen.value / ceiling.value
    down = math.hypot(seen.value - seen.low, ratio * (ceiling.high - ceiling.value))
    up = math.hypot(seen.high - seen.value, ratio * (ceiling.value - ceiling.low))
    low, high = ratio - down / ceiling.value, ratio + up / ceiling.value
    return IntervalEstimate(*(min(max(one, 0.0), 1.0) for one in (ratio, low, high)))


def _fate(
    relative: IntervalEstimate, below: bool, shown: bool, predicted: float, learnable: bool | None
) -> Fate:
    if not shown or math.isnan(relative.value):
        return Fate.NOT_SHOWN
    if relative.low > RECOVERED and not below:
        return Fate.RECOVERED
    if relative.high > RECOVERED:
        return Fate.TOO_CLOSE
    if learnable is None:
        return Fate.NOT_RECOVERED
    if not learnable or predicted < RECOVERED:
        return Fate.OUT_OF_REACH
    return Fate.MISSED
