"""Exact tests by relabelling: do samples know which rows were trained on, and better than a model
that only matches the covariance?

No distribution is assumed, and samples that share a closest row are not taken as independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.nearest_in_pool import NearestInPool
from twinseed.auditing.pool import FOLDS, Pool
from twinseed.blocks import row_blocks

__all__ = ["BORDERLINE", "RELABELLINGS", "Attribution", "Relabelling", "beyond", "relabelled"]

RELABELLINGS = 1999
_MORE = 18000
"""Relabellings that are added where the p-value is near the level of the test."""
BORDERLINE = (0.003, 0.03)
"""p-values between these are near the level: another seed may give the other verdict."""

_FINER = 1.25  # each look sees this many times fewer samples than the one before
_FEWEST = 4  # samples in the smallest look
_PORTION = 1 << 22  # numbers drawn at a time
_POWER = 0.8


@dataclass(frozen=True)
class Attribution:
    """The closest rows of one generator's samples in each view, and the roles of its own rows."""

    own: tuple[int, ...]
    closest: Mapping[str, NearestInPool]
    samples: int

    def won(self, view: str) -> NDArray[np.bool_]:
        """Return whether the row closest to each sample is an own one, (foldings, samples)."""
        return np.isin(self.closest[view].role, self.own)


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

    Equation: ``S = sum_s [the row closest to s is one of the generator's own]``, in each view (by
    distance, by |cosine|, in scaled columns, in parts of the columns, column by column), over the
    k samples of the clearest margins, for k from all of them (many may be a little closer) down to
    four in steps of 1.25 (a few may be much closer). The weight of a row in S is averaged over the
    pool's foldings, so that little depends on how ties were broken and cells were put together. Of
    two generators each is looked at alone and both together, so that neither can hide the other.
    Each S is standardised by its mean and deviation over relabellings, and the largest of all views
    and looks is compared with its values when the roles of the units of the pool are permuted at
    random: ``p = #{at least as large}/(1 + 1999)``, the data's own labels being one of them. Where
    p is between 0.003 and 0.03, 18,000 relabellings more are drawn, so that the verdict does not
    depend on the seed of the relabellings.

    Range: p from 0.0005 to 1. Exact, for any data, any numbers of rows, any sizes of units and any
    number of views and foldings, under the hypothesis that the units of real rows are exchangeable
    and the samples do not depend on which of them were trained on: closest rows, margins, cells,
    foldings and the order that breaks ties are found without looking at roles, and every view,
    look and folding is computed under the same relabelling. A unit that draws many samples moves
    as one, so that dependence through shared rows needs no correction. ``p_further`` is the same
    for the smallest.

    Source: Pitman, Suppl. J. R. Stat. Soc. 4 (1937) 119, for tests by permutation; Donoho and Jin,
    Ann. Stat. 32 (2004) 962, for scanning thresholds where few are affected.
    """
    numbers = [near.number.ravel() for one in generators for near in one.closest.values()]
    units = np.unique(pool.unit_of[np.unique(np.concatenate(numbers))])
    weights, seen = [], []
    for one in generators:
        table, sizes = _weights(one, pool, units)
        weights.append(table)
        seen.append(sizes)
    own = [one.own for one in generators]
    samples = [np.full_like(part, one.samples) for one, part in zip(generators, seen, strict=True)]
    if len(generators) > 1:
        seen, samples = [*seen, seen[0] + seen[1]], [*samples, samples[0] + samples[1]]
    size, total = np.concatenate(seen), np.concatenate(samples)
    first = _sums(pool.unit_role[units][None, :], weights, own)
    drawn = [first, *(_sums(r, weights, own) for r in _labellings(units, pool, rng, RELABELLINGS))]
    found = _standardised(np.concatenate(drawn), size, total)
    if any(BORDERLINE[0] < p < BORDERLINE[1] for p in (found.p_closer, found.p_further)):
        drawn += [_sums(roles, weights, own) for roles in _labellings(units, pool, rng, _MORE)]
        found = _standardised(np.concatenate(drawn), size, total)
    return found


def _weights(
    one: Attribution, pool: Pool, units: NDArray[np.int64]
) -> tuple[NDArray[np.float32], Array]:
    """Return each unit's samples in each look, (units, looks), and the samples of each look.

    The foldings are added up, so that float32 holds whole numbers; ``_sums`` averages over them.
    """
    table: list[Array] = []
    for near in one.closest.values():
        place = np.searchsorted(units, pool.unit_of[near.number])
        looks = [_looks(margin) for margin in near.margin]
        for look in range(len(looks[0])):
            weight = np.concatenate([fold[look] for fold in looks])
            table.append(np.bincount(place.ravel(), weight, units.size).astype(np.float64))
    sums = np.array([column.sum() / FOLDS for column in table])
    return np.array(table, dtype=np.float32).reshape(len(table), units.size).T, sums


def _sums(
    roles: NDArray[np.int8],
    weights: Sequence[NDArray[np.float32]],
    own: Sequence[tuple[int, ...]],
) -> Array:
    """Return S for each labelling of the units and each look; of two generators also their sum."""
    sums = []
    for table, mine in zip(weights, own, strict=True):
        won = np.isin(roles, np.array(mine, dtype=roles.dtype), kind="sort").astype(np.float32)
        sums.append((won @ table).astype(np.float64) / FOLDS)
    return np.concatenate([*sums, sums[0] + sums[1]] if len(sums) > 1 else sums, axis=1)


def _standardised(sums: Array, size: Array, samples: Array) -> Relabelling:
    mean, spread = sums.mean(axis=0), sums.std(axis=0)
    kept = spread > 1e-6
    mean, spread, size, samples = (x[kept] for x in (mean, spread, size, samples))
    z = (sums[:, kept] - mean) / spread
    return Relabelling(z, size, (1 - mean / size) / spread, samples)


def _labellings(
    units: NDArray[np.int64], pool: Pool, rng: np.random.Generator, count: int
) -> Iterator[NDArray[np.int8]]:
    """Yield roles of some units of the pool, all its units relabelled at random, in portions."""
    counts = np.bincount(pool.unit_role, minlength=len(pool.roles))
    for some in _portions(units.size, count):
        taken = rng.multivariate_hypergeometric(counts, units.size, size=some)
        edges = np.cumsum(taken, axis=1)[:, :-1, None]
        roles: NDArray[np.int8] = np.sum(np.arange(units.size) >= edges, axis=1, dtype=np.int8)
        for _, part in row_blocks(roles, 1 << 18):
            part[...] = rng.permuted(part.astype(np.int64), axis=1)  # faster than single bytes
        yield roles


def beyond(
    generators: Sequence[Attribution],
    linear: Sequence[Attribution],
    pool: Pool,
    rng: np.random.Generator,
) -> float:
    """Test whether samples are closer to their own rows than those of an honest linear model.

    Equation: the difference of the mean signed score (closest row an own one 1, another minus the
    odds of own to other rows, 0 outside the look; averaged over the pool's foldings) between a
    generator's samples and those of the linear model of the same training rows, by distance and by
    |cosine|, looked at and maximised as in ``relabelled``; samples of the two are exchanged at
    random. Range: p from 0.0005 to 1. Exact, given the rows, under the hypothesis that the
    generator is that linear model; small only if its samples are closer to its own rows.
    """
    drawn: list[Array] = []
    for one, honest in zip(generators, linear, strict=True):
        scores: list[Array] = []
        odds = pool.odds(one.own)
        for view in honest.closest:
            both = one.closest[view], honest.closest[view]
            margins = np.concatenate([x.margin for x in both], axis=1)
            own = np.concatenate([one.won(view), honest.won(view)], axis=1)
            signed = np.where(own, 1.0, -odds)
            looks = [np.stack(_looks(margin)) for margin in margins]
            scores.append(np.mean([a * b for a, b in zip(looks, signed, strict=True)], axis=0))
        table = np.concatenate(scores).T
        width = table.std(axis=0)
        table = np.divide(table - table.mean(axis=0), width, out=0 * table, where=width > 0)
        first = (np.arange(len(table)) < one.samples).astype(np.float64)
        # The scores sum to zero, so their sum over one part tells the difference of the two.
        portions = _portions(4 * len(table), RELABELLINGS)
        labels = (np.tile(first, (some, 1)) for some in portions)
        exchanged = [rng.permuted(part, axis=1, out=part) @ table for part in labels]
        drawn.append(np.concatenate([first[None, :] @ table, *exchanged]))
    every = np.concatenate([*drawn, sum(drawn)] if len(drawn) > 1 else drawn, axis=1)
    spread = every.std(axis=0)
    kept = spread > 1e-9
    return _tail((every[:, kept] / spread[kept]).max(axis=1)) if kept.any() else 1.0


def _portions(size: int, count: int) -> list[int]:
    """Split ``count`` relabellings into portions, ``size`` numbers each."""
    step = max(1, _PORTION // max(size, 1))
    return [min(step, count - start) for start in range(0, count, step)]


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
