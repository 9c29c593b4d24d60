"""Numbers that are packed: CF attributes of climate files, and sparse matrices of cells."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers.source import Source

__all__ = ["decoded", "dense", "is_packed"]

_BLOCK = 1 << 22
"""Numbers that are unpacked at once."""
_FILLS = ("_FillValue", "missing_value")


def is_packed(attributes: Mapping[str, Any], dtype: np.dtype[Any]) -> bool:
    """Say whether the attributes of an array give its numbers another meaning."""
    scaled = any(_number(attributes.get(name)) is not None for name in _SCALES)
    return scaled or (dtype.kind in "iuf" and bool(_fills(attributes)))


def decoded(
    source: Source,
    rows: Any,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    attributes: Mapping[str, Any],
) -> NDArray[Any]:
    """Return numbers by the CF conventions: packed * scale_factor + add_offset; fills become NaN.

    ``rows`` is sliced in blocks of rows. Numbers of 16 bits or less become float32, others float64.
    """
    source.require_numbers(dtype)
    if not shape:
        raise source.bad("must hold rows, not a single number", "name an array of rows")
    scale = _number(attributes.get("scale_factor"))
    offset = _number(attributes.get("add_offset"))
    fills = _fills(attributes)
    small = dtype.itemsize <= 2 or dtype == np.float32
    room = source.room(shape, np.float32 if small else np.float64)
    if str(attributes.get("_Unsigned", "")).lower() == "true" and dtype.kind == "i":
        dtype = np.dtype(dtype.str.replace("i", "u"))
    step = max(1, _BLOCK // max(1, math.prod(shape[1:])))
    gaps = 0
    for start in range(0, shape[0], step):
        packed = np.asarray(rows[start : start + step])
        absent = np.isin(packed, np.array(fills, packed.dtype)) if fills else np.zeros(1, bool)
        block = packed.astype(dtype, copy=False).astype(np.float64)
        block = block * (1.0 if scale is None else scale) + (0.0 if offset is None else offset)
        gaps += int(absent.sum())
        room[start : start + step] = np.where(absent, np.nan, block)
    if scale is not None or offset is not None:
        source.notes.append("numbers are unpacked by scale_factor and add_offset")
    if gaps:
        source.notes.append(f"{gaps:,} numbers are the fill value, and are missing")
    return room


def dense(source: Source, parts: Mapping[str, Any], shape: Any, by_rows: bool) -> NDArray[Any]:
    """Return a sparse matrix (rows, columns), written out block by block.

    ``parts``: ``data``, ``indices`` and ``indptr`` of a compressed matrix, by rows or by columns.
    """
    entries = int(parts["data"].shape[0])  # an array of zarr has no length
    rows, columns = (int(size) for size in np.asarray(shape).ravel()[:2])
    data, indices, indptr = (parts[name] for name in ("data", "indices", "indptr"))
    source.require_numbers(data.dtype)
    source.require_room((rows, columns), data.dtype.itemsize)
    source.require_room((max(1, entries),), data.dtype.itemsize + 8)
    starts = np.asarray(indptr[:]).astype(np.int64)
    lines, across = (rows, columns) if by_rows else (columns, rows)
    fine = len(starts) == lines + 1 and starts[0] == 0 and starts[-1] == entries
    if not fine or indices.shape[0] != entries or np.any(np.diff(starts) < 0):
        raise source.damaged("a sparse matrix whose parts do not fit together")
    room = source.room((rows, columns), data.dtype)
    room[...] = 0
    step = max(1, lines * _BLOCK // max(1, entries))
    for first in range(0, lines, step):
        ends = starts[first : first + step + 1]
        values = np.asarray(data[ends[0] : ends[-1]])
        places = np.asarray(indices[ends[0] : ends[-1]]).astype(np.int64)
        if len(places) and not 0 <= places.min() <= places.max() < across:
            raise source.damaged("a sparse matrix with a place outside of it")
        line = np.repeat(np.arange(len(ends) - 1) + first, np.diff(ends))
        if by_rows:
            room[line, places] = values
        else:
            room[places, line] = values
    source.notes.append(f"the sparse matrix is written out, {entries:,} entries other than zero")
    return room


_SCALES = ("scale_factor", "add_offset")


def _fills(attributes: Mapping[str, Any]) -> list[float]:
    found = [attributes.get(name) for name in _FILLS]
    numbers = [_number(one) for one in found]
    return [one for one in numbers if one is not None]


def _number(value: Any) -> float | None:
    """Return an attribute as a number; NaN and texts are none."""
    try:
        found = float(np.asarray(value).ravel()[0])
    except (TypeError, ValueError, IndexError):
        return None
    return found if math.isfinite(found) else None
