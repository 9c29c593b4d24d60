"""Exact tests by relabelling: do samples know which rows were trained on, and better than a model
that only matches the covariance?

No distribution is assumed, and samples that share a closest row are not taken as independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.auditing.pool import METRICS, NearestInPool, Pool

__all__ = ["RELABELLINGS", "Attribution", "Relabelling", "beyond", "relabelled"]

RELABELLINGS = 1999

_FINER = 1.25  # each look sees this many times fewer samples than the one before
_FEWEST = 4  # samples in the smallest look
_PORTION = 1 << 22  # numbers drawn at a time
_POWER = 0.8

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Attribution:
    """The closest rows of one generator's samples, and the roles of its own training rows."""

    own: tuple[int, ...]
    closest: Mapping[str, NearestInPool]

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.closest[METRICS[0]].role.size

    def won(self, metric: str) -> NDArray[np.bool_]:
        """Return whether the row closest to each sample is one of the generator's own."""
        return np.isin(self.closest[metric].role, self.own)


@dataclass(frozen=True, eq=False)
class Relabelling:
    """What the looks saw: of the data in the first row of ``z``, of relabelled rows in the others.

    Shapes: ``z`` (1 + relabellings, looks), standardised; ``seen``, the number of samples in each
    look; ``step``, the rise of z by one sample that is certainly closest to an own row;
    ``samples``, the number that could have been in it.
    """

    z: Array
    seen: Array
    step: Array
    samples: Array

    @property
    def p_closer(self) -> float:
        """One-sided p-value of being closer to the own rows than chance."""
        return _tail(self.z.max(axis=1)) if self.z.size else 1.0

    @property
    def p_further(self) -> float:
        """One-sided p-value of being further from the own rows than chance."""
        return _tail(-self.z.min(axis=1)) if self.z.size else 1.0

    @property
    def p_two_sided(self) -> float:
        """Whether the own rows differ from the others at all."""
        return min(1.0, 2 * min(self.p_closer, self.p_further))

    def visible(self, level: float) -> float:
        """Return the least share of clear copies that four audits in five would find at a level.

        Equation: k clear copies of distinct rows head every look: they add k steps to a look of m
        samples (m, where it has fewer), whose other m - k samples vary as relabelled ones do.
        """
        if not self.z.size:
            return 1.0
        drawn = self.z[1:]
        needed = np.quantile(drawn.max(axis=1), 1 - level, method="higher")

        def power(share: float) -> float:
            copies = np.minimum(np.round(share * self.samples), self.seen)
            rest = drawn * np.sqrt(1 - copies / self.seen)
            return float(np.mean((rest + copies * self.step).max(axis=1) > needed))

        shares = np.minimum(np.geomspace(1, self.samples.max(), 60) / self.samples.max(), 1.0)
        return float(next((share for share in shares if power(share) >= _POWER), 1.0))


def relabelled(
    generators: Sequence[Attribution], pool: Pool, rng: np.random.Generator
) -> Relabelling:
    """Test whether samples are closer to the rows of their own role than to those of the others.

    Equation: ``S = sum_s [the row closest to s is one of the generator's own]``, by distance and by
    |cosine|, over the k samples of the clearest margins, for k from all of them (many may be a
    little closer) down to four in steps of 1.25 (a few may be much closer). Of two generators each
    is looked at alone and both together, so that neither can hide the other. Each S is standardised
    by its mean and deviation over relabellings, and the largest is compared with its values when
    the roles of the rows of each group are permuted at random:
    ``p = #{at least as large}/(1 + 1999)``, the data's own labels being one of them.

    Range: p from 0.0005 to 1. Exact, for any data and any numbers of rows, under the hypothesis
    that the real rows are exchangeable and the samples do not depend on which of them were trained
    on: closest rows, margins and the order that breaks ties are found without looking at roles. A
    row that draws many samples moves as one, so that dependence through shared rows needs no
    correction. ``p_further`` is the same for the smallest.

    Source: Pitman, Suppl. J. R. Stat. Soc. 4 (1937) 119, for tests by permutation; Donoho and Jin,
    Ann. Stat. 32 (2004) 962, for scanning thresholds where few are affected.
    """
    found = [one.closest[metric] for one in generators for metric in METRICS]
    rows = np.unique(np.concatenate([one.number for one in found]))
    table: list[Array] = []
    seen: list[float] = []
    for one in generators:
        for metric in METRICS:
            near = one.closest[metric]
            place = np.searchsorted(rows, near.number)
            for look in _looks(near.margin):
                table.append(np.bincount(place, look, rows.size).astype(np.float64))
                seen.append(float(look.sum()))
    width = len(table) // len(generators)
    weights = np.array(table, dtype=np.float32).reshape(len(table), rows.size).T
    sums = np.concatenate(
        [
            np.concatenate(
                [
                    np.isin(roles, one.own).astype(np.float32) @ weights[:, part]
                    for one, part in zip(generators, _parts(len(generators), width), strict=True)
                ],
                axis=1,
            )
            for roles in _labellings(found, rows, pool, rng)
        ]
    ).astype(np.float64)
    numbers = np.repeat([float(one.samples) for one in generators], width)
    size = np.array(seen)
    if len(generators) > 1:
        sums, size, numbers = (
            np.concatenate([x, sum(x[..., part] for part in _parts(len(generators), width))], -1)
            for x in (sums, size, numbers)
        )
    mean, spread = sums.mean(axis=0), sums.std(axis=0)
    kept = spread > 1e-9
    mean, spread, size, numbers = (x[kept] for x in (mean, spread, size, numbers))
    z = (sums[:, kept] - mean) / spread
    return Relabelling(z, size, (1 - mean / size) / spread, numbers)


def _parts(generators: int, width: int) -> list[slice]:
    return [slice(i * width, (i + 1) * width) for i in range(generators)]


def _labellings(
    found: Sequence[NearestInPool], rows: NDArray[np.int64], pool: Pool, rng: np.random.Generator
) -> Iterator[NDArray[np.int8]]:
    """Yield the roles of some rows of the pool, first as they are, then relabelled in portions."""
    role, group = np.empty(rows.size, dtype=np.int8), np.empty(rows.size, dtype=np.int64)
    for one in found:
        place = np.searchsorted(rows, one.number)
        role[place], group[place] = one.role, one.group
    yield role[None, :]
    for some in _portions(rows.size):
        drawn = np.empty((some, rows.size), dtype=np.int8)
        for g, counts in enumerate(pool.counts):
            here = np.flatnonzero(group == g)
            taken = rng.multivariate_hypergeometric(counts, here.size, size=some)
            edges = np.cumsum(taken, axis=1)[:, :-1, None]
            drawn[:, here] = rng.permuted(
                np.sum(np.arange(here.size) >= edges, axis=1, dtype=np.int8), axis=1
            )
        yield drawn


def beyond(
    generators: Sequence[Attribution],
    linear: Sequence[Attribution],
    pool: Pool,
    rng: np.random.Generator,
) -> float:
    """Test whether samples are closer to their own rows than those of an honest linear model.

    Equation: the difference of the mean signed score (closest row an own one 1, another minus the
    odds of own to other rows, 0 outside the look) between a generator's samples and those of the
    linear model of the same training rows, looked at and maximised as in ``relabelled``; samples of
    the two are exchanged at random. Range: p from 0.0005 to 1. Exact, given the rows, under the
    hypothesis that the generator is that linear model; small only if its samples are closer to its
    own rows.
    """
    drawn: list[Array] = []
    for one, honest in zip(generators, linear, strict=True):
        scores: list[Array] = []
        odds = pool.odds(one.own)
        for metric in METRICS:
            margin = np.concatenate([x.closest[metric].margin for x in (one, honest)])
            own = np.concatenate([x.won(metric) for x in (one, honest)])
            scores += [np.where(own, 1.0, -odds) * seen for seen in _looks(margin)]
        table = np.stack(scores, axis=1)
        width = table.std(axis=0)
        table = np.divide(table - table.mean(axis=0), width, out=0 * table, where=width > 0)
        first = np.arange(len(table)) < one.samples
        # The scores sum to zero, so their sum over one part tells the difference of the two.
        exchanged = [
            rng.permuted(np.tile(first, (some, 1)), axis=1) @ table
            for some in _portions(table.size)
        ]
        drawn.append(np.concatenate([first[None, :] @ table, *exchanged]))
    every = np.concatenate([*drawn, sum(drawn)] if len(drawn) > 1 else drawn, axis=1)
    spread = every.std(axis=0)
    kept = spread > 1e-9
    return _tail((every[:, kept] / spread[kept]).max(axis=1)) if kept.any() else 1.0


def _portions(size: int) -> list[int]:
    """Split the relabellings into portions, ``size`` numbers each."""
    step = max(1, _PORTION // max(size, 1))
    return [min(step, RELABELLINGS - start) for start in range(0, RELABELLINGS, step)]


def _tail(values: Array) -> float:
    """Return the p-value of the first value among all; what differs by rounding alone is equal."""
    return float(np.mean(values >= values[0] - 1e-9))


def _looks(margin: Array) -> list[NDArray[np.bool_]]:
    """Return which samples each look sees: all, and ever fewer of the clearest."""
    falling, number = np.sort(margin)[::-1], float(margin.size)
    looks: list[NDArray[np.bool_]] = []
    while number >= _FEWEST or not looks:
        looks.append(margin >= falling[int(number) - 1] if number else np.zeros(0, dtype=np.bool_))
        number /= _FINER
    return looks
