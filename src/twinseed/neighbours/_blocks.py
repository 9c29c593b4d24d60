"""The frame (centre and scale) in which scores are computed, and the rows in blocks."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks

__all__ = ["Block", "BlockSizes", "Blocks", "Frame", "squares"]

_SEGMENT = 256  # rows whose largest score is kept in the first pass
_BLOCK = 1 << 14  # most rows that are prepared together
_QUERIES = 1 << 11  # most queries per product, and a quarter of it where rows are wide
_WIDE = 1 << 18  # entries of the queries of a product: BLAS packs them again for each tile
_TILE = 1 << 17  # entries of a product: they and their scores stay in the cache
_FACTS = 64  # bytes of the numbers about a row that scores and bounds need
_LOOK = 4e-4  # seconds that the second pass needs for a segment, beside other threads
_PAIR, _ENTRY = 4e-9, 2e-11  # seconds for a query and a row, and for each of their columns
WAITING = 2  # candidates collected for each query and group before they are compared
CROWDED = 4  # with more candidates per query in one segment, float64 products choose again
_NEAR = 0.5  # spreads of the rows: an origin as near to their mean is taken as the centre
_SLIGHT = 0.1  # of the bound of a product: the error that the rounding of such a centre may add


@dataclass(frozen=True)
class Frame:
    """The frame of the scores: scaled so that nothing overflows, centred on the rows' mean.

    An origin near this mean is itself the centre, but for rounding (``at_origin``): a product of
    centred values is then the numerator of a cosine, and the rounding is a part of the bound.
    """

    dtype: np.dtype[Any]
    scale: float
    centre: NDArray[Any]  # of the scaled rows
    origin: Array  # scaled
    at_origin: bool = False
    roundoff: float = field(init=False)
    """``g``, the relative error of a computed inner product."""

    def __post_init__(self) -> None:
        unit = (self.centre.size + 16) * float(np.finfo(self.dtype).eps) / 2
        object.__setattr__(self, "roundoff", unit / (1 - unit) if unit < 0.5 else 1.0)

    @classmethod
    def around(cls, q: NDArray[Any], r: NDArray[Any], origin: ArrayLike | None) -> Frame:
        dtype = _working(np.result_type(q.dtype, r.dtype))
        o = np.zeros(r.shape[1]) if origin is None else np.asarray(origin, dtype=np.float64)
        largest = max(_largest(q), _largest(r), float(np.abs(o).max()))
        exponent = np.clip(-math.frexp(largest)[1], -np.finfo(dtype).maxexp + 4, 900)
        scale = 2.0 ** int(min(exponent, np.finfo(dtype).maxexp - 4))
        total, square = np.zeros((2, r.shape[1]))
        for _, block in row_blocks(r, 1 << 18):
            wide = np.multiply(block, scale, dtype=np.float64)
            total += wide.sum(axis=0)
            square += np.einsum("ij,ij->j", wide, wide)
        mean, o = total / len(r), o * scale
        near = cls(dtype, scale, o.astype(dtype), o, at_origin=True)
        spread = math.sqrt(max(float(np.sum(square / len(r) - mean**2)), 0.0))
        slight = np.linalg.norm(near.offset) <= _SLIGHT * near.roundoff * spread
        if slight and np.linalg.norm(mean - o) <= _NEAR * spread:
            return near
        return cls(dtype, scale, mean.astype(dtype), o)

    def place(self, block: NDArray[Any]) -> NDArray[Any]:
        scaled = np.multiply(block, self.dtype.type(self.scale), dtype=self.dtype)
        scaled -= self.centre
        return np.asarray(scaled)

    @property
    def offset(self) -> Array:
        """``m``: added to centred values, it gives values about the origin."""
        return self.centre.astype(np.float64) - self.origin

    @property
    def reach(self) -> float:
        """The length of ``m`` in bounds; at the origin its products are not computed but bounded.

        They are below ``|m| (|q| + |r| + |m|)``, which ``g (|q| + reach) (|r| + reach)`` exceeds.
        """
        length = float(np.linalg.norm(self.offset))
        return length / self.roundoff if self.at_origin and length else length

    def widened(self) -> Frame:
        """Return the same frame in float64."""
        wide = self.centre.astype(np.float64)
        return replace(self, dtype=np.dtype(np.float64), centre=wide, at_origin=False)


def _working(dtype: np.dtype[Any]) -> np.dtype[Any]:
    narrow = dtype.itemsize <= 2 or dtype == np.float32
    return np.dtype(np.float32 if narrow else np.float64)


def _largest(array: NDArray[Any]) -> float:
    return max(max(float(b.max()), -float(b.min())) for _, b in row_blocks(array))


@dataclass(frozen=True)
class BlockSizes:
    block: int
    segment: int
    tile: int
    queries: int
    batch: int
    top: int
    keep: bool
    """Whether the blocks of all rows fit into a quarter of the memory."""
    facts: bool
    """Whether the numbers about all rows fit into an eighth of the memory."""

    @classmethod
    def within(
        cls,
        memory: int,
        rows: int,
        d: int,
        itemsize: int,
        groups: int,
        top: int,
        asked: int,
        workers: int = 1,
    ) -> BlockSizes:
        """Divide the memory: at most a quarter for rows and for scores, the rest for queries.

        The second pass looks again at the segments where a nearest row can be, one for each query
        and group. So few long segments mean many products, and many short ones many looks: with S
        segments the time is about ``S look + asked groups rows (pair + d entry)/S``.

        ``workers`` threads have scores and queries of their own. Where the rows are not kept, each
        thread reads blocks of its own too.
        """
        a_row = d * (2 * itemsize + 8)
        kept = rows * (d * itemsize + 64)
        keep = kept <= memory // 4
        readers = 1 if keep else workers
        block = int(np.clip(memory // 4 // (a_row * readers), 1, _BLOCK))
        facts = not keep and rows * _FACTS <= memory // 8
        best = math.sqrt(asked * groups * rows * (_PAIR + d * _ENTRY) / _LOOK)
        segment = int(np.clip(rows / max(best, groups), 32, _SEGMENT))
        # The second pass holds at worst scores, numbers and bounds of every pair in a segment.
        scored = 56 * min(segment, block) * workers
        most = int(np.clip(_WIDE // d, _QUERIES // 4, _QUERIES))
        queries = int(np.clip(memory // 4 // scored, 1, min(asked, most)))
        tile = int(np.clip(_TILE // queries, 1, min(segment, block)))
        left = memory - readers * block * a_row - queries * scored
        left -= kept if keep else rows * _FACTS if facts else 0
        segments = rows // segment + (rows // block + 1) * groups
        a_query = d * itemsize + 2 * segments * itemsize + 2 * groups * (WAITING * 96 + 40)
        batch = max(1, left // (a_query * workers))
        return cls(block, segment, tile, queries, batch, top, keep, facts)


@dataclass(frozen=True)
class Block:
    """Some rows, sorted by group, with the numbers that give scores and bounds from products."""

    index: NDArray[np.int64]
    group: NDArray[np.int64]
    rows: NDArray[Any]
    half: NDArray[Any]  # |r|^2 / 2
    lift: NDArray[Any]  # r.m + m.m
    inverse: NDArray[Any]  # 1 / |r - o|
    length: Array  # |r|
    pull: Array  # (|r| + |m|) / |r - o|
    segments: list[slice]  # each within one group
    longest: Array  # the largest length of each segment
    strongest: Array  # the largest pull of each segment

    @classmethod
    def of(
        cls, raw: NDArray[Any], start: int, label: NDArray[np.int64], frame: Frame, segment: int
    ) -> Block:
        order = np.argsort(label, kind="stable")
        rows = frame.place(raw if np.all(np.diff(order) == 1) else raw[order])
        m = frame.offset
        square = squares(rows, 0.0)
        about = np.sqrt(squares(rows, m) if m.any() else square)
        inverse = np.divide(1.0, about, out=np.zeros_like(about), where=about > 0)
        length = np.sqrt(square)
        lift = (about**2 - square + m @ m) / 2
        pull = (length + frame.reach) * inverse
        edges = [0, *(np.flatnonzero(np.diff(label[order])) + 1), len(rows)]
        starts = [a for lo, hi in itertools.pairwise(edges) for a in range(lo, hi, segment)]
        return cls(
            start + order,
            label[order],
            rows,
            (square / 2).astype(frame.dtype),
            lift.astype(frame.dtype),
            inverse.astype(frame.dtype),
            length,
            pull,
            [slice(a, b) for a, b in itertools.pairwise([*starts, len(rows)])],
            np.maximum.reduceat(length, starts),
            np.maximum.reduceat(pull, starts),
        )

    def tiles(self, most: int) -> Iterator[tuple[slice, list[tuple[int, slice]]]]:
        """Yield ``most`` rows or fewer, with the segments in them: number, and rows in the tile."""
        ends = [part.stop for part in self.segments]
        for start in range(0, len(self.rows), most):
            stop = min(start + most, len(self.rows))
            first, last = bisect.bisect_right(ends, start), bisect.bisect_left(ends, stop)
            cuts = [start, *ends[first:last], stop]
            parts = [slice(a - start, b - start) for a, b in itertools.pairwise(cuts)]
            yield slice(start, stop), list(enumerate(parts, first))

    def chosen(self, r: NDArray[Any]) -> NDArray[Any]:
        """Return the rows of the block out of all rows, in the order of the block."""
        start = int(self.index.min())
        raw = r[start : start + self.index.size]
        return raw if np.all(np.diff(self.index) == 1) else raw[self.index - start]


class Blocks:
    """All rows in blocks, which can be read more than once; kept if they fit into the memory.

    Where the rows do not fit, the numbers about them are kept, if these fit.
    """

    def __init__(
        self, r: NDArray[Any], labels: NDArray[np.int64], frame: Frame, plan: BlockSizes
    ) -> None:
        self._r, self._labels, self._frame, self._plan = r, labels, frame, plan
        self._kept: list[Block] = []
        self._facts: dict[int, Block] = {}  # by the first row, without the rows

    def __iter__(self) -> Iterator[Block]:
        if self._kept:
            yield from self._kept
            return
        for start in range(0, len(self._r), self._plan.block):
            part = slice(start, start + self._plan.block)
            yield self._block(part)

    def _block(self, part: slice) -> Block:
        known = self._facts.get(part.start)
        if known is not None:
            return replace(known, rows=self._frame.place(known.chosen(self._r)))
        label, plan = self._labels[part], self._plan
        block = Block.of(self._r[part], part.start, label, self._frame, plan.segment)
        if plan.facts:
            self._facts[part.start] = replace(block, rows=np.empty((0, 0)))
        return block

    def kept(self) -> Blocks:
        """Return the blocks, held in memory if they fit."""
        if self._plan.keep:
            self._kept = list(self)
        return self


def squares(rows: NDArray[Any], shift: float | Array) -> Array:
    """Return ``|row + shift|^2`` in float64."""
    squares = np.empty(len(rows))
    for at, part in row_blocks(rows, 1 << 15):
        wide = part + np.asarray(shift, dtype=np.float64)
        squares[at : at + len(part)] = np.einsum("ij,ij->i", wide, wide)
    return squares
