"""Are samples written as real rows are? Another unit or another order is named, not judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.axis_orders import Order, matched_columns, orders
from twinseed.auditing.differences import BEYOND, ENOUGH, WIDE, Difference, Seen
from twinseed.auditing.relations import AS_GIVEN, Relation, column_units, units
from twinseed.auditing.screening import Finding
from twinseed.data.twins import Twins

__all__ = ["ANOTHER", "representation"]

ANOTHER = "another representation"

_ENTRIES = 2_000_000  # entries of each set that are looked at, at most
_ROWS = 2000
_EXPLAINED = 0.4  # of the difference may be left when the relation is undone
_NEAR = 0.6  # and of what is left, in standard deviations of a real column
_CLOSE = 0.3  # the same for a relation that bends or turns values
_SEEN = 0.25  # standard deviations of a real column: a smaller difference needs no explanation
_FIT = 0.25  # standard deviations that may be left of one column's difference
_SHARE = 0.05  # of the columns of an array have to be in another unit
_FAR = 20.0  # times, where no relation is found


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
        sentences[name] = {"relation": sentence, "remedy": mend, **numbers}
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
    """Return the relation in words, what corrects it, and its numbers."""
    real, seen = Seen.of(rows), Seen.of(samples)
    compare = Difference(real, len(samples))
    found = _as_a_whole(seen, real, compare, twins)
    if found is None:
        found = _by_column(seen, real, twins)
    return found


def _as_a_whole(
    seen: Seen, real: Seen, compare: Difference, twins: Twins
) -> tuple[str, str, dict[str, Any]] | None:
    """Find one relation, and one order, that explain all columns together."""
    before = compare(seen, AS_GIVEN, None) - compare.reference
    if before < _SEEN or not seen.std.any():
        return None
    few = len(seen.rows) < ENOUGH
    if few and 1 / BEYOND < seen.rows.std() / max(real.rows.std(), 1e-300) < BEYOND:
        return None
    tried: list[tuple[float, int, Relation, Order | None]] = []
    for order in (None, *(() if few else _orders(seen, compare, twins))):
        for relation in (AS_GIVEN, *units(real.rows, twins.image_shape)):
            bends = relation.by_column or relation.strict or relation.falling
            if bends and (few or order is not None):
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


def _shrunk(seen: Seen, real: Seen, twins: Twins) -> bool:
    """Say whether entries of all columns are spread far less or more, about a like profile."""
    if twins.rows.columns is not None or twins.d < 8:
        return False
    ratio = seen.rows.std() / max(real.rows.std(), 1e-300)
    if 1 / BEYOND < ratio < BEYOND or min(seen.mean.std(), real.mean.std()) == 0:
        return False
    return bool(abs(np.corrcoef(seen.mean, real.mean)[0, 1]) > 0.5)


def _orders(seen: Seen, compare: Difference, twins: Twins) -> Iterator[Order]:
    if twins.rows.columns is not None:
        return
    yield from orders(twins.d, twins.image_shape)
    if twins.image_shape is None:
        found = matched_columns(seen.quantiles, compare.real.quantiles, compare.spread)
        if found is not None and compare.reordered(seen, found):
            yield found


def _by_column(seen: Seen, real: Seen, twins: Twins) -> tuple[str, str, dict[str, Any]] | None:
    """Find columns in another unit: each is elsewhere by more than any generator is."""
    wide = [one.quantiles[-1] - one.quantiles[0] for one in (real, seen)]
    floor = 1e-5 * np.abs(real.quantiles).max(axis=0)
    # A generator that gives one value is poor, and is judged.
    looked = (wide[0] > floor) & (real.std > floor) & (seen.std > 0)
    spread = np.where(looked, np.maximum(real.std, wide[0] / WIDE), np.inf)
    middles = seen.quantiles[3], real.quantiles[3]
    moved = np.minimum(np.abs(middles[0] - middles[1]), np.abs(seen.mean - real.mean))
    offset = moved / spread
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.stack([wide[1] / wide[0], seen.std / real.std])
    wider = looked & (ratios.min(axis=0) > BEYOND)
    narrow = looked & (ratios.max(axis=0) < 1 / BEYOND) & (ratios.min(axis=0) > 0)
    odd = looked & (wider | narrow | (offset > 3))
    outside = _outside(seen, real, twins) & (
        (offset > _FAR) | (wider & (ratios.min(axis=0) > _FAR))
    )
    if len(seen.rows) < ENOUGH:  # a column of few samples shows nothing but its place
        odd &= outside
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


def _outside(seen: Seen, real: Seen, twins: Twins) -> NDArray[np.bool_]:
    """Say of each column whether samples leave the range of the real rows by its whole width.

    The range is that of the column in a table, and that of all columns in other rows.
    """
    low, high = real.rows.min(axis=0), real.rows.max(axis=0)
    if twins.rows.columns is None:
        low, high = np.full_like(low, low.min()), np.full_like(high, high.max())
    first, last = seen.quantiles[0], seen.quantiles[-1]
    found: NDArray[np.bool_] = (last > 2 * high - low) | (first < 2 * low - high)
    return found


def _unit(seen: Seen, real: Seen, k: int, moved: float) -> str | None:
    """Return the unit in which column k of the samples is like that of the real rows.

    A factor is one number, and has to explain the place and the spread: the column has to have
    moved by three times the smaller of the spreads, unless it is far wider.
    """
    here, there = real.quantiles[:, k], seen.quantiles[:, k]
    width, other = (max((x[-1] - x[0]) / WIDE, 1e-300) for x in (here, there))
    if moved < 3 * min(width, other) and other < BEYOND * width:
        return None
    limit = min(_FIT + len(seen.rows) ** -0.5, 0.25 * float(np.abs(there - here).mean()) / width)
    wider = other >= BEYOND * width  # then a small factor explains too little
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
