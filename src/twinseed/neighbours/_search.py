"""The search: bound every row, exclude rows by the bound, compare the remaining rows exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.neighbours._blocks import (
    CROWDED,
    WAITING,
    Block,
    Blocks,
    BlockSizes,
    Frame,
    squares,
)
from twinseed.neighbours._metrics import Cosine, Distance, Metric
from twinseed.neighbours.groups import Nearest

__all__ = ["search"]

Metrics = tuple[Metric, ...]

_NEAR = 1 << 19
"""Bytes of rows that are read as fast in any order as one after the other."""


class _Kept:
    """Rows that the bound could not exclude; they are compared exactly in batches."""

    def __init__(
        self,
        q: NDArray[Any],
        r: NDArray[Any],
        scale: float,
        metric: Metric,
        groups: int,
        ties: NDArray[np.int64],
    ) -> None:
        self.q, self.r, self.scale, self.metric, self.ties = q, r, scale, metric, ties
        self.value = np.full(len(q) * groups, -np.inf)
        self.row_of = np.zeros(self.value.size, dtype=np.int64)
        self._keys: list[NDArray[np.int64]] = []
        self._rows: list[NDArray[np.int64]] = []
        self._waiting = 0

    def add(self, key: NDArray[np.int64], row: NDArray[np.int64]) -> None:
        """Add candidates; the key is query times groups plus group."""
        self._keys.append(key)
        self._rows.append(row)
        self._waiting += key.size
        if self._waiting > WAITING * self.value.size:
            self.settle()

    def settle(self) -> None:
        """Compare in float64, on the original values; equal values go to the least of ``ties``."""
        if not self._waiting:
            return
        key, row = np.concatenate(self._keys), np.concatenate(self._rows)
        if self.r.nbytes > _NEAR:
            by_row = np.argsort(row, kind="stable")
            key, row = key[by_row], row[by_row]
        query = key // (self.value.size // len(self.q))
        step = min(key.size, max(1, (1 << 16) // self.q.shape[1]))
        exact, room = np.empty(key.size), np.empty((2, step, self.q.shape[1]))
        for start in range(0, key.size, step):
            some = slice(start, min(start + step, key.size))
            left, right = room[:, : some.stop - start]
            _gathered(self.q, query[some], self.scale, left)
            _gathered(self.r, row[some], self.scale, right)
            exact[some] = self.metric.exact(left, right)
        best = self.value.copy()
        np.maximum.at(best, key, exact)
        won = np.flatnonzero(exact == best[key])
        met = np.zeros(best.size, dtype=bool)
        met[key[won]] = True
        if np.count_nonzero(met) < won.size:  # some are equally near
            won = won[np.lexsort((self.ties[row[won]], key[won]))]
            won = won[np.flatnonzero(np.diff(key[won], prepend=-1))]
        key, row, exact = key[won], row[won], exact[won]
        old, old_row = self.value[key], self.row_of[key]
        earlier = self.ties[row] < self.ties[old_row]
        better = (exact > old) | ((exact == old) & earlier)
        self.value[key[better]] = exact[better]
        self.row_of[key[better]] = row[better]
        self._keys, self._rows, self._waiting = [], [], 0


def search(
    q: NDArray[Any],
    r: NDArray[Any],
    blocks: Blocks,
    ties: NDArray[np.int64],
    frame: Frame,
    plan: BlockSizes,
    best: Nearest,
    cosines: bool,
    report: Callable[[float], None],
) -> None:
    """Fill ``best`` for one batch of queries."""
    placed = frame.place(q)
    groups = best.distance.shape[1]
    length = np.sqrt(squares(placed, 0.0))
    metrics: Metrics = (Distance(frame, length),)
    if cosines:
        metrics += (Cosine(frame, placed, length),)
    most = max(plan.tile, plan.segment) * plan.queries
    room = np.empty((2, most), dtype=frame.dtype)
    peaks, surely = _bound_all(placed, blocks, len(r), plan, metrics, groups, report, room)
    asked, clear = np.empty((plan.queries, q.shape[1]), frame.dtype), np.empty(most, dtype=bool)
    kept = [_Kept(q, r, frame.scale, metric, groups, ties) for metric in metrics]
    number = 0
    for block in blocks:
        for s, part in enumerate(block.segments):
            group = int(block.group[part.start])
            least = [
                surely[i, group] - metric.bound(block.longest[s], block.strongest[s], slice(None))
                for i, metric in enumerate(metrics)
            ]
            likely = peaks[number] >= least
            either = np.flatnonzero(likely.any(axis=0))
            for start in range(0, either.size, plan.queries):
                who = either[start : start + plan.queries]
                size = part.stop - part.start, who.size
                g, out, reached = (_shaped(x, size) for x in (*room, clear))
                np.take(placed, who, axis=0, out=asked[: who.size], mode="clip")
                np.matmul(block.rows[part], asked[: who.size].T, out=g)
                for i, metric in enumerate(metrics):
                    scores = metric.score(g, block, part, who, out)
                    np.greater_equal(scores, _below(least[i][who], scores.dtype), out=reached)
                    row, column = np.divmod(np.flatnonzero(reached), len(who))
                    length, pull = block.length[part][row], block.pull[part][row]
                    value = scores[row, column] + metric.bound(length, pull, who[column])
                    possible = value >= surely[i, group, who[column]]
                    row, column = row[possible], column[possible]
                    mine = np.flatnonzero(likely[i, who])
                    if row.size > CROWDED * mine.size:
                        here = np.argsort(ties[block.index[part]])
                        row, column = _decide(
                            q[who[mine]], r[block.index[part][here]], frame, i, plan.top
                        )
                        row, column = here[row], mine[column]
                    kept[i].add(who[column] * groups + group, block.index[part][row])
            number += 1
    report(0.95)
    for side in kept:
        side.settle()
    shape = best.distance.shape
    best.distance[...] = kept[0].value.reshape(shape) / -frame.scale
    best.distance_row[...] = kept[0].row_of.reshape(shape)
    for side in kept[1:]:
        best.cosine[...], best.cosine_row[...] = (
            x.reshape(shape) for x in (side.value, side.row_of)
        )
    report(1.0)


def _gathered(rows: NDArray[Any], chosen: NDArray[np.int64], scale: float, out: Array) -> None:
    """Write some rows, scaled, in float64 to memory that is used again."""
    if rows.dtype == out.dtype:
        np.take(rows, chosen, axis=0, out=out, mode="clip")
        np.multiply(out, scale, out=out)
    else:
        np.multiply(np.take(rows, chosen, axis=0, mode="clip"), scale, out=out, dtype=np.float64)


def _decide(
    q: NDArray[Any], r: NDArray[Any], frame: Frame, which: int, top: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose again in float64, where the working precision could exclude too few rows.

    Returns row and query numbers: the rows that float64 products cannot exclude, at most the
    ``top`` best per query. Of equal rows the first row is returned.
    """
    if (r == r[0]).all():
        return np.zeros(len(q), dtype=np.int64), np.arange(len(q))
    wide = frame.widened()
    placed = wide.place(q)
    length = np.sqrt(squares(placed, 0.0))
    metric: Metric = Cosine(wide, placed, length) if which else Distance(wide, length)
    block = Block.of(r, 0, np.zeros(len(r), dtype=np.int64), wide, len(r))
    everyone = slice(None)
    scores = metric.score(block.rows @ placed.T, block, everyone, everyone)
    error = metric.bound(block.length[:, None], block.pull[:, None], everyone)
    possible = scores + error >= (scores - error).max(axis=0)
    if len(r) > top:
        possible &= scores >= np.partition(scores, len(r) - top, axis=0)[len(r) - top]
    row, column = np.nonzero(possible)
    rank = np.empty(row.size, dtype=np.int64)
    order = np.argsort(column, kind="stable")
    first = np.flatnonzero(np.diff(column[order], prepend=-1))
    rank[order] = np.arange(row.size) - np.repeat(first, np.diff(first, append=row.size))
    return row[rank < top], column[rank < top]


def _bound_all(
    placed: NDArray[Any],
    blocks: Blocks,
    rows: int,
    plan: BlockSizes,
    metrics: Metrics,
    groups: int,
    report: Callable[[float], None],
    room: NDArray[Any],
) -> tuple[list[NDArray[Any]], Array]:
    """Return each segment's largest scores (metrics, queries), and a lower bound per group."""
    peaks: list[NDArray[Any]] = []
    surely = np.full((len(metrics), groups, len(placed)), -np.inf)
    for block in blocks:
        shape = len(block.segments), len(metrics), len(placed)
        here = np.full(shape, -np.inf, dtype=room.dtype)
        tiles = list(block.tiles(plan.tile))
        for start in range(0, len(placed), plan.queries):
            who = slice(start, min(start + plan.queries, len(placed)))
            turned = np.ascontiguousarray(placed[who].T)
            for tile, parts in tiles:
                size = tile.stop - tile.start, who.stop - who.start
                g, out = (_shaped(x, size) for x in room)
                np.matmul(block.rows[tile], turned, out=g)
                for i, metric in enumerate(metrics):
                    metric.score(g, block, tile, who, out)
                    for s, part in parts:
                        reached = here[s, i, who]
                        if tile.start + part.start == block.segments[s].start:
                            np.maximum.reduce(out[part], out=reached)
                        else:
                            np.maximum(reached, np.maximum.reduce(out[part]), out=reached)
        for s, part in enumerate(block.segments):
            for i, metric in enumerate(metrics):
                error = metric.bound(block.longest[s], block.strongest[s], slice(None))
                reached = surely[i, block.group[part.start]]
                np.maximum(reached, here[s, i] - error, out=reached)
        peaks.extend(here)
        report(0.9 * (block.index.max() + 1) / rows)
    return peaks, surely


def _shaped(room: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return the first places of memory that is used again, as an array of this shape."""
    return room[: math.prod(shape)].reshape(shape)


def _below(threshold: Array, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the threshold in another precision, rounded down."""
    return np.asarray(np.nextafter(threshold.astype(dtype), dtype.type(-np.inf)))
