"""The search: bound every row, keep the few that the bound cannot exclude, compare those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.neighbours._blocks import WAITING, Frame, Plan, blocks, squares
from twinseed.neighbours._metrics import Cosine, Distance, Metric

__all__ = ["Nearest", "search"]

Metrics = tuple[Metric, ...]


@dataclass(frozen=True)
class Nearest:
    """The nearest rows of each query in each group of rows; every array is (queries, groups)."""

    cosine: NDArray[np.float64]
    """Largest |cosine| to a row, from 0 to 1; 0 for a query or rows of length zero."""
    cosine_row: NDArray[np.int64]
    distance: NDArray[np.float64]
    """Smallest Euclidean distance to a row."""
    distance_row: NDArray[np.int64]

    @classmethod
    def empty(cls, queries: int, groups: int) -> Nearest:
        """Return arrays to be filled."""
        row = np.zeros((queries, groups), dtype=np.int64)
        return cls(np.zeros(row.shape), row, np.zeros(row.shape), row.copy())

    def part(self, queries: slice) -> Nearest:
        """Return a view of some queries."""
        return Nearest(
            self.cosine[queries],
            self.cosine_row[queries],
            self.distance[queries],
            self.distance_row[queries],
        )


class Candidates:
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


def search(
    q: NDArray[Any],
    r: NDArray[Any],
    labels: NDArray[np.int64],
    frame: Frame,
    plan: Plan,
    best: Nearest,
    report: Callable[[float], None],
) -> None:
    """Fill ``best`` for one batch of queries: bound every row, keep a few, compare those."""
    placed = frame.place(q)
    groups = best.cosine.shape[1]
    length = np.sqrt(squares(placed, 0.0))
    metrics: Metrics = (Distance(frame, length), Cosine(frame, placed, length))
    peaks, surely = _bound_all(placed, r, labels, frame, plan, metrics, groups, report)
    kept = [Candidates(groups, plan.top, WAITING * len(q) * groups) for _ in metrics]
    number = 0
    for block in blocks(r, labels, frame, plan):
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
    frame: Frame,
    plan: Plan,
    metrics: Metrics,
    groups: int,
    report: Callable[[float], None],
) -> tuple[list[NDArray[Any]], NDArray[np.float64]]:
    """Return each segment's largest scores (metrics, queries), and what a group's best reaches."""
    peaks: list[NDArray[Any]] = []
    surely = np.full((len(metrics), groups, len(placed)), -np.inf)
    for block in blocks(r, labels, frame, plan):
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
    candidates: Candidates,
    metric: Metric,
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
