"""The pairs to look at: samples beside the training rows that they are closest to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.auditing.copying import Copying
from twinseed.data.twins import Twins
from twinseed.readers import Column

__all__ = ["EncodedColumn", "ExamplePairs", "Pair", "pairs_of"]

_SUSPECTS = 12
_OTHERS = 6  # pairs shown where nothing is suspicious
_COLUMNS = 8  # columns of a table that are shown
_ROWS = 2000  # training rows that say which values of a column are unusual


@dataclass(frozen=True, eq=False)
class Pair:
    """A sample of one generator and the closest row that it was trained on."""

    generator: str
    sample: int
    training_row: int
    times_closer: float
    suspect: bool
    """Whether it is clearly closest to that row; else it is only among the closest there are."""
    sample_values: NDArray[np.float32]
    training_values: NDArray[np.float32]


@dataclass(frozen=True)
class EncodedColumn:
    """A column of a table, and the entries of a row that it takes."""

    column: Column
    entries: slice

    def shown(self, row: NDArray[np.float32]) -> float | str:
        """Return the number or the category that a row has there."""
        return self.column.shown(row[self.entries])


@dataclass(frozen=True, eq=False)
class ExamplePairs:
    """Pairs, the most suspicious first, and how to show them."""

    pairs: tuple[Pair, ...]
    image_shape: tuple[int, ...] | None
    columns: tuple[EncodedColumn, ...]
    """Columns in which the training rows of the pairs are most unusual, for tables."""


def pairs_of(twins: Twins, copying: Copying) -> ExamplePairs:
    """Return the suspects with their rows; the closest samples there are where none is suspicious.

    ``times_closer`` compares with rows that the generator was not trained on (for suspects: with
    any other row). Nothing is shown without rows to compare with.
    """
    chosen = [
        (one.generator, one.sample, one.training_row, one.times_closer, True)
        for one in copying.suspects[:_SUSPECTS]
    ] or _closest(copying)
    pairs = tuple(
        Pair(
            generator=name,
            sample=sample,
            training_row=row,
            times_closer=times,
            suspect=suspect,
            sample_values=_values(twins.arrays[f"samples_{name}"], sample),
            training_values=_values(_trained_on(twins, name), row),
        )
        for name, sample, row, times, suspect in chosen
    )
    return ExamplePairs(pairs, twins.image_shape, _columns(twins, pairs))


def _closest(copying: Copying) -> list[tuple[str, int, int, float, bool]]:
    found = []
    for name, scores in copying.scores.items():
        for sample in np.argsort(-scores, kind="stable")[:_OTHERS]:
            row = int(copying.matches[name][sample])
            found.append((name, int(sample), row, _times(float(scores[sample])), False))
    return sorted(found, key=lambda one: -one[3])[:_OTHERS]


def _times(score: float) -> float:
    return math.exp(score) if score < 700.0 else math.inf


def _trained_on(twins: Twins, name: str) -> NDArray[Any]:
    """Return a generator's training rows; B saw A's where it has none of its own."""
    return twins.arrays.get(f"train_{name}", twins.train_a)


def _values(rows: NDArray[Any], row: int) -> NDArray[np.float32]:
    return np.asarray(rows[row], dtype=np.float32)


def _columns(twins: Twins, pairs: tuple[Pair, ...]) -> tuple[EncodedColumn, ...]:
    """Return the columns in which the pairs' training rows deviate most, in their own order."""
    if twins.image_shape is not None or not pairs:
        return ()
    ends = np.cumsum([column.width for column in twins.rows.layout]).tolist()
    places = [
        EncodedColumn(column, slice(end - column.width, end))
        for column, end in zip(twins.rows.layout, ends, strict=True)
    ]
    if len(places) <= _COLUMNS:
        return tuple(places)
    some = np.asarray(twins.train_a[:_ROWS], dtype=np.float64)
    rows = np.stack([one.training_values for one in pairs]) - some.mean(axis=0)
    starts = [place.entries.start for place in places]
    size, spread = (
        np.sqrt(np.add.reduceat(square, starts, axis=-1)) for square in (rows**2, some.var(axis=0))
    )
    unusual = np.divide(size, spread, out=np.zeros_like(size), where=spread > 0)
    return tuple(places[k] for k in sorted(np.argsort(-unusual.mean(axis=0))[:_COLUMNS]))
