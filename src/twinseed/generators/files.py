"""Rows from files: memory-mapped where the format allows it, and never unpickled."""

from __future__ import annotations

import math
import os
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError

__all__ = ["load_rows"]

_REMEDY = "save it again with numpy.save (or numpy.savez)"
_LIMIT = 8 << 30


def load_rows(path: str | os.PathLike[str], *, limit: int = _LIMIT) -> NDArray[Any]:
    """Read an array: ``.npy`` memory-mapped, one array of an ``.npz``, or a ``.csv`` of numbers.

    Of an ``.npz`` with several arrays one is named after a ``#``, as in ``data.npz#train``. A first
    line of a ``.csv`` that is not numbers is taken as its header. Shapes: whatever the file holds.

    Raises:
        InputError: no such file, another extension, an empty or truncated file, an array of Python
            objects (reading it would run code), an archive that unpacks to more than ``limit``
            bytes, text that is not numbers. Nothing is read before the file's own account of its
            size has been checked.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> np.save(f"{folder.name}/a.npy", np.eye(2))
    >>> load_rows(f"{folder.name}/a.npy").shape
    (2, 2)
    >>> folder.cleanup()
    """
    text = os.fspath(path)
    file, _, key = text.partition("#") if not Path(text).exists() else (text, "", "")
    name = Path(file)
    readers = {".npy": _npy, ".npz": _npz, ".csv": _csv}
    if name.suffix.lower() not in readers:
        raise InputError(
            "path", "must end in .npy, .npz or .csv", text, "convert the file to one of these"
        )
    if not name.is_file():
        raise InputError("path", "must be a file that exists", text, "check the name")
    if name.stat().st_size == 0:
        raise InputError("path", "must not be an empty file", text, _REMEDY)
    if key and name.suffix.lower() != ".npz":
        raise InputError("path", "has arrays to name only in an .npz", text, f"drop '#{key}'")
    try:
        return readers[name.suffix.lower()](name, key, limit)
    except OSError as error:
        raise InputError("path", f"cannot be read ({error})", text, "check the file") from error


def _npy(path: Path, key: str, limit: int) -> NDArray[Any]:
    with path.open("rb") as file:
        expected = _announced(file, str(path))
        header = file.tell()
    if path.stat().st_size - header < expected:
        raise InputError("path", "must not be truncated", str(path), "copy the file again")
    if expected == 0:
        raise InputError("path", "must not hold an empty array", str(path), "save some rows")
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def _npz(path: Path, key: str, limit: int) -> NDArray[Any]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise InputError("path", "must be a whole .npz archive", str(path), _REMEDY) from error
    with archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        if not key and len(members) != 1:
            raise InputError(
                "path",
                f"holds {len(members)} arrays ({', '.join(members)})",
                str(path),
                "name one, as in data.npz#name",
            )
        key = key or next(iter(members))
        if key not in members:
            raise InputError(
                "path", f"has no array {key!r}", str(path), f"it holds {', '.join(members)}"
            )
        info = members[key]
        if info.file_size > limit:
            raise InputError(
                "path",
                f"unpacks to {info.file_size:,} bytes, over the limit of {limit:,}",
                str(path),
                "unpack it and pass the .npy inside, which is memory-mapped",
            )
        try:
            with archive.open(info) as file:
                expected = _announced(file, str(path))
                if expected > info.file_size - file.tell():
                    raise InputError("path", "must not be truncated", str(path), _REMEDY)
            with archive.open(info) as file:
                array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
        except InputError:
            raise
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
            raise InputError("path", f"is damaged ({error})", str(path), _REMEDY) from error
    return array


def _announced(file: IO[bytes], path: str) -> int:
    """Return how many bytes of data the header of an .npy announces; the file is left behind it."""
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, _, dtype = read(file)
    except (ValueError, KeyError, EOFError) as error:
        raise InputError("path", f"must be a whole .npy file ({error})", path, _REMEDY) from error
    if dtype.hasobject:
        raise InputError(
            "path",
            "must not hold Python objects, which would have to be unpickled",
            path,
            "save an array of numbers, with allow_pickle=False",
        )
    return math.prod(shape) * int(dtype.itemsize)


def _csv(path: Path, key: str, limit: int) -> NDArray[Any]:
    size = path.stat().st_size
    if size > limit:
        raise InputError(
            "path", f"has {size:,} bytes, over {limit:,}", str(path), "convert it to .npy"
        )
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = 0 if _numbers(file.readline()) else 1
        with path.open(encoding="utf-8-sig") as file, warnings.catch_warnings():
            warnings.simplefilter("error")  # numpy only warns of a table without lines
            lines = (line for number, line in enumerate(file) if number >= header and line.strip())
            table: NDArray[Any] = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None)
    except (ValueError, UserWarning) as error:
        raise InputError(
            "path", f"must hold lines of numbers ({error})", str(path), "drop columns of text"
        ) from error
    return table


def _numbers(line: str) -> bool:
    try:
        [float(word) for word in line.split(",")]
    except ValueError:
        return False
    return True
