"""Reads files of every format: the readers, and how files of several roles are read together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError, MissingExtraError
from twinseed.readers._arrow import read_feather, read_jsonl, read_parquet
from twinseed.readers._excel import read_excel
from twinseed.readers._hdf5 import read_hdf5
from twinseed.readers._idx import read_idx
from twinseed.readers._images import read_images, read_tar, read_zip
from twinseed.readers._isolated import read_isolated
from twinseed.readers._mtx import read_mtx
from twinseed.readers._numpy import read_npy, read_npz
from twinseed.readers._safetensors import read_safetensors
from twinseed.readers._scipy import read_mat, read_netcdf
from twinseed.readers._text import counts, read_csv, with_header
from twinseed.readers._torch import read_torch
from twinseed.readers._zarr import read_zarr
from twinseed.readers.aligning import aligned_axes
from twinseed.readers.arranging import arranged
from twinseed.readers.counts import log_normalised
from twinseed.readers.encoding import encoded
from twinseed.readers.endings import format_of, source_of
from twinseed.readers.reading import ReadOptions
from twinseed.readers.source import LIMIT, Mapped, Source
from twinseed.readers.table import Table

__all__ = [
    "HERE",
    "ISOLATED",
    "Loaded",
    "load",
    "load_roles",
    "load_rows",
    "load_told",
    "read_safely",
]

Read = TypeVar("Read")

HERE: Mapping[str, Callable[[Source], NDArray[Any] | Table]] = {
    "csv": read_csv,
    "idx": read_idx,
    "npy": read_npy,
    "npz": read_npz,
    "safetensors": read_safetensors,
}
"""Readers written in Python and numpy, which run in this process."""

ISOLATED: Mapping[str, Callable[[Source], NDArray[Any] | Table | Mapped]] = {
    "feather": read_feather,
    "h5": read_hdf5,
    "images": read_images,
    "jsonl": read_jsonl,
    "mat": read_mat,
    "mtx": read_mtx,
    "nc": read_netcdf,
    "zst": read_csv,
    "parquet": read_parquet,
    "pt": read_torch,
    "tar": read_tar,
    "xlsx": read_excel,
    "zarr": read_zarr,
    "zip": read_zip,
}
"""Readers on C libraries, which run in a child process."""

_PICTURES = {"images", "parquet", "tar", "zip"}
_DIMENSIONS = {"h5", "nc", "zarr"}
_TEXT = {"csv", "zst", "xlsx"}


class Loaded(dict[str, NDArray[Any] | Table]):
    """What was read for each role; ``notes`` are sentences on how the arrays were read.

    A table carries its notes itself, and hands them on to its columns (``notes_of``).
    """

    notes: tuple[str, ...] = ()


def load(
    path: str | os.PathLike[str], *, limit: int = LIMIT, reading: ReadOptions | None = None
) -> NDArray[Any] | Table:
    """Read rows from a file or a folder, without running anything that it holds.

    Arrays: ``.npy`` memory-mapped, ``.npz``, ``.safetensors``, ``.pt``, ``.h5``, zarr (folder or
    zip), a folder of images. Tables: ``.csv``, ``.tsv``, ``.xlsx``, ``.parquet``, ``.feather``,
    ``.jsonl``. Of several arrays in a file one is named after a ``#``, as in ``data.npz#train``.
    Shapes: an array of whatever shape the file holds, or a ``Table``; a ``.csv`` without a header
    is an array.

    Args:
        path: the file, or the folder.
        limit: bytes that the file may unpack to.
        reading: options by which the file is read, see ``ReadOptions``.

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
    return load_roles({"path": path}, limit=limit, reading=reading)["path"]


def load_roles(
    paths: Mapping[str, str | os.PathLike[str]],
    *,
    limit: int = LIMIT,
    reading: ReadOptions | None = None,
) -> Loaded:
    """Read several files, as ``load`` does each; errors name the role. One child process for all.

    >>> load_roles({"heldout": "absent.npy"})
    Traceback (most recent call last):
    twinseed.errors.InputError: heldout must be a file that exists (got absent.npy): check the name
    """
    wanted = reading or ReadOptions()
    sources = {
        role: source_of(role, os.fspath(path), limit, wanted) for role, path in paths.items()
    }
    formats = {role: format_of(source) for role, source in sources.items()}
    found: dict[str, NDArray[Any] | Table] = {}
    for role, source in sources.items():
        if formats[role] in HERE:
            found[role] = read_safely(source, HERE[formats[role]])
    foreign = {role: source for role, source in sources.items() if role not in found}
    if foreign:
        found |= read_isolated(foreign)
    text = [role for role, kind in formats.items() if kind in _TEXT]
    found |= _headed({role: found[role] for role in text}, sources, wanted)
    if wanted.keep and not any(isinstance(one, Table) for one in found.values()):
        raise InputError(
            "keep", "must name columns of a table", wanted.keep[0], "pass tables with a header"
        )
    arrays = {role: rows for role, rows in found.items() if isinstance(rows, np.ndarray)}
    _require_used(wanted, arrays, formats)
    notes_of_roles = {role: source.notes for role, source in sources.items()}
    arrays = aligned_axes(
        arrays, {r: source.names for r, source in sources.items()}, notes_of_roles
    )
    if wanted.log_normalise:
        arrays = log_normalised(arrays, notes_of_roles)
    found |= arranged(arrays, wanted, notes_of_roles)
    loaded = Loaded()
    notes = []
    for role, source in sources.items():
        one = found[role]
        if isinstance(one, Table):
            one = replace(one, notes=(*one.notes, *source.notes), reading=wanted)
        else:
            notes += [f"{role}: {note}" for note in source.notes]
        loaded[role] = one
    loaded.notes = tuple(notes)
    return loaded


def _require_used(
    reading: ReadOptions, arrays: Mapping[str, NDArray[Any]], formats: Mapping[str, str]
) -> None:
    """Refuse an option that no file has a use for."""
    kinds = set(formats.values())
    for option, used, what in (
        ("convert", bool(_PICTURES & kinds), "files of pictures"),
        ("resize", bool(_PICTURES & kinds), "files of pictures"),
        ("rows", bool(_DIMENSIONS & kinds), "NetCDF, .h5 and zarr"),
        ("log_normalise", bool(arrays), "matrices of counts, not for tables"),
    ):
        value = getattr(reading, option)
        if value and not used:
            shown = ",".join(value) if isinstance(value, tuple) else value
            raise InputError(option, f"is for {what}", shown, "leave the option out")


def _headed(
    found: Mapping[str, NDArray[Any] | Table], sources: Mapping[str, Source], reading: ReadOptions
) -> dict[str, NDArray[Any] | Table]:
    """Return lines of numbers with their first line as the header, where it counts the columns.

    A first line that is the same in several files, and counts nothing, may be a header or a row.
    """
    bare = {role: rows for role, rows in found.items() if isinstance(rows, np.ndarray)}
    if reading.header is not None or not bare:
        return {}
    firsts = [rows[0] for rows in bare.values()]
    if all(map(counts, bare.values())):
        for role in bare:
            sources[role].notes.append(
                "the first line counts the columns, and is read as their names; the option header "
                "says otherwise"
            )
        return {role: with_header(rows) for role, rows in bare.items()}
    if len(bare) > 1 and _equal(firsts) and not _equal([rows[1:2] for rows in bare.values()]):
        role = next(iter(bare))
        raise sources[role].bad(
            f"has the same first line as {', '.join(list(bare)[1:])}, which may be a header of "
            "numbers or a row",
            "say which it is with the option header",
        )
    return {}


def _equal(arrays: Iterable[NDArray[Any]]) -> bool:
    first, *others = arrays
    return all(np.array_equal(first, other) for other in others)


def load_rows(
    path: str | os.PathLike[str], *, limit: int = LIMIT, reading: ReadOptions | None = None
) -> NDArray[Any]:
    """Read an array of numbers, as ``load`` does; a table must not have columns of text.

    >>> load_rows("rows.doc")
    Traceback (most recent call last):
    twinseed.errors.InputError: path must have one of the endings .arrow, .cdf, .csv, ...
    """
    return load_told(path, limit=limit, reading=reading)[0]


def load_told(
    path: str | os.PathLike[str], *, limit: int = LIMIT, reading: ReadOptions | None = None
) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Read an array of numbers as ``load_rows`` does, with the sentences on how it was read.

    Raises:
        InputError: a file that ``load`` refuses, a table with columns of text.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with open(f"{folder}/a.csv", "w") as file:
    ...         _ = file.write("id,size\\n1,20\\n2,30.5\\n")
    ...     load_told(f"{folder}/a.csv")
    (array([[20. ],
           [30.5]]), ("column 'id' is left out: it is called so, and all its values ...",))
    """
    loaded = load_roles({"path": path}, limit=limit, reading=reading)
    found = loaded["path"]
    if not isinstance(found, Table):
        return found, tuple(note.removeprefix("path: ") for note in loaded.notes)
    columns = tuple(
        column.astype(np.float64)
        if isinstance(column, np.ndarray) and column.dtype == bool
        else column
        for column in found.columns
    )
    rows, layout = encoded({"path": replace(found, columns=columns)})
    words = [column for column in layout if column.categories]
    if words:
        raise InputError(
            "path",
            f"must hold lines of numbers; column {words[0].name!r} is text",
            os.fspath(path),
            "drop columns of text",
        )
    return rows["path"], tuple(note.removeprefix("path: ") for note in layout.notes)


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
