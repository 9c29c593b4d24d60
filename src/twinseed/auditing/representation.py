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
_PAIRS = 600
_CAP = 5.0  # standard deviations: beyond, a column is simply elsewhere
_EXPLAINED = 0.4  # of the difference may be left when the relation is undone
_NEAR = 0.6  # and of what is left, in standard deviations of a real column
_SEEN = 0.25  # standard deviations of a real column: a smaller difference needs no explanation
_ELSEWHERE = 0.3  # standard deviations between the middles of columns
_BEYOND = 8.0  # times the spread, or spreads of offset, that no generator is off by
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
        self.reference = self._reference(draw, count)

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

    def _reference(self, draw: np.random.Generator, count: int) -> float:
        """Return D of as many real rows as there are samples, beside the other real rows."""
        rows = self.real.rows
        count = min(count, len(rows) // 2)
        found = []
        for _ in range(3):
            order = draw.permutation(len(rows))
            found.append(self(_Seen.of(rows[order[:count]]), AS_GIVEN, None))
        return max(found)

    def shrunk_in_place(self, seen: _Seen) -> bool:
        """Say whether columns are narrower about their own middle, as those of poor generators."""
        apart = np.abs(seen.quantiles[3] - self.real.quantiles[3]) / self.spread
        narrower = np.median(_spread(seen) / self.spread) < 1
        return bool(narrower and np.minimum(apart, _CAP)[self.columns].mean() < _ELSEWHERE)

    def __call__(self, seen: _Seen, relation: Relation, order: Order | None) -> float:
        quantiles = seen.quantiles if order is None else seen.quantiles[:, order.source]
        known, reach = self.real.quantiles, _CAP * self.spread
        undone = np.clip(relation.undone(quantiles), known - reach, known + reach)
        by_column = (np.abs(undone - known) / self.spread).mean(axis=0)
        pairs = self.pairs if order is None else order.source[self.pairs]
        joint = 0.0
        if len(seen.rows) >= 10 and len(pairs):
            joint = float(np.abs(_correlations(seen, pairs) - self.known).mean())
        return float(by_column[self.columns].mean()) + joint


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
            left = compare(seen, relation, order)
            parts = (relation is not AS_GIVEN) + (order is not None)
            tried.append((left, parts, relation, order))
    least = min(one[0] for one in tried)
    close = [one for one in tried if one[0] <= 1.1 * least + 0.03]
    left, parts, relation, order = min(close, key=lambda one: one[1])
    left = max(left - compare.reference, 0.0)
    explained = _EXPLAINED if not _shrunk(seen, real, twins) else 0.75
    if not parts or left > min(explained * before, _NEAR):
        return None
    if order is None and compare.shrunk_in_place(seen):
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
        if found is not None:
            yield found


def _by_column(seen: _Seen, real: _Seen, twins: Twins) -> tuple[str, str, dict[str, Any]] | None:
    """Find columns in another unit: each is elsewhere by more than any generator is."""
    wide = [q.quantiles[-1] - q.quantiles[0] for q in (real, seen)]
    floor = 1e-5 * np.abs(real.quantiles).max(axis=0)
    looked = (wide[0] > floor) & (real.std > floor)
    spread = np.maximum(real.std, wide[0] / 3.3)
    offset = np.abs(seen.quantiles[3] - real.quantiles[3]) / np.where(looked, spread, np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.stack([wide[1] / wide[0], seen.std / real.std])
    wider = looked & (ratios.min(axis=0) > _BEYOND)
    narrow = looked & (ratios.max(axis=0) < 1 / _BEYOND) & (ratios.min(axis=0) > 0)
    looked &= seen.std > 0  # a generator that gives one value is poor, and is judged
    strange = np.flatnonzero(looked & (wider | narrow | (offset > 3)))
    told: dict[str, list[int]] = {}
    for k in strange.tolist():
        name = _unit(seen, real, k)
        if name is None and (offset[k] > _FAR or (wider[k] and ratios[:, k].min() > _FAR)):
            name = Relation("", "", lambda x: x)
        if name is not None:
            told.setdefault(name.equation, []).append(k)
    count = sum(map(len, told.values()))
    named = twins.rows.columns is not None
    if not count or (not named and count < max(1.0, 0.05 * looked.sum())):
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
                f"{seen.quantiles[3, k]:.4g}, that of the real rows {real.quantiles[3, k]:.4g}, "
                f"and the standard deviations are {seen.std[k]:.4g} and {real.std[k]:.4g}"
            )
    return (
        "; ".join(words),
        "Bring all files into the same units",
        {"columns": [names[k] for k in sorted(k for ks in told.values() for k in ks)][:20]},
    )


def _unit(seen: _Seen, real: _Seen, k: int) -> Relation | None:
    """Return the unit in which column k of the samples is like that of the real rows."""
    here = real.quantiles[:, k]
    width = max((here[-1] - here[0]) / 3.3, 1e-300)
    before = np.abs(seen.quantiles[:, k] - here).mean() / width
    # A scale has one number, and has to explain place and spread: the place must tell something.
    best = None
    for one in column_units():
        undone = one.undone(seen.quantiles[:, k : k + 1])[:, 0]
        left = float(np.abs(np.clip(undone, here - 9 * width, here + 9 * width) - here).mean())
        left /= width
        if left < min(0.4, 0.25 * before) and (best is None or left < best[0]):
            best = (left, one)
    if best is None or abs(here[3]) < 0.3 * width:
        return None
    return best[1]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
