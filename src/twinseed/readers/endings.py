"""Which format a file has: by its ending, never by what it says of itself."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from twinseed.readers._mtx import is_mtx_folder
from twinseed.readers._zarr import is_zarr
from twinseed.readers.reading import ReadOptions
from twinseed.readers.source import Source

__all__ = ["format_of", "has_names", "source_of"]

_ENDINGS = {
    ".arrow": "feather",
    ".csv": "csv",
    ".csv.gz": "csv",
    ".csv.zst": "zst",
    ".feather": "feather",
    ".h5": "h5",
    ".h5ad": "h5",
    ".hdf5": "h5",
    ".idx": "idx",
    ".ipc": "feather",
    ".cdf": "nc",
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".loom": "h5",
    ".mat": "mat",
    ".mtx": "mtx",
    ".mtx.gz": "mtx",
    ".nc": "nc",
    ".nc4": "nc",
    ".ndjson": "jsonl",
    ".npy": "npy",
    ".npz": "npz",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".pt": "pt",
    ".pth": "pt",
    ".safetensors": "safetensors",
    ".tar": "tar",
    ".tar.gz": "tar",
    ".tgz": "tar",
    ".tsv": "csv",
    ".tsv.gz": "csv",
    ".tsv.zst": "zst",
    ".xlsx": "xlsx",
    ".zarr": "zarr",
    ".zip": "zip",
}
_NAMED = {"h5", "mat", "nc", "npz", "parquet", "pt", "safetensors", "tar", "xlsx", "zarr", "zip"}
_IDX = re.compile(r"[-.]idx\d?(-ubyte)?(\.gz)?$")
_STARTS = {
    b"\x93NUMPY": "a .npy file",
    b"PK\x03\x04": "a zip archive, such as .npz, .pt or a zipped zarr",
    b"\x89HDF\r\n\x1a\n": "an .h5 file",
    b"PAR1": "a .parquet file",
    b"ARROW1": "an Arrow file, .feather or .arrow",
    b"\x1f\x8b": "packed by gzip",
    b"\x28\xb5\x2f\xfd": "packed by zstandard",
    b"\xd0\xcf\x11\xe0": "an old Excel file, .xls; save it as .xlsx",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"\x80": "a pickle",
}
_PICKLE = "save the rows as .npy; reading a pickle would run what it holds"
_RIGHT = {
    "csv": (b"\x1f\x8b",),
    "feather": (b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"),
    "h5": (b"\x89HDF\r\n\x1a\n",),
    "mat": (),
    "mtx": (b"\x1f\x8b",),
    "nc": (b"\x89HDF\r\n\x1a\n", b"CDF"),
    "npy": (b"\x93NUMPY",),
    "npz": (b"PK\x03\x04",),
    "idx": (b"\x1f\x8b",),
    "jsonl": (b"\x1f\x8b",),
    "zst": (b"\x28\xb5\x2f\xfd",),
    "parquet": (b"PAR1",),
    "pt": (b"PK\x03\x04",),
    "safetensors": (),
    "tar": (b"\x1f\x8b",),
    "xlsx": (b"PK\x03\x04",),
    "zarr": (b"PK\x03\x04",),
    "zip": (b"PK\x03\x04",),
}


def format_of(source: Source) -> str:
    """Return the format that a path's ending names."""
    if source.path.is_dir():
        if is_mtx_folder(source.path):
            return "mtx"
        return "zarr" if is_zarr(source.path) else "images"
    return _ENDINGS[_ending(source.path)]


def has_names(path: str) -> bool:
    """Say whether files of this ending hold arrays under names.

    >>> has_names("cells.h5ad"), has_names("rows.npy")
    (True, False)
    """
    return Path(path).is_dir() or _ENDINGS.get(_ending(Path(path)), "") in _NAMED


def _ending(path: Path) -> str:
    """Return the ending of a path, of which ``.gz`` and ``.zst`` are only half."""
    last = path.suffix.lower()
    if _IDX.search(path.name.lower()):
        return ".idx"
    return "".join(path.suffixes[-2:]).lower() if last in (".gz", ".zst") else last


def source_of(argument: str, text: str, limit: int, reading: ReadOptions) -> Source:
    """Return the file or folder that a text names, after a look at its first bytes.

    Raises:
        InputError: no such file, another ending, an empty file, a name after # where the format
            has no names, a file whose first bytes are those of another format.
    """
    try:
        return replace(_found(argument, text, limit), reading=reading)
    except OSError as error:  # a name of more than 255 bytes, say, or a folder that is locked
        source = Source(argument, text, Path(text), limit=limit)
        raise source.bad(
            f"cannot be looked for ({error.strerror})", "check the name, and its folder"
        ) from error


def _found(argument: str, text: str, limit: int) -> Source:
    file, _, key = text.partition("#") if not Path(text).exists() else (text, "", "")
    source = Source(argument, text, Path(file), key, limit)
    path = source.path
    if path.is_dir():
        return source
    ending = _ending(path)
    if ending not in _ENDINGS:
        _require_no_pickle(source)
        endings = ", ".join(sorted(_ENDINGS))
        raise source.bad(
            f"must have one of the endings {endings}, or be a folder of images", "convert it"
        )
    if not path.is_file():
        raise source.bad("must be a file that exists", "check the name")
    if path.stat().st_size == 0:
        raise source.bad("must not be an empty file", "save it again")
    if key and _ENDINGS[ending] not in _NAMED:
        raise source.bad(f"is {ending}, which has no arrays to name", f"drop '#{key}'")
    _require_honest(source, _ENDINGS[ending])
    return source


def _require_no_pickle(source: Source) -> None:
    """Say of a file without a known ending that it is a pickle, as CIFAR's batches are."""
    if source.path.is_file():
        with source.path.open("rb") as file:
            if file.read(1) == b"\x80":
                raise source.bad("is a pickle, which is not read", _PICKLE)


def _require_honest(source: Source, kind: str) -> None:
    """Say what a file is whose first bytes are those of another format."""
    try:
        with source.path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise source.bad(f"cannot be read ({error})", "check the file") from error
    if any(start.startswith(mark) for mark in _RIGHT[kind]):
        return
    for mark, what in _STARTS.items():
        if start.startswith(mark) and (kind != "safetensors" or mark != b"\x80"):
            remedy = "give it its own ending"
            if mark == b"\x80":
                remedy = _PICKLE
            raise source.bad(f"ends in {source.path.suffix} and is {what}", remedy)
