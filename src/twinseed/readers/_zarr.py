"""zarr, a folder or a zip: one array, whose metadata is checked before zarr sees it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import needs
from twinseed.readers._packed import decoded, dense, is_packed
from twinseed.readers.dimensions import axes_of_rows, rows_first, variables_of_rows
from twinseed.readers.joining import joined
from twinseed.readers.source import Source

__all__ = ["is_packed_zarr", "is_zarr", "read_zarr"]

_MARKS = ("zarr.json", ".zarray", ".zgroup")
# Decoders of numbers. Others unpickle (pickle) or make Python objects (json2, vlen-*, msgpack2).
_CODECS = {
    *("blosc", "bz2", "bytes", "crc32", "crc32c", "delta", "gzip", "lz4", "lzma", "shuffle"),
    *("sharding_indexed", "transpose", "zlib", "zstd"),
}
_METADATA = 1 << 24
_SPARSE = ("data", "indices", "indptr")


def is_zarr(path: Path) -> bool:
    """Say whether a folder is a zarr array or group."""
    return any((path / mark).is_file() for mark in _MARKS)


def is_packed_zarr(source: Source) -> bool:
    """Say whether a zip holds a zarr array or group."""
    with zipfile.ZipFile(source.path) as archive:
        return any(PurePosixPath(name).name in _MARKS for name in archive.namelist())


def read_zarr(source: Source) -> NDArray[Any]:
    """Return one array; only numbers behind codecs of numbers are read."""
    with needs("zarr", "formats", "Reading zarr"):
        import zarr
        from zarr.storage import ZipStore
    if source.path.is_dir():
        places = (path.relative_to(source.path) for path in source.files())
        return _checked(
            source, _arrays(places), lambda name: _text(source, name), zarr, str(source.path)
        )
    with zipfile.ZipFile(source.path) as archive:
        members = {info.filename: info for info in archive.infolist()}
        source.require_room((sum(info.file_size for info in members.values()),), 1)

        def text(name: str) -> bytes | None:
            known = name in members and members[name].file_size <= _METADATA
            return archive.read(name) if known else None

        names = _arrays(map(PurePosixPath, members))
        return _checked(source, names, text, zarr, ZipStore(str(source.path), mode="r"))


def _arrays(places: Iterable[Any]) -> list[str]:
    """Return the folders of the store that may hold an array; "" is the store itself."""
    marked = {p.parent.as_posix() for p in places if p.name in ("zarr.json", ".zarray")}
    return sorted("" if name == "." else name for name in marked)


def _text(source: Source, name: str) -> bytes | None:
    path = source.path / name
    return path.read_bytes() if path.is_file() and path.stat().st_size <= _METADATA else None


def _checked(
    source: Source, names: list[str], text: Callable[[str], bytes | None], zarr: Any, store: Any
) -> NDArray[Any]:
    headers = {}
    for name in names:
        found = [text(f"{name}/{mark}".lstrip("/")) for mark in ("zarr.json", ".zarray")]
        read = [json.loads(one) for one in found if one is not None]
        if any(header.get("node_type", "array") == "array" for header in read):
            headers[name] = read

    def opened(name: str) -> Any:
        if name not in headers:
            return zarr.open_group(store, mode="r", path=name)
        for header in headers[name]:
            _require_plain(source, header)
        return zarr.open_array(store, mode="r", path=name)

    if source.reading.rows is not None and not source.key:
        own = {
            name: _dimensions(opened(name)) for name, those in headers.items() if _is_plain(those)
        }
        own = {name: those for name, those in own.items() if those != (name,)}
        wanted = variables_of_rows(source, own, "arrays")
        if len(wanted) > 1:
            return joined(source, wanted, lambda name: _rows(source, headers, opened, name))
        return _rows(source, headers, opened, wanted[0])
    return _rows(source, headers, opened, _chosen(source, headers))


def _chosen(source: Source, headers: Mapping[str, Any]) -> str:
    """Return the array that is named, or the only one with rows; of AnnData the matrix X."""
    if source.key:
        for name in (source.key, f"obs/{source.key}", f"obs/{source.key}/codes"):
            if name in headers:
                return name
        parts = {f"{source.key}/{part}" for part in _SPARSE}
        return source.key if parts <= {*headers} else source.chosen(headers)
    if {f"X/{part}" for part in _SPARSE} <= {*headers} or ("X" in headers and len(headers) > 1):
        return "X"
    if list(headers) == [""]:
        return ""
    rows = [
        name
        for name, those in headers.items()
        if len(those[0].get("shape", ())) > 1 and not name.endswith(("_bnds", "_bounds"))
    ]
    return source.chosen(headers, rows=rows)


def _rows(
    source: Source, headers: Mapping[str, Any], opened: Callable[[str], Any], name: str
) -> NDArray[Any]:
    """Return one array, with its rows along the first axis."""
    if name not in headers:
        parts = {part: opened(f"{name}/{part}") for part in _SPARSE}
        about = dict(opened(name).attrs)
        if "shape" not in about:
            raise source.bad("holds a sparse matrix without its shape", "save it densely")
        by_rows = not str(about.get("encoding-type", "")).startswith("csc")
        return dense(source, parts, about["shape"], by_rows=by_rows)
    array = opened(name)
    about, dtype = dict(array.attrs), np.dtype(array.dtype)
    if {"scale_factor", "add_offset"} & set(about) and "_FillValue" not in about:
        about["_FillValue"] = array.fill_value
    own = _dimensions(array)
    axes = axes_of_rows(source.bad, own, source.reading.rows) if len(own) > 1 else (0,)
    names = [
        _coordinate(source, headers, opened, one) for k, one in enumerate(own) if k not in axes
    ]
    if any(names):
        source.names[:] = names
    shape = tuple(array.shape)
    if is_packed(about, dtype):
        found = decoded(source, array, shape, dtype, about)
    else:
        found = source.copied(array, shape, dtype)
    return found if axes == (0,) else np.array(rows_first(found, axes))


def _dimensions(array: Any) -> tuple[str, ...]:
    """Return the names of the dimensions of an array; none where it has no names."""
    named = dict(array.attrs).get("_ARRAY_DIMENSIONS")
    named = named or getattr(array.metadata, "dimension_names", None) or ()
    return tuple(str(one or "") for one in named) if len(named) == array.ndim else ()


def _coordinate(
    source: Source, headers: Mapping[str, Any], opened: Callable[[str], Any], name: str
) -> tuple[str, Any] | None:
    """Return the values along a dimension, where the store holds numbers under its name."""
    if not name or name not in headers or not _is_plain(headers[name]):
        return None
    array = opened(name)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        return None
    return name, tuple(map(float, np.asarray(array[:]).tolist()))


def _is_plain(headers: list[Mapping[str, Any]]) -> bool:
    """Say whether metadata announce numbers; others may not be opened."""
    kind = headers[0].get("dtype", headers[0].get("data_type"))
    try:
        return isinstance(kind, str) and np.dtype(kind).kind in "biuf"
    except TypeError:
        return False


def _require_plain(source: Source, header: Mapping[str, Any]) -> None:
    """Refuse what is no array of numbers, or too large, by its metadata alone."""
    if header.get("zarr_format") == 2:
        kind = header["dtype"]
        codecs = [header.get("compressor"), *(header.get("filters") or [])]
        named = [codec["id"] for codec in codecs if codec is not None]
        chunks = header["chunks"]
    else:
        kind = header["data_type"]
        named = list(_names(header["codecs"]))
        chunks = header["chunk_grid"]["configuration"]["chunk_shape"]
    if not isinstance(kind, str):
        raise source.bad("must hold real numbers, not records", "save an array of numbers")
    try:
        dtype = np.dtype(kind)
    except TypeError as error:
        raise source.bad(f"must hold real numbers, not {kind}", "save it in float32") from error
    source.require_numbers(dtype)
    foreign = sorted({str(name) for name in named} - _CODECS)
    if foreign:
        raise source.bad(
            f"is packed with {', '.join(foreign)}, which may make Python objects",
            "save numbers with blosc, zstd or gzip",
        )
    for shape in (header["shape"], chunks):
        if not all(type(size) is int and size >= 0 for size in shape):
            raise source.damaged("sizes that are none")
        source.require_room(tuple(shape), dtype.itemsize)


def _names(codecs: Iterable[Any]) -> Iterable[str]:
    """Yield the names of codecs, those inside a shard too."""
    for codec in codecs:
        yield codec if isinstance(codec, str) else codec["name"]
        inner = {} if isinstance(codec, str) else codec.get("configuration") or {}
        for key in ("codecs", "index_codecs"):
            yield from _names(inner.get(key) or ())
