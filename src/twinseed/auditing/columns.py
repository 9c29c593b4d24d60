"""The closest row column by column: finds copies of part of the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.nearest_in_pool import Gaps
from twinseed.auditing.pool import Pool
from twinseed.readers import Column

__all__ = ["WIDEST", "ColumnByColumn"]

WIDEST = 400
"""Columns up to which rows are compared column by column."""

_CHUNK = 1 << 18  # entries of one portion of pairs, so that they stay in the cache
_PRODUCT = 6  # factors multiplied before a logarithm is taken; each is at least _LEAST
_LEAST = 1e-5


@dataclass(frozen=True, eq=False)
class ColumnByColumn:
    """Compares rows column by column, so that a few other columns do not hide a match.

    Equation: ``g(x, y) = sum_j log p_j``, with ``p_j = min(1, max(|x_j - y_j|/w_j, e_j))`` for a
    column of numbers, w_j two standard deviations of the real rows and e_j the chance that two of
    these are equal; for a category p_j is the share of real rows that have it where x and y have
    the same, and 1 elsewhere. So p_j is about the chance that a random row is as close in column
    j, and g the logarithm of their product. Range: g from far below 0 (equal) to 0.
    Shapes: ``numbers`` (M, columns) in units of w, ``codes`` (M, columns), all roles in the order
    of the pool.
    """

    columns: tuple[Column, ...]
    scale: NDArray[np.float32]
    floor: NDArray[np.float32]
    shares: tuple[NDArray[np.float32], ...]
    numbers: NDArray[np.float32]
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, rows: NDArray[Any], columns: Sequence[Column]) -> ColumnByColumn | None:
        """Prepare the real rows of all roles; None where there are too many columns, or one."""
        layout = tuple(columns)
        if not 2 <= len(layout) <= WIDEST:
            return None
        values, codes = _split(rows, layout)
        scale = 2 * values.std(axis=0)
        scale[scale == 0] = 1.0
        floor = np.array([_equal_pairs(column) for column in values.T], dtype=np.float32)
        shares = []
        for column in codes.T:
            counts = np.bincount(column[column >= 0], minlength=1) / len(rows)
            shares.append(np.maximum(counts, _LEAST).astype(np.float32))
        return cls(
            layout,
            scale.astype(np.float32),
            np.maximum(floor, _LEAST),
            tuple(shares),
            (values / scale).astype(np.float32),
            codes,
        )

    @property
    def cost(self) -> int:
        """Columns that a comparison of two rows takes."""
        return len(self.columns)

    def gaps(self, samples: NDArray[Any], pool: Pool, who: NDArray[np.int64]) -> Gaps:
        """Return the closest row of each label of each role, for ``samples[who]``."""
        label = np.concatenate(
            [part + 2 * pool.cells * role for role, part in enumerate(pool.labels)]
        )
        sorted_rows = np.lexsort((np.concatenate(pool.order), label))
        used, starts = np.unique(label[sorted_rows], return_index=True)
        ends = np.append(starts[1:], label.size)
        number = self.numbers[sorted_rows].T.copy()
        code = self.codes[sorted_rows].T.copy()
        shape = who.size, 2 * pool.cells * len(pool.roles)
        gap, row = np.full(shape, np.inf), np.zeros(shape, dtype=np.int64)
        step = max(1, _CHUNK // label.size)
        for start in range(0, who.size, step):
            values, own = _split(np.asarray(samples[who[start : start + step]]), self.columns)
            total = self._compared((values / self.scale).astype(np.float32), own, number, code)
            part = slice(start, start + len(total))
            for at, first, end in zip(used, starts, ends, strict=True):
                pick = total[:, first:end].argmin(axis=1) + first
                gap[part, at] = total[np.arange(len(total)), pick]
                row[part, at] = sorted_rows[pick]
        row -= pool.starts[np.arange(shape[1]) // (2 * pool.cells)]
        return Gaps(gap, np.maximum(row, 0), who)

    def _compared(
        self,
        values: NDArray[np.float32],
        codes: NDArray[np.int32],
        number: NDArray[np.float32],
        code: NDArray[np.int32],
    ) -> NDArray[np.float32]:
        """Return g for every pair of a sample and a row, (samples, rows)."""
        total = np.zeros((len(values), self._rows), dtype=np.float32)
        product, apart = np.ones_like(total), np.empty_like(total)
        done = 0
        for j, column in enumerate(number):
            np.abs(np.subtract(values[:, j, None], column, out=apart), out=apart)
            product *= np.clip(apart, self.floor[j], 1.0, out=apart)
            done += 1
            if done % _PRODUCT == 0:
                total += np.log(product)
                product[...] = 1.0
        for j, column in enumerate(code):
            share = self.shares[j]
            known = (codes[:, j] >= 0) & (codes[:, j] < share.size)
            equal = share[np.where(known, codes[:, j], 0)]
            same = (codes[:, j, None] == column) & known[:, None]
            product *= np.where(same, equal[:, None], np.float32(1))
            done += 1
            if done % _PRODUCT == 0:
                total += np.log(product)
                product[...] = 1.0
        total += np.log(product)
        return total

    @property
    def _rows(self) -> int:
        return max(len(self.numbers), len(self.codes))


def _split(rows: NDArray[Any], columns: Sequence[Column]) -> tuple[Array, NDArray[np.int32]]:
    """Return columns of numbers unchanged, and of categories as codes; -1: no category clearly.

    Shapes: (rows, columns of numbers) and (rows, columns of categories).
    """
    numbers, codes, start = [], [], 0
    for column in columns:
        part = np.asarray(rows[:, start : start + column.width], dtype=np.float64)
        start += column.width
        if column.kind == "missing":  # a copy may lack a number, or have got one
            continue
        if column.categories:
            code = part.argmax(axis=1).astype(np.int32)
            ordered = np.partition(part, -2, axis=1) if part.shape[1] > 1 else part
            clear = ordered[:, -1] > 0.5 if part.shape[1] > 1 else np.ones(len(part), dtype=bool)
            codes.append(np.where(clear, code, np.int32(-1)))
        else:
            numbers.append(part[:, 0])
    empty = np.empty((len(rows), 0))
    return (
        np.stack(numbers, axis=1) if numbers else empty,
        np.stack(codes, axis=1) if codes else empty.astype(np.int32),
    )


def _equal_pairs(column: Array) -> float:
    """Return the chance that two random values of a column are equal, at least 1/number."""
    _, counts = np.unique(column, return_counts=True)
    return float(np.sum((counts / column.size) ** 2))
