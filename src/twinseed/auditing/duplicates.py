"""Rows and columns that repeat each other, within a set and between sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.data.rows import Rows
from twinseed.neighbours import nearest

__all__ = ["NEAR", "duplicated_columns", "equal_rows", "near_duplicates"]

NEAR = 0.1
"""Rows are near-duplicates when closer than this share of the median distance to the closest."""

_LOOKED_AT = 500  # rows of each set whose near-duplicates are sought, at most
_EXAMPLES = 5

Told = tuple[str, str, dict[str, Any]]
"""Name, sentence and numbers of a finding."""


def equal_rows(rows: Rows) -> Iterator[Told]:
    """Yield, for each set of real rows, how many of its rows repeat an earlier one exactly."""
    for name, digest in rows.digests.items():
        _, first = np.unique(digest, return_index=True)
        count = len(digest) - len(first)
        if count:
            again = np.setdiff1d(np.arange(len(digest)), first)[:_EXAMPLES].tolist()
            yield (
                "equal rows",
                f"{count} of {len(digest)} rows of {name} are exactly equal to an earlier row "
                f"(for example row {again[0]}): generators copy repeated rows first.",
                {"set": name, "rows": count, "examples": again},
            )


def near_duplicates(real: Mapping[str, NDArray[Any]], rng: np.random.Generator) -> Iterator[Told]:
    """Yield, for each pair of sets, how many of some rows of the one nearly repeat in the other.

    Equation: ``|x - y| <= NEAR median`` and above 0, the median that of the distances from rows to
    the closest others. Rows are sought at random, 500 of each set; within a set, among the rows
    that are not sought.
    """
    for place, (name, rows) in enumerate(real.items()):
        chosen = np.sort(rng.permutation(len(rows))[: min(_LOOKED_AT, len(rows) // 2)])
        if not chosen.size:
            continue
        label = np.ones(len(rows), dtype=np.int64)
        label[chosen] = 0
        within = nearest(rows[chosen], rows, groups=label)
        gap = within.distance[:, 1]
        median = float(np.median(gap))
        others = list(real.items())[:place]
        found = [(name, gap, within.distance_row[:, 1])]
        for other, far in others:
            beside = nearest(rows[chosen], far)
            found.append((other, beside.distance[:, 0], beside.distance_row[:, 0]))
        for other, distance, row in found:
            close = np.flatnonzero((distance <= NEAR * median) & (distance > 0))
            if close.size:
                pairs = [[int(chosen[i]), int(row[i])] for i in close[:_EXAMPLES]]
                yield (
                    "near-duplicates",
                    f"{close.size} of {len(chosen)} rows of {name} that were checked have a "
                    f"near-duplicate in {other} (for example row {pairs[0][0]}, near row "
                    f"{pairs[0][1]}): " + _meaning(name, other),
                    {
                        "sets": [name, other],
                        "rows": int(close.size),
                        "looked_at": len(chosen),
                        "examples": pairs,
                    },
                )


def _meaning(name: str, other: str) -> str:
    if name == other:
        return "a row that occurs twice is copied more easily."
    if "heldout" in (name, other):
        return "held-out rows that resemble training rows hide copying."
    return "twins that were trained on the same rows agree more easily."


def duplicated_columns(rows: NDArray[Any]) -> list[tuple[int, int]]:
    """Return (first, repeated) for each column that equals an earlier one, constant ones aside.

    >>> duplicated_columns(np.array([[1, 0, 1, 7], [2, 5, 2, 7]]))
    [(0, 2)]
    """
    columns = np.ascontiguousarray(rows.T)
    seen: dict[bytes, int] = {}
    found = []
    for number in np.flatnonzero(np.any(columns != columns[:, :1], axis=1)).tolist():
        first = seen.setdefault(columns[number].tobytes(), number)
        if first != number:
            found.append((first, number))
    return found
