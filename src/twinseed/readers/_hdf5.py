"""``.h5`` and what is built on it (``.h5ad``, ``.loom``, ``.nc``, ``.mat``): one array of rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import needs
from twinseed.readers._cells import (
    COLUMNS,
    gene_names,
    is_column,
    is_sparse,
    item_of,
    kept_genes,
    of_column,
    require_own,
    sparse,
    texts,
)
from twinseed.readers._matlab import matrix_of
from twinseed.readers._packed import decoded, is_packed
from twinseed.readers.dimensions import axes_of_rows, moments, rows_first, variables_of_rows
from twinseed.readers.joining import joined
from twinseed.readers.source import Mapped, Source
from twinseed.readers.table import Categories, Table

__all__ = ["read_hdf5", "read_matlab"]

_MAIN = {".h5ad": "X", ".loom": "matrix"}
"""The array of cells by genes, where the file has many arrays."""
_CELLS = {".h5ad", ".loom"}


def read_hdf5(source: Source) -> NDArray[Any] | Mapped | Table:
    """Return one array, or where it lies; data in other files are not followed.

    A dataset in one piece is memory-mapped. CF attributes are decoded, and sparse matrices of
    AnnData and 10x are written out. A ``.loom`` is turned, so that cells are rows.
    """
    h5py = _library("Reading .h5")
    with h5py.File(source.path, "r", locking=False) as file:
        found: dict[str, int] = {}
        dimensions: dict[str, tuple[str, ...]] = {}

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Group) and is_sparse(item):
                found[name] = 2
            elif isinstance(item, h5py.Group) and is_column(item):
                found[name] = 0
            elif isinstance(item, h5py.Dataset) and name.rpartition("/")[0] not in found:
                scale = item.attrs.get("CLASS") == b"DIMENSION_SCALE"
                numbers = item.dtype.kind in "biuf"
                found[name] = 0 if scale or not numbers else len(item.shape or ())
                if numbers and not scale and item.shape:
                    dimensions[name] = _dimensions(item)

        file.visititems(visit)  # follows neither soft nor external links
        if source.reading.rows is not None and not source.key:
            names = variables_of_rows(source, dimensions, "datasets")
            if len(names) > 1:
                return joined(source, names, lambda name: _rows(source, file, name))
            return _rows(source, file, names[0])
        return _rows(source, file, _chosen(source, found))


def read_matlab(source: Source) -> NDArray[Any]:
    """Return one matrix of a MATLAB file of version 7.3."""
    h5py = _library("Reading .mat of version 7.3")
    with h5py.File(source.path, "r", locking=False) as file:
        return matrix_of(source, file)


def _library(purpose: str) -> Any:
    with needs("h5py", "formats", purpose):
        import h5py
    return h5py


def _rows(source: Source, file: Any, name: str) -> NDArray[Any] | Mapped | Table:
    """Return one array, with its rows along the first axis, and leave the names of its columns."""
    import h5py

    item = file[name]
    if isinstance(item, h5py.Group):
        if not is_sparse(item):
            return of_column(source, item)
        return _genes(source, file, name, sparse(source, item))
    if item.ndim == 1:
        require_own(source, item)
        if h5py.check_string_dtype(item.dtype):
            source.require_room(item.shape, 8)
            return Table((name,), (Categories.of(texts(item)),))
        times = None
        if item.dtype.kind in "iuf" and "units" in item.attrs:
            source.require_room(item.shape, 8)
            times = moments(np.asarray(item[:]), dict(item.attrs))
        if times is not None:
            return Table((name,), (times,))
    if source.path.suffix.lower() in _CELLS:
        return _genes(source, file, name, _dataset(source, item))
    own = _dimensions(item)
    axes = axes_of_rows(source.bad, own, source.reading.rows) if any(own) else (0,)
    read = _dataset(source, item)
    names = [_coordinate(source, file, one) for k, one in enumerate(own) if k not in axes]
    if any(names):
        source.names[:] = names
    if axes == (0,):
        return read
    held = read.opened(source) if isinstance(read, Mapped) else read
    return np.array(rows_first(held, axes))


def _dimensions(item: Any) -> tuple[str, ...]:
    """Return the names of the dimensions of a dataset; "" where one has none."""
    found = []
    for one in item.dims:
        name = one[0].name if len(one) else one.label
        found.append(str(name or "").rpartition("/")[2])
    return tuple(found)


def _coordinate(source: Source, file: Any, name: str) -> tuple[str, Any] | None:
    """Return the values along a dimension, where the file holds numbers under its name."""
    import h5py

    item = item_of(file, name) if name else None
    if not isinstance(item, h5py.Dataset) or item.ndim != 1 or item.dtype.kind not in "iuf":
        return None
    if item.attrs.get("NAME", b"").startswith(b"This is a netCDF dimension but not"):
        return None
    require_own(source, item)
    source.require_room(item.shape, 8)
    return name, tuple(map(float, item[:].tolist()))


def _genes(
    source: Source, file: Any, name: str, rows: NDArray[Any] | Mapped
) -> NDArray[Any] | Mapped:
    """Return a matrix of cells, and leave the names of its genes; antibodies are left out."""
    names = gene_names(file, name, rows.shape[1] if len(rows.shape) == 2 else 0)
    kinds = item_of(file, f"{name}/features/feature_type")
    if kinds is not None and isinstance(rows, np.ndarray):
        kept = kept_genes(source, texts(kinds), rows)
        if not kept.all():
            rows = np.array(rows[:, kept])
            names = names and tuple(one for one, k in zip(names, kept, strict=True) if k)
    if names is not None:
        source.names[:] = [("genes", names)]
    return rows


def _chosen(source: Source, found: Mapping[str, int]) -> str:
    """Return the array that is named, or the only one with rows."""
    if source.key:
        for name in (source.key, *(f"{group}/{source.key}" for group in COLUMNS)):
            if name in found:
                return name
        return source.chosen(found, "datasets")
    main = _MAIN.get(source.path.suffix.lower())
    if main in found:
        return str(main)
    rows = [k for k, axes in found.items() if axes > 1 and not k.endswith(("_bnds", "_bounds"))]
    return source.chosen(found, "datasets", rows)


def _dataset(source: Source, dataset: Any) -> NDArray[Any] | Mapped:
    import h5py

    source.require_numbers(dataset.dtype)
    require_own(source, dataset)
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
