"""Are samples written as real rows are? Another unit or another order is named, not judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.auditing.relations import (
    AS_GIVEN,
    Order,
    Relation,
    column_units,
    matched_columns,
    orders,
    units,
)
from twinseed.auditing.screening import Finding
from twinseed.data.twins import Twins

__all__ = ["ANOTHER", "representation"]

ANOTHER = "another representation"

_LEVELS = np.array([0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95])
_WIDE = 3.29  # standard deviations between the first and the last of them, where rows are normal
_ENTRIES = 2_000_000  # entries of each set that are looked at, at most
_ROWS = 2000
_COLUMNS = 4000
_ENDS = 0.35  # of the range, between the ends of all entries
_ENOUGH = 10  # rows, for widths and for correlations
_PAIRS = 600
_CAP = 5.0  # standard deviations: beyond, a column is simply elsewhere
_EXPLAINED = 0.4  # of the difference may be left when the relation is undone
_NEAR = 0.6  # and of what is left, in standard deviations of a real column
_CLOSE = 0.3  # the same for a relation that bends or turns values
_SEEN = 0.25  # standard deviations of a real column: a smaller difference needs no explanation
_MOVED = 1.0  # spread between the middles of columns, of the narrower set of rows
_UNEQUAL = 0.7  # difference of the quartiles of the log ratios of the spreads of columns
_BEYOND = 8.0  # times the spread, or spreads of offset, that no generator is off by
_FIT = 0.25  # standard deviations that may be left of one column's difference
_SHARE = 0.05  # of the columns of an array have to be in another unit
_JOINT = 0.08  # of correlation, by which an order of columns shows in pairs of them
_LARGE = 1.5  # standard deviations: columns that are elsewhere altogether
_FAR = 20.0  # times, where no relation is found

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Seen:
    """What is looked at of some rows: quantiles (levels, d), spreads (d,), standard scores."""

    rows: Array
    quantiles: Array
    mean: Array
    std: Array

    @classmethod
    def of(cls, rows: Array) -> _Seen:
        mean, std = rows.mean(axis=0), rows.std(axis=0)
        std[std <= 1e-9 * np.abs(rows).max(axis=0)] = 0.0
        return cls(rows, np.quantile(rows, _LEVELS, axis=0), mean, std)


def _spread(real: _Seen) -> Array:
    """Return a standard deviation of each column that few far rows do not move."""
    wide = (real.quantiles[-1] - real.quantiles[0]) / _WIDE
    return np.where(wide > 0, wide, real.std)


def representation(twins: Twins) -> Finding | None:
    """Return how samples are written otherwise than real rows, or None if they are written alike.

    Equation: with Q the quantiles of each column at seven levels, s the standard deviation of each
    real column and r the correlations of pairs of columns, two sets of rows differ by ``D = mean
    |Q - Q'| / s + mean |r - r'|``, each column cut at 5. Samples are refused if a relation g that
    people use (range, standard scores, logarithm, order of axes, channels or columns; its numbers
    are usual ones or those of the real rows, none is fitted to the samples) leaves less than 40 %
    of D, above what equally many real rows show beside the other real rows; or if columns are
    elsewhere, or wider, by more than any generator.

    Range: an effect size, without a p-value: samples of a wrong mean, of a small variance or all
    equal have D of about 1 or less, and no relation explains them.

    Validity: it looks at single columns and at pairs. An order of columns that are all alike, and
    independent, does not show.
    """
    real = _real(twins)
    told = []
    for name in ("samples_a", "samples_b"):
        if name in twins.arrays:
            found = _misfit(_some(twins.arrays[name], _ROWS), real, twins)
            if found is not None:
                told.append((name, *found))
    if not told:
        return None
    sentences: dict[str, Any] = {}
    names: dict[tuple[str, str], list[str]] = {}
    for name, sentence, mend, numbers in told:
        names.setdefault((sentence, mend), []).append(name)
        sentences[name] = {"relation": sentence, "mend": mend, **numbers}
    said = " ".join(
        f"{' and '.join(which)}: {sentence}. {mend}." for (sentence, mend), which in names.items()
    )
    return Finding(
        ANOTHER,
        "The samples are not written as the real rows are, so that nothing can be compared. "
        + said,
        sentences,
    )


def _some(rows: NDArray[Any], most: int) -> Array:
    """Return rows evenly spread over all, few enough to look at."""
    count = min(len(rows), most, max(50, _ENTRIES // rows.shape[1]))
    chosen = np.linspace(0, len(rows) - 1, count).round().astype(int)
    return np.asarray(rows[chosen], dtype=np.float64)


def _real(twins: Twins) -> Array:
    parts = [part for name, part in twins.rows.arrays.items()]
    return np.concatenate([_some(part, _ROWS) for part in parts])


def _misfit(samples: Array, rows: Array, twins: Twins) -> tuple[str, str, dict[str, Any]] | None:
    """Return the relation in words, what mends it, and its numbers."""
    real, seen = _Seen.of(rows), _Seen.of(samples)
    compare = _Comparison(real, len(samples))
    found = _as_a_whole(seen, real, compare, twins)
    if found is None:
        found = _by_column(seen, real, twins)
    return found


class _Comparison:
    """The difference D of samples from real rows, under a relation and an order."""

    def __init__(self, real: _Seen, count: int) -> None:
        d = len(real.std)
        draw = np.random.default_rng(0)
        self.real = real
        self.spread = _spread(real)
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
            some = _Seen.of(rows[order[:count]])
            found.append((self(some, AS_GIVEN, None), self.joint(some, None)))
        whole, joint = np.max(found, axis=0)
        return float(whole), float(joint)

    def in_place(self, seen: _Seen) -> bool:
        """Say whether columns are narrower or wider, all alike, about their own middles.

        Such samples are those of a poor generator. Another unit moves the middles by more than the
        smaller of the two spreads, or changes columns unequally, or by more than any generator.
        """
        spread = np.maximum(_spread(seen), 1e-9 * self.spread)
        apart = np.abs(seen.quantiles[3] - self.real.quantiles[3])
        moved = np.minimum(apart / np.minimum(spread, self.spread), _CAP)[self.columns].mean()
        ratio = np.log(spread / self.spread)[(_spread(seen) > 0) & (self.real.std > 0)]
        unequal = np.subtract(*np.quantile(ratio, [0.75, 0.25])) if ratio.size > 1 else 0.0
        alike = moved < _MOVED and unequal < _UNEQUAL
        return bool(alike and ratio.size and np.median(ratio) < np.log(_BEYOND))

    def fits(self, seen: _Seen, relation: Relation, order: Order | None) -> bool:
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
        if not both.any() or len(seen.rows) < _ENOUGH:
            return not relation.strict
        ratio = float(np.median(np.log(wide[0][both] / wide[1][both])))
        return bool(abs(ratio) < np.log(1.6 if relation.strict else 3.5))

    def reordered(self, seen: _Seen, order: Order) -> bool:
        """Say whether columns belong in an order that was fitted to each of them by itself.

        The columns have to go together in pairs as the real ones do, far better than before; or
        nearly all of a large difference has to go.
        """
        before, after = (self.joint(seen, one) for one in (None, order))
        if before - self.reference_joint > _JOINT:
            return after - self.reference_joint < 0.5 * (before - self.reference_joint)
        given, left = (self(seen, AS_GIVEN, one) for one in (None, order))
        return given > _LARGE and left - self.reference < 0.2 * given

    def joint(self, seen: _Seen, order: Order | None) -> float:
        """Return the mean difference of the correlations of pairs of columns."""
        if len(seen.rows) < _ENOUGH or not len(self.pairs):
            return 0.0
        pairs = self.pairs if order is None else order.source[self.pairs]
        return float(np.abs(_correlations(seen, pairs) - self.known).mean())

    def __call__(self, seen: _Seen, relation: Relation, order: Order | None) -> float:
        quantiles = seen.quantiles if order is None else seen.quantiles[:, order.source]
        known, reach = self.real.quantiles, _CAP * self.spread
        undone = np.clip(relation.undone(quantiles), known - reach, known + reach)
        by_column = (np.abs(undone - known) / self.spread).mean(axis=0)
        return float(by_column[self.columns].mean()) + self.joint(seen, order)


def _correlations(seen: _Seen, pairs: NDArray[np.int64]) -> Array:
    one, other = (
        (seen.rows[:500, k] - seen.mean[k]) / np.where(seen.std[k] > 0, seen.std[k], 1.0)
        for k in pairs.T
    )
    return np.asarray((one * other).mean(axis=0))


def _as_a_whole(
    seen: _Seen, real: _Seen, compare: _Comparison, twins: Twins
) -> tuple[str, str, dict[str, Any]] | None:
    """Find one relation, and one order, that explain all columns together."""
    before = compare(seen, AS_GIVEN, None) - compare.reference
    if before < _SEEN or not seen.std.any():
        return None
    tried: list[tuple[float, int, Relation, Order | None]] = []
    for order in (None, *_orders(seen, compare, twins)):
        for relation in (AS_GIVEN, *units(real.rows, twins.image_shape)):
            if order is not None and (relation.by_column or relation.strict or relation.falling):
                continue
            left = compare(seen, relation, order)
            parts = (relation is not AS_GIVEN) + (order is not None)
            tried.append((left, parts, relation, order))
    least = min(one[0] for one in tried)
    close = [one for one in tried if one[0] <= 1.1 * least + 0.03]
    left, parts, relation, order = min(close, key=lambda one: one[1])
    left = max(left - compare.reference, 0.0)
    explained = _EXPLAINED if not _shrunk(seen, real, twins) else 0.75
    near = _CLOSE if relation.strict else _NEAR
    if not parts or left > min(explained * before, near):
        return None
    if not compare.fits(seen, relation, order) or (order is None and compare.in_place(seen)):
        return None
    words = [relation.equation] if relation is not AS_GIVEN else []
    mends = [f"pass {relation.mend} in place of samples"] if relation is not AS_GIVEN else []
    if order is not None:
        words.append(order.words)
        mends.append(order.mend)
    return (
        "; ".join(words),
        _sentence("; ".join(mends)),
        {"difference": round(before, 3), "left": round(left, 3)},
    )


def _shrunk(seen: _Seen, real: _Seen, twins: Twins) -> bool:
    """Say whether entries of all columns are spread far less or more, about a like profile."""
    if twins.rows.columns is not None or twins.d < 8:
        return False
    ratio = seen.rows.std() / max(real.rows.std(), 1e-300)
    if 1 / _BEYOND < ratio < _BEYOND or min(seen.mean.std(), real.mean.std()) == 0:
        return False
    return bool(abs(np.corrcoef(seen.mean, real.mean)[0, 1]) > 0.5)


def _orders(seen: _Seen, compare: _Comparison, twins: Twins) -> Iterator[Order]:
    if twins.rows.columns is not None:
        return
    yield from orders(twins.d, twins.image_shape)
    if twins.image_shape is None:
        found = matched_columns(seen.quantiles, compare.real.quantiles, compare.spread)
        if found is not None and compare.reordered(seen, found):
            yield found


def _by_column(seen: _Seen, real: _Seen, twins: Twins) -> tuple[str, str, dict[str, Any]] | None:
    """Find columns in another unit: each is elsewhere by more than any generator is."""
    wide = [one.quantiles[-1] - one.quantiles[0] for one in (real, seen)]
    floor = 1e-5 * np.abs(real.quantiles).max(axis=0)
    # A generator that gives one value is poor, and is judged.
    looked = (wide[0] > floor) & (real.std > floor) & (seen.std > 0)
    spread = np.where(looked, np.maximum(real.std, wide[0] / _WIDE), np.inf)
    middles = seen.quantiles[3], real.quantiles[3]
    moved = np.minimum(np.abs(middles[0] - middles[1]), np.abs(seen.mean - real.mean))
    offset = moved / spread
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.stack([wide[1] / wide[0], seen.std / real.std])
    wider = looked & (ratios.min(axis=0) > _BEYOND)
    narrow = looked & (ratios.max(axis=0) < 1 / _BEYOND) & (ratios.min(axis=0) > 0)
    odd = looked & (wider | narrow | (offset > 3))
    outside = _outside(seen, real, twins) & (
        (offset > _FAR) | (wider & (ratios.min(axis=0) > _FAR))
    )
    told: dict[str, list[int]] = {}
    for k in np.flatnonzero(odd).tolist():
        equation = _unit(seen, real, k, moved[k])
        if equation is None and outside[k]:
            equation = ""
        if equation is not None:
            told.setdefault(equation, []).append(k)
    count = sum(map(len, told.values()))
    unexplained = int(odd.sum()) - count
    named = twins.rows.columns is not None
    if not count or count < _SHARE * looked.sum() * (not named) or unexplained > count / 4:
        return None
    names = twins.column_names or tuple(f"column {k + 1}" for k in range(twins.d))
    words = []
    for equation, columns in told.items():
        some = ", ".join(names[k] for k in columns[:3]) + (", ..." if len(columns) > 3 else "")
        k = columns[0]
        if equation:
            words.append(f"in {len(columns)} of {twins.d} columns ({some}) samples = {equation}")
        else:
            words.append(
                f"{len(columns)} of {twins.d} columns ({some}) are in another unit or of another "
                f"preparation: in the first of these columns the middle of the samples is "
                f"{middles[0][k]:.4g}, that of the real rows {middles[1][k]:.4g}, and the standard "
                f"deviations are {seen.std[k]:.4g} and {real.std[k]:.4g}"
            )
    strange = sorted(k for columns in told.values() for k in columns)
    return (
        "; ".join(words),
        "Bring all files into the same units",
        {"columns": [names[k] for k in strange[:20]]},
    )


def _outside(seen: _Seen, real: _Seen, twins: Twins) -> NDArray[np.bool_]:
    """Say of each column whether samples leave the range of the real rows by its whole width.

    The range is that of the column in a table, and that of all columns in other rows.
    """
    low, high = real.rows.min(axis=0), real.rows.max(axis=0)
    if twins.rows.columns is None:
        low, high = np.full_like(low, low.min()), np.full_like(high, high.max())
    first, last = seen.quantiles[0], seen.quantiles[-1]
    found: NDArray[np.bool_] = (last > 2 * high - low) | (first < 2 * low - high)
    return found


def _unit(seen: _Seen, real: _Seen, k: int, moved: float) -> str | None:
    """Return the unit in which column k of the samples is like that of the real rows.

    A factor is one number, and has to explain the place and the spread: the column has to have
    moved by three times the smaller of the spreads, unless it is far wider.
    """
    here, there = real.quantiles[:, k], seen.quantiles[:, k]
    width, other = (max((x[-1] - x[0]) / _WIDE, 1e-300) for x in (here, there))
    if moved < 3 * min(width, other) and other < _BEYOND * width:
        return None
    limit = min(_FIT + len(seen.rows) ** -0.5, 0.25 * float(np.abs(there - here).mean()) / width)
    wider = other >= _BEYOND * width  # then a small factor explains too little
    best: tuple[float, str] | None = None
    for one in column_units():
        undone = np.clip(one.undone(there[:, None])[:, 0], here - 9 * width, here + 9 * width)
        left = float(np.abs(undone - here).mean()) / width
        if wider and undone[-1] - undone[0] > 0.2 * (there[-1] - there[0]):
            continue
        if left < limit and (best is None or left < best[0]):
            best = (left, one.equation)
    return None if best is None else best[1]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
