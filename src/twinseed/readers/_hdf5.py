"""``.h5`` and what is built on it (``.h5ad``, ``.loom``, ``.nc``): one array of rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import MissingExtraError
from twinseed.readers._packed import decoded, dense, is_packed
from twinseed.readers.source import Mapped, Source
from twinseed.readers.table import MISSING, Categories, Table

__all__ = ["read_hdf5"]

_SPARSE = {"data", "indices", "indptr"}
_MAIN = {".h5ad": "X", ".loom": "matrix"}
"""The array of cells by genes, where the file has many arrays."""


def read_hdf5(source: Source) -> NDArray[Any] | Mapped | Table:
    """Return one array, or where it lies; data in other files are not followed.

    A dataset in one piece is memory-mapped. CF attributes are decoded, and sparse matrices of
    AnnData and 10x are written out. A ``.loom`` is turned, so that cells are rows.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", "formats", "Reading .h5") from error
    with h5py.File(source.path, "r", locking=False) as file:
        found: dict[str, int] = {}

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Group) and _is_sparse(item):
                found[name] = 2
            elif isinstance(item, h5py.Group) and set(item) == {"categories", "codes"}:
                found[name] = 0
            elif isinstance(item, h5py.Dataset) and name.rpartition("/")[0] not in found:
                scale = item.attrs.get("CLASS") == b"DIMENSION_SCALE"
                found[name] = 0 if scale or item.dtype.kind not in "biuf" else len(item.shape or ())

        file.visititems(visit)  # follows neither soft nor external links
        name = _chosen(source, found)
        item = file[name]
        if isinstance(item, h5py.Group):
            return _words(source, item) if "codes" in item else _sparse(source, item)
        if h5py.check_string_dtype(item.dtype) and item.ndim == 1:
            _require_own(source, item)
            words = item.asstr()[:].tolist()
            return Table((name,), (Categories.of(words),))
        return _dataset(source, item)


def _chosen(source: Source, found: dict[str, int]) -> str:
    """Return the array that is named, or the only one with rows."""
    if source.key:
        return source.chosen(found, "datasets")
    main = _MAIN.get(source.path.suffix.lower())
    if main in found:
        return str(main)
    rows = [name for name, axes in found.items() if axes > 1]
    if len(rows) == 1 and len(found) > 1:
        source.notes.append(f"of {len(found)} arrays the one with rows is read, #{rows[0]}")
        return rows[0]
    return source.chosen(found, "datasets")


def _words(source: Source, group: Any) -> Table:
    """Return the words of a categorical column of AnnData; code -1 is a missing one."""
    codes, categories = group["codes"], group["categories"]
    for part in (codes, categories):
        _require_own(source, part)
    known = categories.asstr()[:] if categories.dtype.kind not in "biuf" else categories[:]
    words = [*map(str, known.tolist()), MISSING]
    numbers = codes[:].astype(np.int64)
    if len(numbers) == 0 or numbers.min() < -1 or numbers.max() >= len(known):
        raise source.damaged("codes without a category")
    return Table(
        (group.name.rpartition("/")[2],), (Categories(numbers % len(words), tuple(words)),)
    )


def _is_sparse(group: Any) -> bool:
    import h5py

    return set(group) >= _SPARSE and all(
        isinstance(group.get(name), h5py.Dataset) for name in _SPARSE
    )


def _sparse(source: Source, group: Any) -> NDArray[Any]:
    said = group.attrs.get("encoding-type", group.attrs.get("h5sparse_format", ""))
    kind = said.decode() if isinstance(said, bytes) else str(said)
    parts = {name: group[name] for name in _SPARSE}
    for part in parts.values():
        _require_own(source, part)
    if "shape" in group.attrs or "h5sparse_shape" in group.attrs:
        shape = group.attrs.get("shape", group.attrs.get("h5sparse_shape"))
        return dense(source, parts, shape, by_rows=not kind.startswith("csc"))
    if "shape" in group:  # 10x: genes by cells, by columns: the cells are rows here
        source.notes.append("cells are read as rows, and genes as columns")
        return dense(source, parts, group["shape"][:][::-1], by_rows=True)
    raise source.bad("holds a sparse matrix without its shape", "save it again, or densely")


def _dataset(source: Source, dataset: Any) -> NDArray[Any] | Mapped:
    import h5py

    source.require_numbers(dataset.dtype)
    _require_own(source, dataset)
    if dataset.shape is None:
        raise source.bad("must not hold an empty dataset", "save some rows")
    source.require_room(dataset.shape, dataset.dtype.itemsize)
    if dataset.chunks is not None:
        source.require_room(dataset.chunks, dataset.dtype.itemsize)
    if source.path.suffix.lower() == ".loom" and len(dataset.shape) == 2:
        source.notes.append("cells are read as rows, and genes as columns")
        cells = dataset[:].T
        return source.copied(cells, cells.shape, cells.dtype)
    attributes = dict(dataset.attrs)
    if is_packed(attributes, dataset.dtype):
        return decoded(source, dataset, dataset.shape, dataset.dtype, attributes)
    offset = dataset.id.get_offset()
    whole = math.prod(dataset.shape) * dataset.dtype.itemsize
    plain = h5py.h5t.py_create(dataset.dtype).equal(dataset.id.get_type())  # every bit counts
    held = dataset.id.get_storage_size()
    if dataset.shape and offset is not None and held == whole and plain:
        return Mapped(offset, dataset.shape, dataset.dtype.str)
    return source.copied(dataset, dataset.shape, dataset.dtype)


def _require_own(source: Source, dataset: Any) -> None:
    if dataset.external or dataset.is_virtual:
        raise source.bad("keeps its numbers in other files", "copy them into one file")
