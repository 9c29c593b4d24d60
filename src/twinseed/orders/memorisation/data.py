"""Memorisation m: how close samples are to training rows, compared with held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twinseed.arrays import Array
from twinseed.data.closeness import Closeness, closeness
from twinseed.data.sides import GROUPS
from twinseed.data.twins import Twins
from twinseed.intervals import Z95
from twinseed.neighbours import folded
from twinseed.orders.evidence import Evidence
from twinseed.progress import ShowProgress
from twinseed.randomness import RandomSource, entropy_of, stream
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["from_closeness", "from_evidence", "from_twins"]

_RULE_OF_THREE = 3.0 / Z95

_ABSENT = Estimate.missing(Status.NOT_IDENTIFIABLE)
_CALIBRATED = (
    "memorisation_heldout",
    "memorisation_ratio",
    "memorisation_share",
    "memorisation_share_euclidean",
)


def from_twins(
    twins: Twins,
    rng: RandomSource,
    *,
    resamples: int = 200,
    memory: int = 256 << 20,
    progress: ShowProgress = False,
) -> dict[str, Estimate]:
    """Measure memorisation m, and compare it with held-out rows.

    Equation: ``m = mean_s max_i |cos(x_s, x_i)|`` over the training rows of the sample's own
    generator, averaged over the generators whose training rows are known; ``m_0`` is the same over
    held-out rows; ratio ``m/m_0`` and shares ``P(t > h) + P(t = h)/2`` of samples closer to
    training than to held-out rows, by |cosine| and by Euclidean distance. Ratio, shares and m_0 use
    as many training as held-out rows, a random subset of the larger set. Range: m and m_0 from 0 to
    1, where 1 means copies; ratio from 0 upwards, 1 means no excess; shares from 0 to 1, 1/2 means
    no excess. Without held-out rows everything but m is "not identifiable".

    Validity: m grows with the number of rows, so read the ratio, not m alone. A generator that only
    matches the covariance also has a ratio above one and a share above a half. Error bars add the
    variance over seeds (bootstrap at fixed rows) and over rows (delete-one-group jackknife at fixed
    samples; the group of the same number is deleted among training and held-out rows, so that the
    drift with the number of rows cancels). The seed noise within the differences of groups is in
    both parts and is subtracted once, as in a two-way analysis of variance. A share of exactly 0 or
    1 has the error bar of the rule of three. The generators are held fixed.

    Source: Maillard and Goldt, arXiv 2605.21402 (m); Owen, Ann. Appl. Stat. 1 (2007) 386 (the
    variance of means over two crossed samples).

    >>> rng = np.random.default_rng(0)
    >>> train, heldout = rng.standard_normal((2, 40, 6))
    >>> copies = Twins(train[:20], None, train, heldout=heldout)
    >>> found = from_twins(copies, rng=0)
    >>> float(found["memorisation"].value), float(found["memorisation_share"].value)
    (1.0, 1.0)
    """
    entropy = entropy_of(rng)
    groups = GROUPS if resamples else 1
    found = closeness(twins, entropy, groups=groups, memory=memory, progress=progress)
    return from_closeness(found, entropy, resamples=resamples)


def from_evidence(evidence: Evidence) -> dict[str, Estimate]:
    """Measure memorisation, as ``from_twins`` does."""
    return from_closeness(evidence.closeness, evidence.entropy, resamples=evidence.resamples)


def from_closeness(
    found: Sequence[Closeness], rng: RandomSource, *, resamples: int = 200
) -> dict[str, Estimate]:
    """Measure memorisation as ``from_twins`` does, from the result of ``closeness``."""
    draw = stream(entropy_of(rng), "memorisation: seeds")
    count = len(found[0].train.cosine)
    weights = np.empty((resamples, count))
    for row in weights:
        row[:] = np.bincount(draw.integers(0, count, size=count), minlength=count)
    source = (
        f"seeds ({resamples} bootstrap draws) and rows ({found[0].groups} groups, jackknife); "
        "the trained models are held fixed"
        if resamples
        else ""
    )

    def ratio(top: _DeletionScores, bottom: _DeletionScores) -> Estimate:
        se = _standard_error(top, bottom, weights) if resamples else 0.0
        return Estimate(top.mean / bottom.mean, se, resampled=source)

    train = _average(
        [_DeletionScores.of(folded(c.train.cosine, c.groups, np.maximum)) for c in found]
    )
    one = _DeletionScores(np.ones(count), np.ones_like(train.without))
    if found[0].heldout is None:
        return {"memorisation": ratio(train, one)} | dict.fromkeys(_CALIBRATED, _ABSENT)
    t, h, share, share_euclidean = [], [], [], []
    for c in found:
        assert c.heldout is not None
        near, far = c.train.cosine[:, : c.groups], c.heldout.cosine
        t.append(_DeletionScores.of(near))
        h.append(_DeletionScores.of(far))
        share.append(_closer(t[-1], h[-1]))
        share_euclidean.append(
            _closer(
                _DeletionScores.of(-c.train.distance[:, : c.groups]),
                _DeletionScores.of(-c.heldout.distance),
            )
        )
    level = _average(h)
    return {
        "memorisation": ratio(train, one),
        "memorisation_heldout": ratio(level, one),
        "memorisation_ratio": ratio(_average(t), level) if level.mean > 0 else _ABSENT,
        "memorisation_share": _not_certain(ratio(_average(share), one), count),
        "memorisation_share_euclidean": _not_certain(ratio(_average(share_euclidean), one), count),
    }


def _not_certain(share: Estimate, count: int) -> Estimate:
    """Return the share with an error bar where it is exactly 0 or 1.

    A resampled share would not vary there. By the rule of three up to 3/count of all samples may
    differ.
    """
    if share.resampled and float(np.asarray(share.value)) in (0.0, 1.0):
        return replace(share, se=max(float(np.asarray(share.se)), _RULE_OF_THREE / count))
    return share


@dataclass(frozen=True)
class _DeletionScores:
    """A score of each sample with all rows, and with each group of rows deleted."""

    full: Array  # (samples,)
    without: Array  # (samples, groups)

    @classmethod
    def of(cls, by_group: Array) -> _DeletionScores:
        """Return the scores from the largest value per group; a single group is never deleted."""
        if by_group.shape[1] == 1:
            return cls(by_group[:, 0], by_group)
        ranked = np.sort(by_group, axis=1)
        best, second = ranked[:, -1:], ranked[:, -2:-1]
        return cls(best[:, 0], np.where(by_group == best, second, best))

    @property
    def mean(self) -> float:
        return float(self.full.mean())


def _average(tables: list[_DeletionScores]) -> _DeletionScores:
    return _DeletionScores(
        np.mean([t.full for t in tables], axis=0), np.mean([t.without for t in tables], axis=0)
    )


def _closer(near: _DeletionScores, far: _DeletionScores) -> _DeletionScores:
    """Return 1 where the first score is larger, 1/2 for a tie, else 0."""

    def share(a: Array, b: Array) -> Array:
        return (1 + np.sign(a - b)) / 2

    return _DeletionScores(share(near.full, far.full), share(near.without, far.without))


def _standard_error(top: _DeletionScores, bottom: _DeletionScores, weights: Array) -> float:
    """Return the standard error of mean(top)/mean(bottom), over seeds and over rows.

    The linear part of a sample in the ratio is ``(top - ratio bottom)/mean(bottom)``. Deleting
    group g changes the ratio by the mean over samples of the change of this part. The variance of
    these means over groups contains the variance over rows, and the noise of a mean over finitely
    many samples. The bootstrap over seeds contains the same noise, so this noise is subtracted.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = (weights @ top.full) / (weights @ bottom.full)
    drawn = drawn[np.isfinite(drawn)]
    seeds = float(drawn.var(ddof=1)) if drawn.size > 1 else 0.0
    count, groups = top.without.shape
    if groups < 2:
        return float(np.sqrt(seeds))
    deleted = top.without.mean(axis=0) / bottom.without.mean(axis=0)
    spread = (groups - 1) / groups * float(np.sum((deleted - deleted.mean()) ** 2))
    level = bottom.without.mean(axis=0)
    parts = (top.without - deleted * bottom.without) / level
    parts -= parts.mean(axis=1, keepdims=True)
    noise = (groups - 1) / groups * float(np.sum(parts.var(axis=0, ddof=1))) / count
    return float(np.sqrt(seeds + max(spread - noise, 0.0)))
