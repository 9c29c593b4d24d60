"""``.npy``, memory-mapped, and one array of an ``.npz``; neither is ever unpickled."""

from __future__ import annotations

import io
import math
import zipfile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers._packed import dense
from twinseed.readers.source import Source

__all__ = ["read_npy", "read_npz"]

_SPARSE = {"data", "indices", "indptr", "shape"}
_HEADER = 1 << 16
"""Bytes that numpy's description of an array may have; an archive can announce any number."""
_REMEDY = "save it again with numpy.save (or numpy.savez)"


def read_npy(source: Source) -> NDArray[Any]:
    """Return the array of an ``.npy``, memory-mapped."""
    with source.path.open("rb") as file:
        expected = _announced(file, source)
        header = file.tell()
    if source.path.stat().st_size - header < expected:
        raise source.bad("must not be truncated", "copy the file again")
    array: NDArray[Any] = np.load(source.path, mmap_mode="r", allow_pickle=False)
    return array


def read_npz(source: Source) -> NDArray[Any]:
    """Return one array of an ``.npz``, after its announced size has been checked."""
    try:
        archive = zipfile.ZipFile(source.path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise source.bad("must be a whole .npz archive", _REMEDY) from error
    with archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if not source.key and set(members) >= _SPARSE:
            return _sparse(source, archive, members)
        info = members[_chosen(source, archive, members)]
        return _member(source, archive, info)


def _member(source: Source, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    source.require_room((info.file_size,), 1)
    with archive.open(info) as file:
        if _announced(file, source) > info.file_size - file.tell():
            raise source.bad("must not be truncated", _REMEDY)
    with archive.open(info) as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _sparse(
    source: Source, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]
) -> NDArray[Any]:
    """Return a matrix of scipy.sparse.save_npz, written out."""
    parts = {name: _member(source, archive, members[name]) for name in _SPARSE}
    form = archive.read(members["format"])[-12:] if "format" in members else b"csr"
    return dense(source, parts, parts["shape"], by_rows=b"csc" not in form)


def _chosen(source: Source, archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> str:
    """Return the array that is meant; of images and their labels, the images."""
    if source.key or len(members) < 2:
        return source.chosen(members)
    source.require_samples(list(members))
    rows = []
    for name, info in members.items():
        with archive.open(info) as file:
            if _axes(file) != 1:
                rows.append(name)
    return source.chosen(members, rows=rows)


def _axes(file: IO[bytes]) -> int | None:
    """Return the number of axes of an .npy; None where its header says none."""
    try:
        return len(_header(file)[0])
    except Exception:  # numpy parses the header as Python source: any error may come
        return None


def _announced(file: IO[bytes], source: Source) -> int:
    """Return how many bytes of data the header of an .npy announces; the file is left behind it."""
    try:
        shape, dtype = _header(file)
    except Exception as error:  # numpy parses the header as Python source: any error may come
        raise source.bad(f"must be a whole .npy file ({error})", _REMEDY) from error
    source.require_numbers(dtype)
    if any(size < 0 for size in shape):
        raise source.bad("is damaged (a negative size)", _REMEDY)
    if math.prod(shape) == 0:
        raise source.bad("must not hold an empty array", "save some rows")
    return math.prod(shape) * int(dtype.itemsize)


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and the type that an .npy announces; the file is left behind its header."""
    read, wide = {
        (1, 0): (np.lib.format.read_array_header_1_0, 2),
        (2, 0): (np.lib.format.read_array_header_2_0, 4),
    }[np.lib.format.read_magic(file)]
    start = file.read(wide)
    length = int.from_bytes(start, "little")
    if length > _HEADER:
        raise ValueError(f"its header has {length:,} bytes")
    shape, _, dtype = read(io.BytesIO(start + file.read(length)))
    return shape, dtype
