"""Rows and columns that repeat each other, within a set and between sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.data.rows import Rows
from twinseed.neighbours import nearest

__all__ = ["GROUPED", "NEAR", "duplicated_columns", "equal_rows", "near_duplicates", "near_groups"]

GROUPED = "rows in groups"
"""Name of the finding that rows come in groups, each of which lies in one file."""

NEAR = 0.1
"""Rows are near-duplicates when closer than this share of the median distance to the closest."""

_LOOKED_AT = 500  # rows of each set whose near-duplicates are sought, at most
_EXAMPLES = 5
_ASKED = 300  # rows whose nearest rows are compared between files, at most
_BESIDE = 4000  # rows of each file among which these are sought, at most
_WIDTH = 512  # columns, at most
_FAR_NEARER = 0.7  # times the distance to the nearest row of the other file
_MORE = 0.15  # share of rows by which the one direction has to exceed the other
_NEARBY = 1.15  # times as near, where whole files are equally far

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
        within = nearest(rows[chosen], rows, groups=label, cosines=False)
        gap = within.distance[:, 1]
        median = float(np.median(gap))
        others = list(real.items())[:place]
        found = [(name, gap, within.distance_row[:, 1])]
        for other, far in others:
            beside = nearest(rows[chosen], far, cosines=False)
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


def near_groups(real: Mapping[str, NDArray[Any]], rng: np.random.Generator) -> Iterator[Told]:
    """Yield, for the training rows beside held-out rows, whether rows come in groups by file.

    Equation: for rows of the smaller file, w is the distance to the nearest other row of this file,
    o that to the nearest of as many rows of the other file, in columns of equal spread. If rows can
    be exchanged, ``w < .7 o`` is as frequent as ``o < .7 w``. Groups are named if it is more
    frequent by .15 of the rows and by 4 standard errors, and if the nearest rows differ more than
    the files as wholes: ``mean log o/w > log 1.15 + 3 log O/W``, with O and W the medians of the
    distances to the row at a third of the ranks. A file that is elsewhere as a whole is no group.

    Shapes: (n, d) and (h, d). Validity: groups of two rows or more, each within one file; rows
    that are groups in both files at once do not show here.
    """
    for name in ("train_a", "train_b"):
        if name not in real or "heldout" not in real:
            continue
        few, many = sorted((name, "heldout"), key=lambda one: len(real[one]))
        one, other = _scaled(real[few], real[many], rng)
        if len(one) < 8:
            continue
        asked = np.sort(rng.permutation(len(one))[:_ASKED])
        within = _distances(one[asked], one)
        within[np.arange(len(asked)), asked] = np.inf
        between = _distances(one[asked], other[: len(one) - 1])
        w = np.linalg.norm(one[asked] - one[within.argmin(axis=1)], axis=1)
        o = np.linalg.norm(one[asked] - other[between.argmin(axis=1)], axis=1)
        nearer, further = (float(np.mean(x < _FAR_NEARER * y)) for x, y in ((w, o), (o, w)))
        more = nearer - further
        apart = (w > 0) & (o > 0)
        if more < _MORE or more < 4 * np.sqrt((nearer + further) / len(asked)):
            continue
        rank = between.shape[1] // 3
        far = [float(np.median(np.partition(x, rank, axis=1)[:, rank])) for x in (between, within)]
        near = float(np.mean(np.log(o[apart] / w[apart]))) if apart.any() else np.inf
        if near > np.log(_NEARBY) + 3 * abs(np.log(far[0] / far[1])):
            yield (
                GROUPED,
                f"Rows come in groups: {100 * nearer:.0f} % of the rows of {few} are far nearer to "
                f"another row of {few} than to any row of {many}, where {100 * further:.0f} % are "
                f"far nearer to a row of {many}. Such rows belong to one person, film or scene, of "
                "which all rows lie in one file. Pass the column that names the group with "
                "--group COLUMN, or Twins(groups=...) in Python. Do not mix the rows of one group "
                "over the files.",
                {"sets": [few, many], "nearer": nearer, "further": further, "asked": len(asked)},
            )


def _distances(queries: Array, rows: Array) -> Array:
    """Return all distances, with the rounding of products: equal rows are not at 0 exactly."""
    centre = rows.mean(axis=0)
    q, r = queries - centre, rows - centre
    squares = np.sum(q * q, axis=1)[:, None] + np.sum(r * r, axis=1) - 2.0 * (q @ r.T)
    return np.asarray(np.sqrt(np.maximum(squares, 0.0)))


def _scaled(few: NDArray[Any], many: NDArray[Any], rng: np.random.Generator) -> tuple[Array, Array]:
    """Return rows of both files, equally many at most, in columns of one spread."""
    d = few.shape[1]
    columns = np.sort(rng.permutation(d)[:_WIDTH])
    count = min(len(few), len(many), _BESIDE)
    one = np.asarray(few[:, columns], dtype=np.float64)
    if len(one) > _BESIDE:  # neighbours in the file are kept: groups lie together there
        one = one[:_BESIDE]
    other = np.asarray(
        many[np.sort(rng.permutation(len(many))[:count])][:, columns], dtype=np.float64
    )
    spread = np.concatenate([one, other]).std(axis=0)
    spread[spread == 0] = 1.0
    return one / spread, other / spread


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
