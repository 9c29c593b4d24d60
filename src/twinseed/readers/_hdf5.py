"""``.h5``: one dataset; memory-mapped where the file holds it in one piece."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import NDArray

from twinseed.errors import MissingExtraError
from twinseed.readers.source import Mapped, Source

__all__ = ["read_hdf5"]


def read_hdf5(source: Source) -> NDArray[Any] | Mapped:
    """Return one dataset, or where it lies; data in other files are not followed."""
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("h5py", "formats", "Reading .h5") from error
    with h5py.File(source.path, "r", locking=False) as file:
        names: list[str] = []

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                names.append(name)

        file.visititems(visit)  # follows neither soft nor external links
        return _dataset(source, file[source.chosen(names, "datasets")])


def _dataset(source: Source, dataset: Any) -> NDArray[Any] | Mapped:
    import h5py

    source.require_numbers(dataset.dtype)
    if dataset.external or dataset.is_virtual:
        raise source.bad("keeps its numbers in other files", "copy them into one file")
    if dataset.shape is None:
        raise source.bad("must not hold an empty dataset", "save some rows")
    source.require_room(dataset.shape, dataset.dtype.itemsize)
    if dataset.chunks is not None:
        source.require_room(dataset.chunks, dataset.dtype.itemsize)
    offset = dataset.id.get_offset()
    whole = math.prod(dataset.shape) * dataset.dtype.itemsize
    plain = h5py.h5t.py_create(dataset.dtype).equal(dataset.id.get_type())  # every bit counts
    held = dataset.id.get_storage_size()
    if dataset.shape and offset is not None and held == whole and plain:
        return Mapped(offset, dataset.shape, dataset.dtype.str)
    return source.copied(dataset, dataset.shape, dataset.dtype)
