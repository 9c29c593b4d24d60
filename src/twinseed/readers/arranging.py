"""Arrays of several files brought to one form: order of axes, range of values, what is missing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError
from twinseed.readers.reading import ReadOptions

__all__ = ["arranged", "without_gaps"]

_CHANNELS = (1, 3, 4)
_BEYOND = 0.25
"""Part of a range by which single values of a generator may lie outside it."""
_MOST = 0.001
"""Share of values that may lie further outside."""

Arrays = Mapping[str, NDArray[Any]]
Notes = MutableMapping[str, list[str]]


def arranged(arrays: Arrays, reading: ReadOptions, notes: Notes) -> dict[str, NDArray[Any]]:
    """Return arrays of several roles in one form; what was done is added to ``notes``, by role.

    Images N x H x W x C become N x C x H x W where ``layout`` says so, or where another array holds
    the same images in that order. Values are moved from ``range`` to 0 ... 255. Columns that are
    missing (NaN) in every row of every array are left out.

    Raises:
        InputError: a layout or a range that no array has.

    >>> told = {"a": [], "b": []}
    >>> arrays = {"a": np.ones((2, 3, 8, 8)), "b": np.ones((2, 8, 8, 3))}
    >>> made = arranged(arrays, ReadOptions(), told)
    >>> made["b"].shape, told["b"]
    ((2, 3, 8, 8), ['images N x H x W x C are read as N x C x H x W'])
    """
    found = _channels_first(dict(arrays), reading, notes)
    if reading.range is not None:
        found = _moved(found, reading.range, notes)
    return without_gaps(found, notes)


def _channels_first(
    found: dict[str, NDArray[Any]], reading: ReadOptions, notes: Notes
) -> dict[str, NDArray[Any]]:
    last = [r for r, x in found.items() if _channels(x, -1) and not _channels(x, 1)]
    first = {x.shape[1:] for x in found.values() if _channels(x, 1) and not _channels(x, -1)}
    if reading.layout is not None and not last and found:
        shapes = ", ".join(str(x.shape) for x in found.values())
        remedy = "leave the option layout out"
        raise InputError("layout", "must be that of an array", f"shapes {shapes}", remedy)
    for role in last:
        turned = np.moveaxis(found[role], -1, 1)
        if reading.layout is not None or turned.shape[1:] in first:
            notes[role].append("images N x H x W x C are read as N x C x H x W")
            found[role] = turned
    return found


def _channels(rows: NDArray[Any], axis: int) -> bool:
    return rows.ndim == 4 and rows.shape[axis] in _CHANNELS


def _moved(
    found: dict[str, NDArray[Any]], ends: Sequence[float], notes: Notes
) -> dict[str, NDArray[Any]]:
    """Return arrays of fractional numbers with their range moved to 0 ... 255."""
    low, high = ends
    moved = []
    for role, rows in found.items():
        if rows.dtype.kind != "f" or not _lies_in(rows, low, high):
            continue
        moved.append(role)
        notes[role].append(f"values from {low:g} to {high:g} are moved to 0 to 255")
        made = np.empty(rows.shape, np.float32)
        for start, block in _blocks(rows):
            made[start : start + len(block)] = (block.astype(np.float64) - low) * (
                255.0 / (high - low)
            )
        found[role] = made
    if not moved and found:
        raise InputError(
            "range",
            "must be the range of an array of fractional numbers",
            f"{low:g}, {high:g}",
            f"give the range in which the values lie; {_shown(found)}",
        )
    return found


def _lies_in(rows: NDArray[Any], low: float, high: float) -> bool:
    slack, outside = _BEYOND * (high - low), 0
    for _, block in _blocks(rows):
        outside += int(np.sum((block < low - slack) | (block > high + slack)))
    return outside <= _MOST * rows.size


def _shown(found: Arrays) -> str:
    fractional = {role: rows for role, rows in found.items() if rows.dtype.kind == "f"}
    role, rows = next(iter((fractional or found).items()))
    return f"{role} is {rows.dtype}, from {np.nanmin(rows):g} to {np.nanmax(rows):g}"


def without_gaps(found: dict[str, NDArray[Any]], notes: Notes) -> dict[str, NDArray[Any]]:
    """Return arrays without the columns that are missing in every row of every array.

    A number is missing where it is NaN, or where a masked array hides it. What is left out is
    added to ``notes``, by role.

    >>> told = {"a": []}
    >>> without_gaps({"a": np.array([[1.0, np.nan], [2.0, np.nan]])}, told)["a"]
    array([[1.],
           [2.]])
    >>> told["a"]
    ['1 of 2 columns are missing in all rows, and left out']
    """
    if not found or any(x.ndim < 2 or not len(x) for x in found.values()):
        return found
    if any(x.dtype.kind != "f" and not np.ma.isMaskedArray(x) for x in found.values()):
        return found
    if len({x.shape[1:] for x in found.values()}) > 1:
        return found
    gaps = np.ones(next(iter(found.values())).shape[1:], dtype=bool)
    for rows in found.values():
        gaps &= _missing(rows[:1])[0]
    if not gaps.any() or gaps.all():
        return found
    for rows in found.values():
        for _, block in _blocks(rows):
            gaps &= _missing(block).all(axis=0)
    if not gaps.any():
        return found
    kept = ~gaps.ravel()
    for role, rows in found.items():
        notes[role].append(
            f"{int(gaps.sum()):,} of {gaps.size:,} columns are missing in all rows, and left out"
        )
        found[role] = rows.reshape(len(rows), -1)[:, kept]
    return found


def _missing(block: NDArray[Any]) -> NDArray[np.bool_]:
    hidden = np.ma.getmaskarray(block) if isinstance(block, np.ma.MaskedArray) else np.False_
    values = np.ma.getdata(block)
    return np.asarray(hidden | (np.isnan(values) if values.dtype.kind == "f" else np.False_))


def _blocks(rows: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    step = max(1, (1 << 22) // max(1, math.prod(rows.shape[1:])))
    for start in range(0, len(rows), step):
        yield start, rows[start : start + step]
