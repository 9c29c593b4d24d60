"""How far samples are from real rows, column by column and in pairs of columns, in effect sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.axis_orders import Order
from twinseed.auditing.relations import AS_GIVEN, Relation

__all__ = ["BEYOND", "ENOUGH", "WIDE", "Difference", "Seen", "spread_of"]

_LEVELS = np.array([0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95])
WIDE = 3.29  # standard deviations between the first and the last of them, where rows are normal
_ROWS = 2000
_COLUMNS = 4000
_ENDS = 0.35  # of the range, between the ends of all entries
ENOUGH = 10  # rows, for widths and for correlations
_PAIRS = 600
_CAP = 5.0  # standard deviations: beyond, a column is simply elsewhere
_MOVED = 1.0  # spread between the middles of columns, of the narrower set of rows
_UNEQUAL = 0.7  # difference of the quartiles of the log ratios of the spreads of columns
BEYOND = 8.0  # times the spread, or spreads of offset, that no generator is off by
_JOINT = 0.08  # of correlation, by which an order of columns shows in pairs of them
_LARGE = 1.5  # standard deviations: columns that are elsewhere altogether


@dataclass(frozen=True)
class Seen:
    """What is looked at of some rows: quantiles (levels, d), spreads (d,), standard scores."""

    rows: Array
    quantiles: Array
    mean: Array
    std: Array

    @classmethod
    def of(cls, rows: Array) -> Seen:
        mean, std = rows.mean(axis=0), rows.std(axis=0)
        std[std <= 1e-9 * np.abs(rows).max(axis=0)] = 0.0
        return cls(rows, np.quantile(rows, _LEVELS, axis=0), mean, std)


def spread_of(real: Seen) -> Array:
    """Return a standard deviation of each column that few far rows do not move."""
    wide = (real.quantiles[-1] - real.quantiles[0]) / WIDE
    return np.where(wide > 0, wide, real.std)


class Difference:
    """The difference D of samples from real rows, under a relation and an order."""

    def __init__(self, real: Seen, count: int) -> None:
        d = len(real.std)
        draw = np.random.default_rng(0)
        self.real = real
        self.spread = spread_of(real)
        positive = self.spread[self.spread > 0]
        floor = 0.02 * float(np.median(positive)) if positive.size else 1.0
        self.spread = np.maximum(self.spread, floor)
        self.columns = np.unique(np.linspace(0, d - 1, min(d, _COLUMNS)).round().astype(int))
        self.pairs, self.known = self._strongest(draw)
        self.reference, self.reference_joint = self._reference(draw, count)

    def _strongest(self, draw: np.random.Generator) -> tuple[NDArray[np.int64], Array]:
        """Choose pairs of columns that go together most."""
        d = len(self.real.std)
        if d < 2:
            return np.zeros((0, 2), dtype=np.int64), np.zeros(0)
        step = np.arange(d - 1)
        beside = np.stack([step, step + 1], axis=1)[: 4 * _PAIRS]
        drawn = draw.integers(0, d, (4 * _PAIRS, 2))
        pairs = np.unique(np.concatenate([beside, drawn[drawn[:, 0] != drawn[:, 1]]]), axis=0)
        known = _correlations(self.real, pairs)
        strong = np.argsort(-np.abs(known))[:_PAIRS]
        return pairs[strong], known[strong]

    def _reference(self, draw: np.random.Generator, count: int) -> tuple[float, float]:
        """Return D, and its part of pairs, of as many real rows beside all real rows."""
        rows = self.real.rows
        count = min(count, len(rows) // 2)
        found = []
        for _ in range(3):
            order = draw.permutation(len(rows))
            some = Seen.of(rows[order[:count]])
            found.append((self(some, AS_GIVEN, None), self.joint(some, None)))
        whole, joint = np.max(found, axis=0)
        return float(whole), float(joint)

    def in_place(self, seen: Seen) -> bool:
        """Say whether columns are narrower or wider, all alike, about their own middles.

        Such samples are those of a poor generator. Another unit moves the middles by more than the
        smaller of the two spreads, or changes columns unequally, or by more than any generator.
        """
        spread = np.maximum(spread_of(seen), 1e-9 * self.spread)
        apart = np.abs(seen.quantiles[3] - self.real.quantiles[3])
        moved = np.minimum(apart / np.minimum(spread, self.spread), _CAP)[self.columns].mean()
        ratio = np.log(spread / self.spread)[(spread_of(seen) > 0) & (self.real.std > 0)]
        unequal = np.subtract(*np.quantile(ratio, [0.75, 0.25])) if ratio.size > 1 else 0.0
        alike = moved < _MOVED and unequal < _UNEQUAL
        return bool(alike and ratio.size and np.median(ratio) < np.log(BEYOND))

    def fits(self, seen: Seen, relation: Relation, order: Order | None) -> bool:
        """Say whether samples are about as wide as real rows once the relation is undone.

        All entries together have to end where those of the real rows do, and most columns too.
        """
        if not relation.by_column:
            ends = [
                np.quantile(part, [0.05, 0.95])
                for part in (relation.undone(seen.rows[:_ROWS]), self.real.rows)
            ]
            if np.abs(ends[0] - ends[1]).max() > _ENDS * max(np.ptp(ends[1]), 1e-300):
                return False
        quantiles = seen.quantiles if order is None else seen.quantiles[:, order.source]
        undone = relation.undone(quantiles)
        wide = [part[-1] - part[0] for part in (undone, self.real.quantiles)]
        both = (wide[0] > 0) & (wide[1] > 0)
        if not both.any() or len(seen.rows) < ENOUGH:
            return not relation.strict
        ratio = float(np.median(np.log(wide[0][both] / wide[1][both])))
        return bool(abs(ratio) < np.log(1.6 if relation.strict else 3.5))

    def reordered(self, seen: Seen, order: Order) -> bool:
        """Say whether columns belong in an order that was fitted to each of them by itself.

        The columns have to go together in pairs as the real ones do, far better than before; or
        nearly all of a large difference has to go.
        """
        before, after = (self.joint(seen, one) for one in (None, order))
        if before - self.reference_joint > _JOINT:
            return after - self.reference_joint < 0.5 * (before - self.reference_joint)
        given, left = (self(seen, AS_GIVEN, one) for one in (None, order))
        return given > _LARGE and left - self.reference < 0.2 * given

    def joint(self, seen: Seen, order: Order | None) -> float:
        """Return the mean difference of the correlations of pairs of columns."""
        if len(seen.rows) < ENOUGH or not len(self.pairs):
            return 0.0
        pairs = self.pairs if order is None else order.source[self.pairs]
        return float(np.abs(_correlations(seen, pairs) - self.known).mean())

    def __call__(self, seen: Seen, relation: Relation, order: Order | None) -> float:
        quantiles = seen.quantiles if order is None else seen.quantiles[:, order.source]
        known, reach = self.real.quantiles, _CAP * self.spread
        undone = np.clip(relation.undone(quantiles), known - reach, known + reach)
        by_column = (np.abs(undone - known) / self.spread).mean(axis=0)
        return float(by_column[self.columns].mean()) + self.joint(seen, order)


def _correlations(seen: Seen, pairs: NDArray[np.int64]) -> Array:
    one, other = (
        (seen.rows[:500, k] - seen.mean[k]) / np.where(seen.std[k] > 0, seen.std[k], 1.0)
        for k in pairs.T
    )
    return np.asarray((one * other).mean(axis=0))
