"""Orders of axes, channels and columns in which samples can differ from real rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = ["Order", "matched_columns", "orders"]

_MATCHED = 400  # columns that are matched with each other, at most


@dataclass(frozen=True)
class Order:
    """Column j of real rows is column ``source[j]`` of samples."""

    words: str
    mend: str
    source: NDArray[np.int64]


def orders(d: int, shape: tuple[int, ...] | None) -> Iterator[Order]:
    """Yield other orders of the same columns that pictures of this shape are kept in."""
    for channels, height, width, last in _pictures(d, shape):
        axes = (height, width, channels) if last else (channels, height, width)
        number = np.arange(d)
        grid = number.reshape(axes)  # where each entry lies in the real rows' order
        first = np.moveaxis(grid, -1, 0) if last else grid  # (C, H, W)
        for inner, inner_words, inner_mend in _same_axes(first):
            for swap in (False, True) if channels > 1 else (False,):
                # `inner[c, h, w]`: the real column that the samples hold at place (c, h, w).
                laid = np.moveaxis(inner, 0, -1) if last != swap else inner
                source = np.empty(d, dtype=np.int64)
                source[laid.ravel()] = number
                if np.array_equal(source, number):
                    continue
                words, mend = [*inner_words], [*inner_mend]
                if swap:
                    had, has = ("N x H x W x C", "N x C x H x W")
                    had, has = (had, has) if last else (has, had)
                    words.append(f"samples are kept as {has}, real rows as {had}")
                    mend.append(f"bring the samples from {has} to {had}")
                yield Order("; ".join(words), "; ".join(mend), source)


def _same_axes(
    first: NDArray[np.int64],
) -> Iterator[tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]]:
    turned: list[tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]] = [(first, (), ())]
    if first.shape[1] == first.shape[2]:
        words = "samples are transposed: rows of pixels are columns"
        turned.append((first.swapaxes(1, 2), (words,), ("exchange height and width",)))
    upside = "samples are upside down"
    turned.append((first[:, ::-1], (upside,), ("reverse the order of the pixel rows",)))
    for grid, words_, mend in turned:
        yield grid, words_, mend
        if first.shape[0] == 3:
            reversed_ = "samples have their channels reversed (BGR for RGB)"
            yield grid[::-1], (*words_, reversed_), (*mend, "reverse the order of the channels")


def _pictures(d: int, shape: tuple[int, ...] | None) -> Iterator[tuple[int, int, int, bool]]:
    """Yield (channels, height, width, channels last) as the columns may be laid out."""
    if shape is not None:
        if len(shape) == 2:
            yield 1, *shape, False
        elif len(shape) == 3:
            last = shape[-1] in (1, 2, 3, 4) and shape[0] not in (1, 2, 3, 4)
            c, h, w = (shape[2], *shape[:2]) if last else shape
            yield c, h, w, last
        return
    for channels in (1, 3):
        side = round((d / channels) ** 0.5)
        if side >= 4 and channels * side * side == d:
            yield channels, side, side, False
            if channels > 1:
                yield channels, side, side, True
        elif channels == 3 and d % 3 == 0 and d >= 12:  # pictures that are not square
            yield 3, 1, d // 3, False
            yield 3, 1, d // 3, True


def matched_columns(samples: Array, real: Array, spread: Array) -> Order | None:
    """Return the order in which each column of the samples is most like its real column."""
    d = real.shape[1]
    if not 2 <= d <= _MATCHED:
        return None
    from scipy.optimize import linear_sum_assignment

    far = np.zeros((d, d))
    for level in range(len(real)):
        apart = np.abs(samples[level][None, :] - real[level][:, None]) / spread[:, None]
        far += np.minimum(apart, 5.0)
    _, source = linear_sum_assignment(far)
    return Order(
        "samples have their columns in another order",
        "bring the columns of the samples into the order of the real rows",
        source.astype(np.int64),
    )
