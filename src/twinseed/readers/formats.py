"""Which reader a file gets: by its ending, never by what it says of itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from twinseed.errors import InputError, MissingExtraError
from twinseed.readers._hdf5 import read_hdf5
from twinseed.readers._images import read_images
from twinseed.readers._isolated import read_isolated
from twinseed.readers._numpy import read_npy, read_npz
from twinseed.readers._parquet import read_parquet
from twinseed.readers._safetensors import read_safetensors
from twinseed.readers._text import read_csv
from twinseed.readers._torch import read_torch
from twinseed.readers._zarr import is_zarr, read_zarr
from twinseed.readers.source import LIMIT, Mapped, Source
from twinseed.readers.table import Table

__all__ = ["HERE", "ISOLATED", "format_of", "load", "load_roles", "load_rows", "read_safely"]

Read = TypeVar("Read")

HERE: Mapping[str, Callable[[Source], NDArray[Any] | Table]] = {
    "csv": read_csv,
    "npy": read_npy,
    "npz": read_npz,
    "safetensors": read_safetensors,
}
"""Readers written in Python and numpy, which run in this process."""

ISOLATED: Mapping[str, Callable[[Source], NDArray[Any] | Table | Mapped]] = {
    "h5": read_hdf5,
    "images": read_images,
    "parquet": read_parquet,
    "pt": read_torch,
    "zarr": read_zarr,
}
"""Readers on C libraries, which run in a child process."""

_ENDINGS = {
    ".csv": "csv",
    ".h5": "h5",
    ".h5ad": "h5",
    ".hdf5": "h5",
    ".npy": "npy",
    ".npz": "npz",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".pt": "pt",
    ".pth": "pt",
    ".safetensors": "safetensors",
    ".zarr": "zarr",
    ".zip": "zarr",
}
_NAMED = {"h5", "npz", "pt", "safetensors", "zarr"}
_STARTS = {
    b"\x93NUMPY": "a .npy file",
    b"PK\x03\x04": "a zip archive, such as .npz, .pt or a zipped zarr",
    b"\x89HDF\r\n\x1a\n": "an .h5 file",
    b"PAR1": "a .parquet file",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"\x80": "a pickle",
}
_RIGHT = {
    "csv": (),
    "h5": (b"\x89HDF\r\n\x1a\n",),
    "npy": (b"\x93NUMPY",),
    "npz": (b"PK\x03\x04",),
    "parquet": (b"PAR1",),
    "pt": (b"PK\x03\x04",),
    "safetensors": (),
    "zarr": (b"PK\x03\x04",),
}


def load(path: str | os.PathLike[str], *, limit: int = LIMIT) -> NDArray[Any] | Table:
    """Read rows from a file or a folder, without running anything that it holds.

    ``.npy`` memory-mapped, ``.npz``, ``.csv``, ``.safetensors``, ``.pt``, ``.h5``, ``.parquet``,
    zarr (folder or zip), a folder of images. Of several arrays in a file one is named after a
    ``#``, as in ``data.npz#train``. Shapes: an array of whatever shape the file holds, or a
    ``Table`` for ``.parquet`` and for ``.csv`` with a header.

    Raises:
        InputError: no such file, another ending, an empty, truncated or damaged file, one that
            holds Python objects (reading them would run code), that unpacks to more than ``limit``
            bytes, or that makes its parser crash or hang; text that is no table. Nothing is
            unpacked before the file's own account of its size has been checked.
        MissingExtraError: the package that reads the format is not installed.

    >>> import tempfile
    >>> import numpy as np
    >>> folder = tempfile.TemporaryDirectory()
    >>> np.save(f"{folder.name}/a.npy", np.eye(2))
    >>> load(f"{folder.name}/a.npy").shape
    (2, 2)
    >>> folder.cleanup()
    """
    return load_roles({"path": path}, limit=limit)["path"]


def load_roles(
    paths: Mapping[str, str | os.PathLike[str]], *, limit: int = LIMIT
) -> dict[str, NDArray[Any] | Table]:
    """Read several files, as ``load`` does each; errors name the role. One child process for all.

    >>> load_roles({"heldout": "absent.npy"})
    Traceback (most recent call last):
    twinseed.errors.InputError: heldout must be a file that exists (got absent.npy): check the name
    """
    sources = {role: _source(role, os.fspath(path), limit) for role, path in paths.items()}
    formats = {role: format_of(source) for role, source in sources.items()}
    found: dict[str, NDArray[Any] | Table] = {}
    for role, source in sources.items():
        if formats[role] in HERE:
            found[role] = read_safely(source, HERE[formats[role]])
    foreign = {role: source for role, source in sources.items() if role not in found}
    if foreign:
        found |= read_isolated(foreign)
    return {role: found[role] for role in sources}


def load_rows(path: str | os.PathLike[str], *, limit: int = LIMIT) -> NDArray[Any]:
    """Read an array of numbers, as ``load`` does; a table must not have columns of text.

    >>> load_rows("rows.doc")
    Traceback (most recent call last):
    twinseed.errors.InputError: path must have one of the endings .csv, .h5, ...
    """
    from twinseed.readers.table import encoded

    found = load(path, limit=limit)
    if not isinstance(found, Table):
        return found
    if found.text:
        raise InputError(
            "path",
            f"must hold lines of numbers; column {found.label(found.text[0])} is text",
            os.fspath(path),
            "drop columns of text",
        )
    return encoded({"path": found})[0]["path"]


def read_safely(source: Source, reader: Callable[[Source], Read]) -> Read:
    """Return what a reader reads; whatever else a hostile file makes it raise is an InputError."""
    try:
        return reader(source)
    except (InputError, MissingExtraError):
        raise
    except OSError as error:
        raise source.unreadable(error) from error
    except MemoryError as error:
        raise source.bad(
            "needs more memory than is free", "close other programs, or save it as .npy"
        ) from error
    except Exception as error:  # parsers of damaged files may raise anything
        raise source.damaged(error) from error


def format_of(source: Source) -> str:
    """Return the format that a path's ending names."""
    if source.path.is_dir():
        return "zarr" if is_zarr(source.path) else "images"
    return _ENDINGS[source.path.suffix.lower()]


def _source(argument: str, text: str, limit: int) -> Source:
    try:
        return _found(argument, text, limit)
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
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
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
                remedy = "save the rows as .npy; reading a pickle would run what it holds"
            raise source.bad(f"ends in {source.path.suffix} and is {what}", remedy)
