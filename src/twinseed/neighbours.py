"""Exact nearest rows in bounded memory, for the cosine and the Euclidean distance in one pass.

float32 matrix products are fast, and useless exactly where memorisation lives: the distance of a
near copy is lost in their rounding error. So the products only exclude rows, by a rigorous error
bound, and the few rows that they cannot exclude are compared in float64 on the original values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.checks import numeric_rows, row_blocks
from twinseed.errors import InputError

__all__ = ["Nearest", "Progress", "nearest"]

Progress = Callable[[int, int], None]
"""Called with (work done, work in all); any unit."""

_SEGMENT = 256  # rows whose largest score is kept in the first pass
_BLOCK = 4096  # rows multiplied at a time, at most
_WAITING = 2  # candidates collected for each query and group before they are cut to the best few
_QUERIES = 512  # queries multiplied at a time, at most: the scores stay in the cache


@dataclass(frozen=True)
class Nearest:
    """The nearest rows of each query in each group of rows; every array is (queries, groups)."""

    cosine: NDArray[np.float64]
    """Largest |cosine| to a row, from 0 to 1; 0 for a query or rows of length zero."""
    cosine_row: NDArray[np.int64]
    distance: NDArray[np.float64]
    """Smallest Euclidean distance to a row."""
    distance_row: NDArray[np.int64]


def nearest(
    queries: ArrayLike,
    rows: ArrayLike,
    *,
    groups: int | NDArray[np.int64] = 1,
    origin: ArrayLike | None = None,
    memory: int = 256 << 20,
    top: int = 8,
    progress: Progress | None = None,
) -> Nearest:
    """Return, for each query, the row of largest |cosine| and the row of least distance.

    Equation: ``max_j |(q - o).(r_j - o)| / (|q - o| |r_j - o|)`` and ``min_j |q - r_j|`` over the
    rows ``r_j`` of each group; ``o`` is the ``origin`` (zero when left out). Range: cosine from 0
    (orthogonal) to 1 (parallel); distance from 0 (a copy) upwards.

    Shapes: queries (N, d); rows (M, d); the answer (N, G). ``groups`` is the number of groups
    (row j is in group j modulo G) or one label from 0 to G - 1 for each row.

    Raises:
        InputError: not numbers, not finite, widths that differ, a group without rows.

    Validity: the products run in the arrays' own precision (float32 stays float32), on values
    centred by the rows' mean, so that a large mean costs no digits. With unit roundoff u and
    ``g = (d + 16) u / (1 - (d + 16) u)``, every computed ``q.r - |r|^2/2`` is within
    ``g (|q| + |r|) |r|`` of its true value, and every computed cosine (times |q|) within
    ``g (|q| + |m|)(|r| + |m|)/|r - o|``, ``m`` the mean less the origin: the classical bound
    ``g sum_j |q_j r_j|`` for an inner product summed in any order, with Cauchy-Schwarz, and 16
    more roundings for the centring and the shifts. A row is dropped only if its score plus its
    bound lies below another's score less its bound, so the true nearest row is always kept. What
    is kept is compared in float64 on the original values; equal values go to the lower row.
    Only where more than ``top`` rows lie within the bound of each other (many copies of one row)
    are the ``top`` best by score compared, and the answer is then nearest to within the bound.

    Memory: at most about ``memory`` bytes beyond the arguments and the answer, which may be
    memory-mapped: rows are read in blocks, twice for each batch of queries.

    Source: N. Higham, Accuracy and Stability of Numerical Algorithms (2002), equation (3.5).

    >>> found = nearest([[2.0, 0.1], [0.0, -3.0]], [[1.0, 0.0], [0.0, 1.0]])
    >>> found.cosine_row.ravel(), found.distance_row.ravel()
    (array([0, 1]), array([0, 0]))
    """
    q = numeric_rows("queries", queries, at_least=1)
    r = numeric_rows("rows", rows, at_least=1)
    if q.shape[1] != r.shape[1]:
        raise InputError(
            "queries", f"must have the rows' {r.shape[1]} columns", q.shape[1], "match the widths"
        )
    labels = _labels(groups, len(r))
    count = int(labels.max()) + 1
    frame = _Frame.around(q, r, origin)
    plan = _Plan.within(memory, len(r), r.shape[1], frame.dtype.itemsize, count, top)
    best = Nearest(
        np.zeros((len(q), count)),
        np.zeros((len(q), count), dtype=np.int64),
        np.zeros((len(q), count)),
        np.zeros((len(q), count), dtype=np.int64),
    )
    for start in range(0, len(q), plan.batch):
        part = slice(start, min(start + plan.batch, len(q)))

        def report(share: float, part: slice = part) -> None:
            if progress is not None:
                done = part.start + share * (part.stop - part.start)
                progress(int(done * len(r)), len(q) * len(r))

        _search(q[part], r, labels, frame, plan, _rows_of(best, part), report)
    return best


def _rows_of(best: Nearest, part: slice) -> Nearest:
    return Nearest(
        best.cosine[part], best.cosine_row[part], best.distance[part], best.distance_row[part]
    )


def _labels(groups: int | NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    remedy = "pass a number of groups, or a label from 0 for each row"
    if np.ndim(groups) == 0:
        if not 1 <= int(groups) <= rows:
            raise InputError("groups", f"must be from 1 to the {rows} rows", groups, remedy)
        return np.arange(rows) % int(groups)
    labels = np.asarray(groups)
    if labels.shape != (rows,) or not np.issubdtype(labels.dtype, np.integer):
        raise InputError("groups", "must hold a whole number a row", labels.shape, remedy)
    if labels.min() < 0 or np.any(np.bincount(labels) == 0):
        raise InputError("groups", "must use every label from 0", int(labels.min()), remedy)
    return labels.astype(np.int64, copy=False)


@dataclass(frozen=True)
class _Frame:
    """Where scores are computed: scaled so that nothing overflows, centred on the rows' mean."""

    dtype: np.dtype[Any]
    scale: float
    centre: NDArray[Any]  # of the scaled rows
    origin: NDArray[np.float64]  # scaled

    @classmethod
    def around(cls, q: NDArray[Any], r: NDArray[Any], origin: ArrayLike | None) -> _Frame:
        dtype = _working(np.result_type(q.dtype, r.dtype))
        o = np.zeros(r.shape[1]) if origin is None else np.asarray(origin, dtype=np.float64)
        largest = max(_largest(q), _largest(r), float(np.abs(o).max()))
        exponent = np.clip(-math.frexp(largest)[1], -np.finfo(dtype).maxexp + 4, 900)
        scale = 2.0 ** int(min(exponent, np.finfo(dtype).maxexp - 4))
        total = np.zeros(r.shape[1])
        for _, block in row_blocks(r, 1 << 18):
            total += (block * scale).sum(axis=0, dtype=np.float64)
        return cls(dtype, scale, (total / len(r)).astype(dtype), o * scale)

    def place(self, block: NDArray[Any]) -> NDArray[Any]:
        placed = block.astype(self.dtype)
        placed *= self.dtype.type(self.scale)
        placed -= self.centre
        return placed

    @property
    def offset(self) -> NDArray[np.float64]:
        """``m``: what turns centred values into values about the origin."""
        return self.centre.astype(np.float64) - self.origin

    @property
    def roundoff(self) -> float:
        """``g``, the relative error of a computed inner product."""
        unit = (self.centre.size + 16) * float(np.finfo(self.dtype).eps) / 2
        return unit / (1 - unit) if unit < 0.5 else 1.0


def _working(dtype: np.dtype[Any]) -> np.dtype[Any]:
    narrow = dtype.itemsize <= 2 or dtype == np.float32
    return np.dtype(np.float32 if narrow else np.float64)


def _largest(array: NDArray[Any]) -> float:
    return max(max(float(b.max()), -float(b.min())) for _, b in row_blocks(array))


@dataclass(frozen=True)
class _Plan:
    block: int
    segment: int
    queries: int
    batch: int
    top: int

    @classmethod
    def within(cls, memory: int, rows: int, d: int, itemsize: int, groups: int, top: int) -> _Plan:
        """Share the memory: a quarter at most to the rows and to the scores, queries the rest."""
        a_row = d * (2 * itemsize + 8)
        block = int(np.clip(memory // 4 // a_row, 1, _BLOCK))
        queries = int(np.clip(memory // 4 // (2 * block * itemsize), 1, _QUERIES))
        left = memory - block * a_row - 2 * block * queries * itemsize
        segment = int(np.clip(rows // (16 * groups), 32, _SEGMENT))
        segments = rows // segment + (rows // block + 1) * groups
        a_query = (
            d * itemsize + 2 * segments * itemsize + 2 * groups * (24 * top + _WAITING * 96 + 40)
        )
        return cls(block, segment, queries, max(1, left // a_query), top)


@dataclass(frozen=True)
class _Block:
    """Some rows, sorted by group, with all that turns their products into scores and bounds."""

    index: NDArray[np.int64]
    group: NDArray[np.int64]
    rows: NDArray[Any]
    half: NDArray[Any]  # |r|^2 / 2
    lift: NDArray[Any]  # r.m + m.m
    inverse: NDArray[Any]  # 1 / |r - o|
    length: NDArray[np.float64]  # |r|
    pull: NDArray[np.float64]  # (|r| + |m|) / |r - o|
    segments: list[slice]  # each within one group

    @classmethod
    def of(
        cls, raw: NDArray[Any], start: int, label: NDArray[np.int64], frame: _Frame, segment: int
    ) -> _Block:
        order = np.argsort(label, kind="stable")
        rows = frame.place(raw if np.all(np.diff(order) == 1) else raw[order])
        m = frame.offset
        square, about = _squares(rows, 0.0), np.sqrt(_squares(rows, m))
        inverse = np.divide(1.0, about, out=np.zeros_like(about), where=about > 0)
        length = np.sqrt(square)
        lift = (about**2 - square + m @ m) / 2
        edges = [0, *(np.flatnonzero(np.diff(label[order])) + 1), len(rows)]
        return cls(
            start + order,
            label[order],
            rows,
            (square / 2).astype(frame.dtype),
            lift.astype(frame.dtype),
            inverse.astype(frame.dtype),
            length,
            (length + np.linalg.norm(m)) * inverse,
            [
                slice(int(a), int(min(a + segment, hi)))
                for lo, hi in itertools.pairwise(edges)
                for a in range(lo, hi, segment)
            ],
        )


def _blocks(
    r: NDArray[Any], labels: NDArray[np.int64], frame: _Frame, plan: _Plan
) -> Iterator[_Block]:
    for start in range(0, len(r), plan.block):
        part = slice(start, start + plan.block)
        yield _Block.of(r[part], start, labels[part], frame, plan.segment)


def _squares(rows: NDArray[Any], shift: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``|row + shift|^2`` in float64."""
    squares = np.empty(len(rows))
    for at, part in row_blocks(rows, 1 << 17):
        wide = part + np.asarray(shift, dtype=np.float64)
        squares[at : at + len(part)] = np.einsum("ij,ij->i", wide, wide)
    return squares


class _Distance:
    """``q.r - |r|^2/2``: largest where the distance is least."""

    def __init__(self, frame: _Frame, length: NDArray[np.float64]) -> None:
        self.roundoff = frame.roundoff
        self.length = length

    def score(
        self, g: NDArray[Any], block: _Block, part: slice, who: Any, out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        return np.subtract(g, block.half[part, None], out=out)

    def bound(self, length: Any, pull: Any, who: Any) -> Any:
        return self.roundoff * (self.length[who] + length) * length

    def exact(self, q: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
        q -= r
        return -np.sqrt(np.einsum("ij,ij->i", q, q))


class _Cosine:
    """``|(q - o).(r - o)| / |r - o|``: largest where the |cosine| is."""

    def __init__(self, frame: _Frame, placed: NDArray[Any], length: NDArray[np.float64]) -> None:
        self.roundoff = frame.roundoff
        self.origin = frame.origin
        self.offset = float(np.linalg.norm(frame.offset))
        self.length = length
        self.shift = np.concatenate(
            [part @ frame.offset for _, part in row_blocks(placed, 1 << 17)], dtype=frame.dtype
        )

    def score(
        self, g: NDArray[Any], block: _Block, part: slice, who: Any, out: NDArray[Any] | None = None
    ) -> NDArray[Any]:
        scores: NDArray[Any] = np.add(g, block.lift[part, None], out=out)
        scores += self.shift[who]
        scores *= block.inverse[part, None]
        return np.abs(scores, out=scores)

    def bound(self, length: Any, pull: Any, who: Any) -> Any:
        return self.roundoff * (self.length[who] + self.offset) * pull

    def exact(self, q: NDArray[np.float64], r: NDArray[np.float64]) -> NDArray[np.float64]:
        q -= self.origin
        r -= self.origin
        size = np.sqrt(np.einsum("ij,ij->i", q, q) * np.einsum("ij,ij->i", r, r))
        product = np.abs(np.einsum("ij,ij->i", q, r))
        cosine = np.divide(product, size, out=np.zeros_like(size), where=size > 0)
        return np.minimum(cosine, 1.0)


_Metric = _Distance | _Cosine
_Metrics = tuple[_Metric, ...]


class _Candidates:
    """Rows that the bound could not exclude, at most ``top`` for each query and group."""

    def __init__(self, groups: int, top: int, limit: int) -> None:
        self.groups, self.top, self.limit = groups, top, limit
        self.key = np.empty(0, dtype=np.int64)  # query * groups + group
        self.row = np.empty(0, dtype=np.int64)
        self.score = np.empty(0)
        self._new: list[tuple[NDArray[Any], ...]] = []
        self._waiting = 0

    def add(self, key: NDArray[np.int64], row: NDArray[np.int64], score: NDArray[Any]) -> None:
        self._new.append((key, row, score.astype(np.float64)))
        self._waiting += key.size
        if self._waiting > self.limit:
            self.settle()

    def settle(self) -> None:
        key, row, score = (
            np.concatenate(parts)
            for parts in zip((self.key, self.row, self.score), *self._new, strict=True)
        )
        order = np.lexsort((row, -score, key))
        key, row, score = key[order], row[order], score[order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        rank = np.arange(key.size) - np.repeat(first, np.diff(first, append=key.size))
        kept = rank < self.top
        self.key, self.row, self.score = key[kept], row[kept], score[kept]
        self._new, self._waiting = [], 0


def _search(
    q: NDArray[Any],
    r: NDArray[Any],
    labels: NDArray[np.int64],
    frame: _Frame,
    plan: _Plan,
    best: Nearest,
    report: Callable[[float], None],
) -> None:
    """Fill ``best`` for one batch of queries: bound every row, keep a few, compare those."""
    placed = frame.place(q)
    groups = best.cosine.shape[1]
    length = np.sqrt(_squares(placed, 0.0))
    metrics: _Metrics = (_Distance(frame, length), _Cosine(frame, placed, length))
    peaks, surely = _bound_all(placed, r, labels, frame, plan, metrics, groups, report)
    kept = [_Candidates(groups, plan.top, _WAITING * len(q) * groups) for _ in metrics]
    number = 0
    for block in _blocks(r, labels, frame, plan):
        for part in block.segments:
            group = int(block.group[part.start])
            for i, metric in enumerate(metrics):
                error = metric.bound(block.length[part].max(), block.pull[part].max(), slice(None))
                who = np.flatnonzero(peaks[number][i] + error >= surely[i, group])
                products = block.rows[part] @ placed[who].T
                scores = metric.score(products, block, part, who)
                error = metric.bound(block.length[part, None], block.pull[part, None], who)
                row, column = np.nonzero(scores + error >= surely[i, group, who])
                key = who[column] * groups + group
                kept[i].add(key, block.index[part][row], scores[row, column])
            number += 1
    report(0.95)
    answers = ((best.distance, best.distance_row), (best.cosine, best.cosine_row))
    for candidates, metric, (value, row_of) in zip(kept, metrics, answers, strict=True):
        candidates.settle()
        exact = _compare(q, r, frame.scale, candidates, metric)
        order = np.lexsort((candidates.row, -exact, candidates.key))
        first = order[np.flatnonzero(np.diff(candidates.key[order], prepend=-1))]
        value[...] = exact[first].reshape(value.shape)
        row_of[...] = candidates.row[first].reshape(value.shape)
    best.distance[...] /= -frame.scale
    report(1.0)


def _bound_all(
    placed: NDArray[Any],
    r: NDArray[Any],
    labels: NDArray[np.int64],
    frame: _Frame,
    plan: _Plan,
    metrics: _Metrics,
    groups: int,
    report: Callable[[float], None],
) -> tuple[list[NDArray[Any]], NDArray[np.float64]]:
    """Return each segment's largest scores (metrics, queries), and what a group's best reaches."""
    peaks: list[NDArray[Any]] = []
    surely = np.full((len(metrics), groups, len(placed)), -np.inf)
    for block in _blocks(r, labels, frame, plan):
        here = np.empty((len(block.segments), len(metrics), len(placed)), dtype=frame.dtype)
        products = np.empty((len(block.rows), plan.queries), dtype=frame.dtype)
        scores = np.empty_like(products)
        for start in range(0, len(placed), plan.queries):
            who = slice(start, min(start + plan.queries, len(placed)))
            g, out = products[:, : who.stop - start], scores[:, : who.stop - start]
            np.matmul(block.rows, placed[who].T, out=g)
            for i, metric in enumerate(metrics):
                metric.score(g, block, slice(None), who, out)
                for s, part in enumerate(block.segments):
                    np.max(out[part], axis=0, out=here[s, i, who])
        for s, part in enumerate(block.segments):
            for i, metric in enumerate(metrics):
                error = metric.bound(block.length[part].max(), block.pull[part].max(), slice(None))
                reached = surely[i, block.group[part.start]]
                np.maximum(reached, here[s, i] - error, out=reached)
        peaks.extend(here)
        report(0.9 * (block.index.max() + 1) / len(r))
    return peaks, surely


def _compare(
    q: NDArray[Any],
    r: NDArray[Any],
    scale: float,
    candidates: _Candidates,
    metric: _Metric,
) -> NDArray[np.float64]:
    """Return the exact score of each candidate, from the original values in float64."""
    exact = np.empty(candidates.row.size)
    by_row = np.argsort(candidates.row, kind="stable")
    query = candidates.key // candidates.groups
    step = max(1, (1 << 17) // q.shape[1])
    for start in range(0, by_row.size, step):
        some = by_row[start : start + step]
        left = q[query[some]].astype(np.float64) * scale
        right = r[candidates.row[some]].astype(np.float64) * scale
        exact[some] = metric.exact(left, right)
    return exact
