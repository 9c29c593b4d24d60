"""How many samples are copies: the copied fraction, held against real rows beside real rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twinseed.auditing.nearest_in_pool import NearestInPool
from twinseed.auditing.pool import Pool
from twinseed.auditing.relabelling import Attribution
from twinseed.auditing.spaces import COLUMNS
from twinseed.intervals import Z95, wilson

__all__ = ["CopiedFraction", "copied", "least_standing_out"]

_CUTS = (0.5, 0.8, 0.9, 0.95, 0.99)  # quantiles of the margins of real rows; then their largest
_WIDER = 1.25
"""Margins of real rows are taken this many times as large: an overfitted model widens margins."""
_LEAST = {COLUMNS: 6.0}
"""The least margin that is clear, by view: a single column that agrees is worth about 6 ..."""
_HALF = math.log(2.0)
"""... and elsewhere a clear sample is at most half as far from its row as from other rows."""
_SURE = 3.0
"""Standard errors by which a generator's clear wins must exceed the real rows' in some view."""


@dataclass(frozen=True)
class CopiedFraction:
    """The share of samples that are copies, with its 95 % interval, in the view that shows most."""

    value: float
    low: float
    high: float
    view: str
    clear: float
    """Margin, as a factor, from which a win counts as clear."""
    stands_out: bool
    """Whether more samples win clearly than real rows do beside other real rows."""


@dataclass(frozen=True)
class _Cut:
    """What a margin t tells: shares of samples beyond t, and of real rows beyond t."""

    t: float
    own: float
    other: float
    real: float
    samples: float
    """Number of samples, less where many of those beyond t share a row."""
    rows: int
    odds: float
    decoys: float
    """Variance of the signed excess through samples that are no copies."""

    @property
    def signed(self) -> float:
        """Excess of own rows over others beyond t: copies, and closeness through overfitting.

        Without other rows to compare with, the excess over real rows takes its place.
        """
        if math.isnan(self.other):
            return (self.own - self.real) / max(1.0 - self.real, 1e-9)
        return self.own - self.odds * self.other

    def excess_above_real(self, z: float) -> float:
        """Return the lower limit of (own - real)/(1 - real), by Newcombe's square-and-add."""
        low, _ = wilson(self.own, self.samples, z)
        _, high = wilson(self.real, self.rows, z)
        apart = self.own - self.real
        limit = apart - math.hypot(self.own - low, high - self.real)
        return limit / max(1.0 - self.real, 1e-9) if limit > 0 else limit

    def signed_limits(self) -> tuple[float, float]:
        """Return the 95 % limits of the signed excess: Wilson's, with the decoys' variance."""
        z2 = Z95**2
        value = min(max(self.signed, 0.0), 1.0)
        a = 1 + z2 / self.samples
        b = 2 * value + z2 / self.samples
        c = value**2 - z2 * self.decoys
        root = math.sqrt(max(b * b - 4 * a * c, 0.0))
        return (b - root) / (2 * a), (b + root) / (2 * a)


def copied(
    generators: Sequence[Attribution], real: Mapping[str, NearestInPool], pool: Pool
) -> CopiedFraction:
    """Estimate the share of samples that are copies, and say whether copies stand out at all.

    Equation: a win is a sample whose closest row in the pool is an own row; its margin says by how
    much. Beyond a margin t, ``a(t)`` is the share of samples that win, ``b(t)`` the share that are
    closest to a row of another role, ``f(t)`` the share of *real rows* whose closest other real
    row, in any role, has that margin, enlarged by a quarter. With ``odds`` own rows for each other
    row, ``a - odds b`` is 0 for samples that do not know their training rows. It is also above 0
    where samples are closer to all their training rows in general (overfitting) and no sample
    stands out. Then margins are hardly clearer than those of real rows: a linear model of n rows in
    d dimensions has products ``x.x_i`` with its own rows whose variance is ``1 + d/n`` times the
    variance with new rows, so that its margins are up to ``sqrt(1 + d/n)`` times as wide. Real
    margins are therefore enlarged by a quarter, and no sample is clear that is more than half as
    far from its closest row as from other rows; so ``a <= f``. Copies stand out where the lower
    limit of ``a - f``, by Newcombe's square-and-add of Wilson limits at three standard errors, is
    above 0 at one of the cuts t (the quantiles .5, .8, .9, .95 and .99 of the enlarged real
    margins, and just above the largest finite one, log 2 at the least) in one of the views. The
    estimate is then ``a - odds b`` at that cut, or ``(a - f)/(1 - f)`` at a lower cut where the 95
    % lower limit of this is above the estimate; its interval runs from the lower of the limits of
    both (95 %) to the upper limit of ``a - odds b`` at the median of the real margins, where
    blurred copies hide. Where nothing stands out the interval starts at 0. Several generators are
    averaged, weighted by samples.

    Range: 0 (none) to 1 (every sample).
    Validity: a copy must be closer to its training row, by a wider margin than the median real row
    is to its closest row; less clear copies are not in the interval. Samples that share a row count
    as less than one each: by the number of rows that as many different samples would have reached.
    Source: Newcombe, Stat. Med. 17 (1998) 873 (method 10); Wilson, J. Am. Stat. Assoc. 22 (1927)
    209.
    """
    found = [_in_view(view, generators, real[view], pool) for view in generators[0].closest]
    standing = [one for one in found if one.stands_out]
    return max(standing, key=lambda one: one.low) if standing else found[0]


def least_standing_out(samples: int, real: NearestInPool) -> float:
    """Return the least share of exact copies of different rows that would stand out."""
    exact = float(np.mean(np.isposinf(real.margin)))
    for copies in range(1, samples + 1):
        cut = _Cut(math.inf, copies / samples, 0.0, exact, samples, real.gap.size, 1.0, 0.0)
        if cut.excess_above_real(_SURE) > 0:
            return copies / samples
    return 1.0


def _in_view(
    view: str, generators: Sequence[Attribution], real: NearestInPool, pool: Pool
) -> CopiedFraction:
    finite = _WIDER * real.margin[np.isfinite(real.margin)]
    most = float(finite.max(initial=0.0))
    cuts = [*np.quantile(finite, _CUTS, method="higher").tolist()] if finite.size else []
    cuts.append(float(np.nextafter(most, math.inf)))
    clear_cuts = sorted({max(cut, _LEAST.get(view, _HALF)) for cut in cuts})
    looks, wide = (
        [_mean([_cut(one, view, real, pool, t) for one in generators]) for t in some]
        for some in (clear_cuts, cuts)
    )
    limits = [look.excess_above_real(_SURE) for look in looks]
    best = int(np.argmax(limits))
    chosen = looks[best]
    stands_out = limits[best] > 0
    low, high = chosen.signed_limits()
    if stands_out:
        low = min(max(low, 0.0), max(chosen.excess_above_real(Z95), 0.0))
    else:
        chosen, low = looks[-2 if len(looks) > 1 else -1], 0.0
    value = min(max(chosen.signed, 0.0), 1.0)
    for look in wide if stands_out else []:
        least = look.excess_above_real(Z95)
        if least > value:
            value, low = (look.own - look.real) / (1.0 - look.real), least
    high = max(high, *(look.signed_limits()[1] for look in (looks[0], wide[0])))
    clear = math.exp(chosen.t) if chosen.t < 700 else math.inf
    low = min(low, value)
    return CopiedFraction(value, low, max(min(high, 1.0), value), view, clear, stands_out)


def _cut(one: Attribution, view: str, real: NearestInPool, pool: Pool, t: float) -> _Cut:
    near, won = one.closest[view], one.won(view)
    seen = near.margin >= t
    folds = len(seen)
    odds = pool.odds(one.own)
    mine = np.bincount(near.number[seen & won]) / folds
    others = np.bincount(near.number[seen & ~won]) / folds
    count = near.gap.size
    shared = float(np.sum(mine**2) / mine.sum()) if mine.size and mine.sum() > 0 else 1.0
    # E[(own decoys - odds other)^2] = odds (1 + odds) times the others' squared cluster sizes.
    decoys = odds * (1 + odds) * float(np.sum(others**2)) / count**2
    return _Cut(
        t,
        float(mine.sum()) / count,
        float(others.sum()) / count if len(one.own) < len(pool.roles) else math.nan,
        float(np.mean(_WIDER * real.margin >= t)),
        count / max(shared, 1.0),
        real.gap.size,
        odds,
        decoys,
    )


def _mean(cuts: Sequence[_Cut]) -> _Cut:
    """Average over generators, weighted by their samples."""
    total = sum(cut.samples for cut in cuts)
    weights = [cut.samples / total for cut in cuts]

    def average(values: Sequence[float]) -> float:
        return float(np.dot(weights, values))

    return _Cut(
        cuts[0].t,
        average([cut.own for cut in cuts]),
        # Each generator has its own odds: keep the excess, which no generator brings below zero.
        average([min(cut.odds * cut.other, cut.own) for cut in cuts])
        if len(cuts) > 1
        else cuts[0].odds * cuts[0].other,
        cuts[0].real,
        total,
        cuts[0].rows,
        1.0,
        float(np.dot(np.square(weights), [cut.decoys for cut in cuts])),
    )
