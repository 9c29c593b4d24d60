"""The numbers that others report on copying, by their usual names and published definitions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.data.twins import Twins
from twinseed.intervals import wilson
from twinseed.jsonable import as_json
from twinseed.lanes import at_once
from twinseed.neighbours import nearest, searches_at_once
from twinseed.randomness import stream

__all__ = ["Familiar", "familiar", "two_nearest"]

_WORK = 2e10  # products of entries for the samples' closest rows
_FEWEST = 500  # samples that are looked at, at least
_NEW = 1000  # held-out rows that are looked at, at most
_SMALL = 64  # rows that are compared one by one
_ENTRIES = 1 << 22  # of one portion of differences


@dataclass(frozen=True)
class Familiar:
    """One number: its name, what it says, and what new rows show in place of the samples."""

    key: str
    name: str
    value: IntervalEstimate
    """The interval is over the samples; the rows are held fixed."""
    new_rows: float
    """The same number of held-out rows: what a generator shows that draws new rows; NaN without."""
    samples: int
    """Number of samples that were looked at."""
    meaning: str
    source: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain numbers and strings."""
        return {
            "key": self.key,
            "name": self.name,
            **self.value.to_dict(),
            "new_rows": as_json(self.new_rows),
            "samples": self.samples,
            "meaning": self.meaning,
            "source": self.source,
        }


def familiar(
    twins: Twins, dcr_share: IntervalEstimate, entropy: tuple[int, ...]
) -> tuple[Familiar, ...]:
    """Return the distance-based numbers of the literature on synthetic data.

    Equation: with d1 and d2 a sample's distances to its closest and second closest training row,
    and e the distance of that closest row to its own closest other training row: identical-match
    share P(d1 = 0); NNDR d1/d2, 1 where both are 0, its median and its 5th percentile; AuthPct
    P(d1 > e). The DCR share, P(closer to a training row than to as many held-out rows), is
    ``dcr_share``, the ``memorisation_share_euclidean`` of the readout. Two generators are each
    compared with their own training rows, and counted together.

    Validity: Euclidean distances in the units of the comparison. Of large data a random part of
    the samples is looked at, and of more than 1,000 held-out rows a random 1,000.
    Source: Platzer and Reutterer, Front. Big Data 4 (2021) 679939 (DCR share, identical matches);
    Zhao et al., CTAB-GAN, arXiv 2102.08369 (NNDR); Alaa et al., ICML 2022, arXiv 2102.08921
    (authenticity, called AuthPct by Stein et al., arXiv 2306.04675).
    """
    sides = {"samples_a": twins.train_a}
    if twins.samples_b is not None:
        sides["samples_b"] = twins.train_a if twins.train_b is None else twins.train_b
    works = []
    for name, train in sides.items():
        most = max(_FEWEST, int(_WORK / (train.size * len(sides))))
        samples = _some(twins.arrays[name], most, name, entropy)
        works.append(partial(_Distances.of, samples, train))
    if twins.heldout is not None:
        rows = _some(twins.heldout, _NEW, "heldout", entropy)
        works += [partial(_Distances.of, rows, train) for train in sides.values()]
    parts = at_once(works, searches_at_once(max(train.size for train in sides.values())))
    new = parts[len(sides) :]
    found = _Distances.joined(parts[: len(sides)])
    fresh = _Distances.joined(new) if new else None
    count = len(found.first)

    def one(key: str, name: str, meaning: str, source: str) -> Familiar:
        beside = math.nan if fresh is None else fresh.number(key).value
        return Familiar(key, name, found.number(key), beside, count, meaning, source)

    numbers = [
        one(
            "identical_match_share",
            "Identical-match share (IMS)",
            "share of samples that equal a training row",
            "Platzer and Reutterer 2021",
        ),
        one(
            "nndr_median",
            "NNDR, median",
            "distance to the nearest training row over that to the second nearest; small: one row "
            "alone is near",
            "Zhao et al. 2021",
        ),
        one(
            "nndr_low",
            "NNDR, 5th percentile",
            "the same for the samples with the smallest ratios",
            "Zhao et al. 2021",
        ),
        one(
            "authpct",
            "AuthPct",
            "share of samples that are further from their nearest training row than this row is "
            "from the other training rows",
            "Alaa et al. 2022",
        ),
    ]
    if math.isnan(dcr_share.value):
        return tuple(numbers)
    share = Familiar(
        "dcr_share",
        "DCR share",
        dcr_share,
        0.5,
        twins.seeds * len(sides),
        "share of samples closer to a training row than to as many held-out rows",
        "Platzer and Reutterer 2021",
    )
    return (share, *numbers)


@dataclass(frozen=True, eq=False)
class _Distances:
    """Of each sample: d1, d2 and e of ``familiar``."""

    first: Array
    second: Array
    own: Array

    @classmethod
    def of(cls, samples: NDArray[Any], train: NDArray[Any]) -> _Distances:
        first, row, second = two_nearest(samples, train)
        touched, place = np.unique(row, return_inverse=True)
        own = two_nearest(train[touched], train)[2]
        return cls(first, second, own[place.reshape(-1)])

    @classmethod
    def joined(cls, parts: list[_Distances]) -> _Distances:
        return cls(
            np.concatenate([one.first for one in parts]),
            np.concatenate([one.second for one in parts]),
            np.concatenate([one.own for one in parts]),
        )

    def number(self, key: str) -> IntervalEstimate:
        """Return a number with its interval over the samples: Wilson's, or of order statistics."""
        if key in ("identical_match_share", "authpct"):
            counted = self.first == 0 if key != "authpct" else self.first > self.own
            value = float(np.mean(counted))
            return IntervalEstimate(value, *wilson(value, counted.size))
        ratio = np.ones_like(self.first)
        np.divide(self.first, self.second, out=ratio, where=self.second > 0)
        share, size = 0.5 if key == "nndr_median" else 0.05, ratio.size
        low, high = _successes(size, share)
        ordered = np.sort(ratio)
        value = float(np.quantile(ratio, share))
        ends = float(ordered[max(low - 1, 0)]), float(ordered[min(high, size - 1)])
        return IntervalEstimate(value, min(ends[0], value), max(ends[1], value))


def _successes(trials: int, share: float) -> tuple[int, int]:
    """Return the quantiles 0.025 and 0.975 of a binomial number of successes."""
    low, high = np.ceil(scipy.special.bdtrik([0.025, 0.975], trials, share)).astype(int)
    return int(low), int(high)


def two_nearest(
    queries: NDArray[Any], rows: NDArray[Any]
) -> tuple[Array, NDArray[np.int64], Array]:
    """Return the closest row, as its distance and its number, and the second closest distance.

    Shapes: queries (N, d), rows (M, d), two or more; three arrays (N,). Equal rows count each.

    >>> first, row, second = two_nearest(np.array([[1.0]]), np.array([[4.0], [2.0], [2.5]]))
    >>> first, row, second
    (array([1.]), array([1]), array([1.5]))
    """
    if len(rows) <= _SMALL:
        return _one_by_one(queries, rows)
    count = math.ceil(math.sqrt(len(rows))) if len(rows) < _SMALL**2 else _SMALL
    found = nearest(queries, rows, groups=count, cosines=False)
    every, best = np.arange(len(queries)), found.distance.argmin(axis=1)
    first, row = found.distance[every, best], found.distance_row[every, best]
    others = found.distance.copy()
    others[every, best] = np.inf
    second = others.min(axis=1)
    for group in np.unique(best):
        here, members = np.flatnonzero(best == group), rows[group::count]
        if len(members) > 1:
            second[here] = np.minimum(second[here], two_nearest(queries[here], members)[2])
    return first, row, second


def _one_by_one(
    queries: NDArray[Any], rows: NDArray[Any]
) -> tuple[Array, NDArray[np.int64], Array]:
    first, second = np.empty(len(queries)), np.empty(len(queries))
    row = np.empty(len(queries), dtype=np.int64)
    whole = np.asarray(rows, dtype=np.float64)
    step = max(1, _ENTRIES // whole.size)
    for start in range(0, len(queries), step):
        part = slice(start, start + step)
        apart = np.asarray(queries[part], dtype=np.float64)[:, None, :] - whole
        distance = np.sqrt(np.einsum("nmd,nmd->nm", apart, apart))
        row[part] = distance.argmin(axis=1)
        first[part], second[part] = np.partition(distance, 1, axis=1)[:, :2].T
    return first, row, second


def _some(rows: NDArray[Any], most: int, name: str, entropy: tuple[int, ...]) -> NDArray[Any]:
    """Return at most so many rows, drawn at random."""
    if len(rows) <= most:
        return rows
    draw = stream(entropy, f"audit: familiar numbers: {name}")
    return rows[np.sort(draw.permutation(len(rows))[:most])]
