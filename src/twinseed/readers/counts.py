"""Counts of cells: each row brought to one total, and its logarithm."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.blocks import row_blocks
from twinseed.errors import InputError

__all__ = ["TOTAL", "log_normalised"]

TOTAL = 10_000.0
"""The total to which the counts of each row are brought."""

_LOGARITHM = 30.0
"""Fractional numbers that stay below are taken for logarithms: e^30 counts are in no cell."""


def log_normalised(
    arrays: MutableMapping[str, NDArray[Any]], notes: MutableMapping[str, list[str]]
) -> dict[str, NDArray[Any]]:
    """Return arrays of counts as log(1 + 10,000 x count / total of the row), in float32.

    Shapes: (rows, genes) for every role. A row whose total is zero stays zero. What was done is
    added to ``notes``, by role.

    Raises:
        InputError: an array that is not a matrix, a negative or missing number, fractional numbers
            so small that they are logarithms already.

    >>> told = {"path": []}
    >>> log_normalised({"path": np.array([[1, 3], [0, 0]])}, told)["path"].round(3)
    array([[7.824, 8.923],
           [0.   , 0.   ]], dtype=float32)
    >>> told["path"][1]
    '1 rows have no counts, and stay zero'
    """
    found = {}
    for role, rows in arrays.items():
        _require_counts(role, rows)
        made = np.empty(rows.shape, np.float32)
        empty = 0
        for start, block in row_blocks(rows):
            counts = block.astype(np.float64)
            totals = counts.sum(axis=1, keepdims=True)
            empty += int((totals == 0).sum())
            scale = TOTAL / np.where(totals == 0, 1.0, totals)
            made[start : start + len(block)] = np.log1p(counts * scale)
        notes[role].append(
            f"the counts of each row are brought to a total of {TOTAL:,.0f}, and become log(1 + x)"
        )
        if empty:
            notes[role].append(f"{empty:,} rows have no counts, and stay zero")
        found[role] = made
    return found


def _require_counts(role: str, rows: NDArray[Any]) -> None:
    if rows.ndim != 2:
        raise InputError(
            role,
            "must be a matrix of counts, cells by genes",
            f"shape {rows.shape}",
            "leave the option log_normalise out",
        )
    low, high, whole = np.inf, -np.inf, True
    for _, block in row_blocks(rows):
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        whole = whole and (block.dtype.kind != "f" or bool(np.all(block == np.rint(block))))
    shown = f"{rows.dtype}, from {low:g} to {high:g}"
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError(
            role, "must hold counts; a number is missing or infinite", shown, "remove the row"
        )
    if low < 0:
        raise InputError(
            role,
            "must hold counts, and has negative numbers",
            shown,
            "pass counts, such as data.h5ad#layers/counts; or leave the option log_normalise out",
        )
    if not whole and high < _LOGARITHM:
        raise InputError(
            role,
            "must hold counts, and its fractional numbers look like logarithms already",
            shown,
            "pass counts in every file, such as data.h5ad#layers/counts; or pass logarithms in "
            "every file and leave the option log_normalise out; fractional counts may be "
            "multiplied by 1,000, which changes nothing else",
        )
