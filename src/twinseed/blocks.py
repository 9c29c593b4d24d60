"""Passes through large arrays in blocks of a few megabytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray

__all__ = ["row_blocks"]


def row_blocks(array: NDArray[Any], size: int = 1 << 22) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield (first row, block of rows) with about ``size`` entries per block, without copying."""
    rows = max(1, size // max(1, array.shape[1]))
    for start in range(0, len(array), rows):
        yield start, array[start : start + rows]
