"""How many samples are copies: the copied fraction and its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinseed.auditing.pool import Pool
from twinseed.auditing.relabelling import Attribution
from twinseed.intervals import Z95

__all__ = ["copied"]

_CUTS = (0.99, 0.9, 0.5)  # quantiles of the linear model's margins; then all margins
_MEDIAN = 2
_CLEARLY = 3.0  # standard errors by which a wider look must exceed a clearer one to be believed


@dataclass(frozen=True)
class _ExcessOfCopies:
    """Excess of own rows over others among samples beyond a margin, with its variances."""

    excess: float
    decoys: float
    """Variance of the excess through samples that are no copies."""
    samples: float

    @property
    def variance(self) -> float:
        share = min(max(self.excess, 0.0), 1.0)
        return share * (1 - share) / self.samples + self.decoys

    def limits(self) -> tuple[float, float]:
        """Return the 95 % limits: Wilson's, with the decoys' variance added."""
        z2 = Z95**2
        a = 1 + z2 / self.samples
        b = 2 * self.excess + z2 / self.samples
        c = self.excess**2 - z2 * self.decoys
        root = math.sqrt(max(b * b - 4 * a * c, 0.0))
        return (b - root) / (2 * a), (b + root) / (2 * a)


def copied(
    generators: Sequence[Attribution], linear: Sequence[Attribution], pool: Pool
) -> tuple[float, float, float]:
    """Estimate the share of samples that are copies, with a 95 % interval.

    Equation: rows that were not trained on are decoys. With ``odds`` own rows for each other row,
    ``E(t) = P(own, margin >= t) - odds P(other, margin >= t)`` is 0 for samples that do not know
    their training rows, and the share of copies beyond t in a mixture. The estimate is
    ``[E(t) - E_lin(t)]/[1 - E_lin(t)]``, E_lin that of the linear model or 0 if that is more, at
    the margin t that 99 % of the linear model's samples do not reach, or 90 %, 50 %, none, where
    such a wider look holds clearly more (by three standard errors of the difference); at least 0;
    averaged over the samples of both generators. The interval runs from the lower limit of that
    look to the upper limit of E at the median margin, the linear model not subtracted: blurred
    copies hide among the margins of honest samples. Both limits are Wilson's for the copies with
    the variance of the decoys added, in which samples that share a row are one cluster.

    Range: 0 (none) to 1 (every sample).
    Validity: a copy must be closer to its training row, by a wider margin than the median honest
    sample is to its closest row; less clear ones are not in the interval. Where nothing is copied
    the lower limit is 0 in 97.5 % of audits, and the upper limit cannot miss.
    Source: Wilson, J. Am. Stat. Assoc. 22 (1927) 209.
    """
    margins = np.concatenate([one.closest["distance"].margin for one in linear])
    cuts = [*np.quantile(margins, _CUTS, method="lower").tolist(), -math.inf]
    pairs = list(zip(generators, linear, strict=True))
    looks = [_clearest([_beyond_linear(*pair, pool, t) for t in cuts]) for pair in pairs]
    clear = _mean(looks, 0.0)
    chance = _mean([_look(one, pool, cuts[_MEDIAN]) for one in generators], Z95)
    value = min(clear.excess, 1.0)
    low, high = clear.limits()[0], max(clear.limits()[1], chance.limits()[1])
    return value, min(max(low, 0.0), value), max(min(high, 1.0), value)


def _clearest(looks: Sequence[_ExcessOfCopies]) -> _ExcessOfCopies:
    """Return the first look, or a later one that holds clearly more."""
    chosen = looks[0]
    for look in looks[1:]:
        gained = look.excess - chosen.excess
        noise = max(look.decoys - chosen.decoys, 0.0) + gained**2 / look.samples
        if gained > _CLEARLY * math.sqrt(noise):
            chosen = look
    return chosen


def _beyond_linear(one: Attribution, honest: Attribution, pool: Pool, t: float) -> _ExcessOfCopies:
    look, level = _look(one, pool, t), _look(honest, pool, t)
    floor = min(max(level.excess, 0.0), 1.0)
    if floor == 1.0:
        return _ExcessOfCopies(0.0, 0.0, one.samples)
    return _ExcessOfCopies(
        (look.excess - floor) / (1 - floor),
        (look.decoys + level.variance) / (1 - floor) ** 2,
        one.samples,
    )


def _look(one: Attribution, pool: Pool, t: float) -> _ExcessOfCopies:
    near, own, odds = one.closest["distance"], one.won("distance"), pool.odds(one.own)
    seen = near.margin >= t
    other = np.bincount(near.number[seen & ~own]).astype(np.float64)
    # E[(own decoys - odds other)^2] = odds (1 + odds) times the others' squared cluster sizes.
    decoys = odds * (1 + odds) * float(np.sum(other**2)) / one.samples**2
    share = (np.sum(seen & own) - odds * other.sum()) / one.samples
    return _ExcessOfCopies(float(share), decoys, one.samples)


def _mean(looks: Sequence[_ExcessOfCopies], reach: float) -> _ExcessOfCopies:
    """Average over generators; none is taken lower than ``reach`` errors by decoys below zero."""
    total = sum(look.samples for look in looks)
    weights = [look.samples / total for look in looks]
    pairs = list(zip(weights, looks, strict=True))
    return _ExcessOfCopies(
        sum(weight * max(look.excess, -reach * math.sqrt(look.decoys)) for weight, look in pairs),
        sum(weight**2 * look.decoys for weight, look in pairs),
        total,
    )
