"""``.mat`` of version 7.3, which is HDF5: the axes of its arrays are in reverse order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers._cells import item_of, require_own
from twinseed.readers._packed import dense
from twinseed.readers.source import Source

__all__ = ["matrix_of"]

_NUMBERS = {
    *("double", "single", "logical", "int8", "uint8", "int16", "uint16", "int32", "uint32"),
    *("int64", "uint64"),
}


def matrix_of(source: Source, file: Any) -> NDArray[Any]:
    """Return one matrix of an open file; no cell, struct or text is read."""
    items = {name: item_of(file, name) for name in file}
    found: dict[str, int] = {}
    for name, item in items.items():
        about = {} if item is None else item.attrs
        kind = about.get("MATLAB_class", b"")
        kind = kind.decode() if isinstance(kind, bytes) else str(kind)
        if kind in _NUMBERS and not about.get("MATLAB_empty", 0):
            sparse = hasattr(item, "keys")
            found[name] = 2 if sparse else sum(size > 1 for size in item.shape or ())
    rows = [name for name, axes in found.items() if axes > 1]
    item = items[source.chosen(found, rows=rows)]
    if hasattr(item, "keys"):
        return _sparse(source, item)
    require_own(source, item)
    source.require_numbers(item.dtype)
    source.require_room(item.shape or (0,), item.dtype.itemsize)
    if item.chunks is not None:
        source.require_room(item.chunks, item.dtype.itemsize)
    return np.array(np.transpose(item[()]))


def _sparse(source: Source, group: Any) -> NDArray[Any]:
    """Return a sparse matrix, which MATLAB keeps by columns; zero entries have no data."""
    held = {name: item_of(group, name) for name in ("data", "ir", "jc")}
    if not all(hasattr(one, "dtype") for one in held.values()):
        raise source.bad("holds a sparse matrix without entries", "save some rows")
    parts = {"data": held["data"], "indices": held["ir"], "indptr": held["jc"]}
    for part in parts.values():
        require_own(source, part)
    shape = np.array([int(group.attrs["MATLAB_sparse"]), len(held["jc"]) - 1])
    return dense(source, parts, shape, by_rows=False)
