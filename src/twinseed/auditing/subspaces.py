"""Directions of samples and of real rows: which turn into each other, and what they share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.data.directions import GROUPS, Jackknifed, jackknifed, left_out, principal
from twinseed.data.twins import Twins
from twinseed.intervals import student95
from twinseed.randomness import stream

__all__ = [
    "LARGEST",
    "FreshDirections",
    "carried_on",
    "overlap_with",
    "sides_of",
    "unrelated",
    "variances_along",
    "window_of",
]

LARGEST = 4000
"""Rows, or samples, whose directions are found with all their deletions, at most."""

_SPLITS = 8  # random halves of the held-out rows
_PARTS = 4  # sets of training rows that stand for a perfect generator, at most
_APART = 3.0  # standard errors between two variances from which their directions do not mix


def sides_of(twins: Twins, count: int, need: int, entropy: tuple[int, ...]) -> list[Jackknifed]:
    """Return the directions of both generators' first samples, without the same seeds in turn."""
    labels = left_out(count, stream(entropy, "audit: seeds left out of directions"))
    sides = [
        jackknifed(None if rows is None else rows[:count], None, need, labels)
        for rows in (twins.samples_a, twins.samples_b)
    ]
    return [one for one in sides if one is not None]


@dataclass(frozen=True)
class FreshDirections:
    """Directions of real rows that take the place of samples."""

    sides: list[Jackknifed]
    references: list[Array]
    """Directions of other rows that each is compared with; none: those of all held-out rows."""
    rows: tuple[int, int]
    """Rows behind each of the two."""

    @classmethod
    def of(cls, twins: Twins, samples: int, need: int, entropy: tuple[int, ...]) -> FreshDirections:
        """Take training rows, or halves of the held-out rows where these are more."""
        assert twins.heldout is not None
        train = sum(len(rows) for name, rows in twins.rows.arrays.items() if name != "heldout")
        half = min(len(twins.heldout) // 2, LARGEST)
        if train < min(samples, half):
            return _from_halves(twins.heldout, half, need, entropy)
        return _from_training(twins, samples, need, entropy)

    def overlap(self, k: int, u: Array, window: slice) -> IntervalEstimate:
        if not self.references:
            return overlap_with(self.sides, u, window)
        shares = [
            overlap_with([one], other[:, k], window).value
            for one, other in zip(self.sides, self.references, strict=True)
        ]
        value, spread = float(np.mean(shares)), student95(GROUPS) * float(np.std(shares, ddof=1))
        return IntervalEstimate(value, max(0.0, value - spread), min(1.0, value + spread))


def _from_training(
    twins: Twins, samples: int, need: int, entropy: tuple[int, ...]
) -> FreshDirections:
    """Return directions of disjoint sets of as many training rows as samples, if there are."""
    draw = stream(entropy, "audit: fresh rows for directions")
    train: Sequence[NDArray[Any]] = [
        rows for name, rows in twins.rows.arrays.items() if name != "heldout"
    ]
    if twins.shared_training_rows:
        train = train[:1]
    total = sum(len(rows) for rows in train)
    rows = min(samples, total)
    parts = min(_PARTS, total // rows, max(1, LARGEST // rows))
    starts = np.cumsum([0, *(len(one) for one in train)])
    sides = []
    for chosen in np.split(draw.permutation(total)[: rows * parts], parts):
        some = np.sort(chosen)
        picked = [
            one[some[(some >= start) & (some < start + len(one))] - start]
            for one, start in zip(train, starts, strict=False)
        ]
        side = jackknifed(np.concatenate(picked), None, need, left_out(rows, draw))
        assert side is not None
        sides.append(side)
    assert twins.heldout is not None
    return FreshDirections(sides, [], (rows, len(twins.heldout)))


def _from_halves(
    heldout: NDArray[Any], half: int, need: int, entropy: tuple[int, ...]
) -> FreshDirections:
    """Return directions of halves of the held-out rows, each beside those of the other half.

    The spread of half-samples is the standard error at full size (delete-half jackknife).
    """
    draw = stream(entropy, "audit: halves of the held-out rows")
    sides, references = [], []
    for _ in range(_SPLITS):
        order = draw.permutation(len(heldout))
        one, other = (
            jackknifed(heldout[np.sort(part)], None, need, None)
            for part in (order[:half], order[half : 2 * half])
        )
        assert one is not None
        assert other is not None
        sides.append(one)
        references.append(other.vectors)
    return FreshDirections(sides, references, (half, half))


def variances_along(rows: NDArray[Any], need: int) -> tuple[Array, Array, Array]:
    """Return the variances of rows along their leading directions, those of the squared components,
    and the shares of all the variance."""
    found = principal(rows, need)
    wide = np.asarray(rows, dtype=np.float64)
    wide = wide - wide.mean(axis=0)
    squares = (wide @ found.vectors) ** 2
    values = squares.mean(axis=0)
    total = float(np.einsum("ij,ij->", wide, wide)) / len(wide)
    return values, squares.var(axis=0), values / total if total > 0 else 0.0 * values


def window_of(k: int, values: Array, errors: Array, lost: int) -> slice:
    """Return the ranks whose variances lie within three standard errors of that of rank k."""
    if k >= values.size:
        return slice(k, k + 1)
    apart = np.abs(values - values[k]) > _APART * np.hypot(errors, errors[k])
    near = np.flatnonzero(~apart)
    first, last = (int(near[0]), int(near[-1])) if near.size else (k, k)
    return slice(max(0, min(first, k) - lost), max(last, k) + 1)


def overlap_with(sides: Sequence[Jackknifed], u: Array, window: slice) -> IntervalEstimate:
    """Return the share of u in the subspaces of these ranks, averaged, with its interval.

    Directions of too few rows are unknown and add nothing; the interval is then all there is.
    """

    def share(vectors: Array) -> float:
        return float(np.sum(np.nan_to_num(u @ vectors[:, window]) ** 2))

    value = float(np.mean([share(one.vectors) for one in sides]))
    without = np.array(
        [
            np.mean([share(part) for part in parts])
            for parts in zip(*(one.deleted for one in sides), strict=True)
        ]
    )
    known = all(np.isfinite(one.vectors[:, window]).all() for one in sides)
    if len(without) < GROUPS or not known:
        return IntervalEstimate(value, 0.0, 1.0)
    count = len(without)
    error = math.sqrt((count - 1) / count * float(np.sum((without - without.mean()) ** 2)))
    half = student95(GROUPS) * error
    return IntervalEstimate(min(value, 1.0), max(0.0, value - half), min(1.0, value + half))


def carried_on(
    shared: IntervalEstimate, rows: tuple[int, int], asked: tuple[int, int]
) -> IntervalEstimate:
    """Return the overlap of two sets of ``asked`` rows, from that of two sets of ``rows``."""

    def at(s: float) -> float:
        if not 0.0 < s < 1.0:
            return s
        m, h = rows
        both, product = s * (m + h), m * h * (1.0 - s)
        a = (both + math.sqrt(both**2 + 4.0 * s * product)) / (2.0 * product)
        return math.prod(x * a / (1.0 + x * a) for x in asked)

    if rows == asked:
        return shared
    return IntervalEstimate(*(at(one) for one in (shared.value, shared.low, shared.high)))


def unrelated(size: int, d: int) -> float:
    """Return the share of a direction that ``size`` random ones of d hold once in forty times.

    It has the beta distribution of parameters size/2 and (d - size)/2.
    """
    if size >= d:
        return 1.0
    return float(scipy.special.betaincinv(size / 2.0, (d - size) / 2.0, 0.975))
