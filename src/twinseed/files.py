"""Writes files: a reader finds a complete file or no file."""

from __future__ import annotations

import csv
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twinseed.errors import InputError, needs

__all__ = [
    "made_folder",
    "require_output",
    "write_bytes",
    "write_csv",
    "write_parquet",
    "write_text",
    "written",
]

_REMEDY = "choose a file in a folder that exists, that you may write to and whose disk has room"


@contextmanager
def written(path: str | Path, argument: str = "path") -> Iterator[Path]:
    """Yield a temporary path to write to; the file is renamed to ``path`` when the block has ended.

    If the block fails, or the process is killed, an old file at ``path`` is kept. If the block
    fails, the temporary file is deleted.

    Raises:
        InputError: the file cannot be written; the error gives the reason, and names ``argument``.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = Path(folder) / "numbers.txt"
    ...     with written(target) as unfinished:
    ...         _ = unfinished.write_text("1 2 3")
    ...     [one.name for one in Path(folder).iterdir()]
    ['numbers.txt']
    """
    target = require_output(argument, path)
    unfinished = _beside(target)
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, unfinished)
        unfinished.replace(target)
    except OSError as error:
        raise _unwritable(argument, path, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


def write_text(path: str | Path, text: str, argument: str = "path") -> None:
    """Write a complete file of text (UTF-8), or none; see ``written``."""
    write_bytes(path, text.encode(), argument)


def write_bytes(path: str | Path, content: bytes, argument: str = "path") -> None:
    """Write a complete file, or none; see ``written``."""
    with written(path, argument) as unfinished:
        unfinished.write_bytes(content)


def write_csv(
    columns: Mapping[str, Sequence[Any]], path: str | Path, argument: str = "path"
) -> None:
    """Write a table, given by its columns, as CSV; None is an empty field."""
    with (
        written(path, argument) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def write_parquet(
    columns: Mapping[str, Sequence[Any]], path: str | Path, argument: str, what: str
) -> None:
    """Write a table, given by its columns, as Parquet; None is null.

    Raises:
        MissingExtraError: without pyarrow, which ``what`` needs.
    """
    with needs("pyarrow", "formats", what):
        import pyarrow
        import pyarrow.parquet
    table = pyarrow.table(dict(columns))
    with written(path, argument) as unfinished:
        pyarrow.parquet.write_table(table, unfinished)


def made_folder(argument: str, path: str | os.PathLike[str], *inside: str) -> Path:
    """Make a folder, and folders ``inside`` it, where they are missing; return its path.

    Raises:
        InputError: a file cannot be written into each of them.
    """
    root = Path(path)
    try:
        for folder in [root / name for name in inside] or [root]:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"0")
    except OSError as error:
        raise InputError(
            argument,
            f"cannot be written ({error.strerror or error})",
            str(root),
            "pass a folder that you may write to",
        ) from error
    return root


def require_output(argument: str, path: str | Path, endings: Sequence[str] = ()) -> Path:
    """Return the path to which a file will be written; nothing is changed.

    ``endings`` are the endings that are allowed; by default any. A link is followed.

    Raises:
        InputError: another ending; a folder; the folder of the file does not exist; no permission;
            a full disk.

    >>> require_output("path", "table.doc", (".nc", ".csv"))
    Traceback (most recent call last):
    twinseed.errors.InputError: path must end in .nc or .csv (got table.doc): choose one of these
    endings
    """
    given = Path(path)
    if endings and given.suffix.lower() not in endings:
        known = " or ".join(filter(None, [", ".join(endings[:-1]), endings[-1]]))
        remedy = "choose one of these endings" if len(endings) > 1 else "choose this ending"
        raise InputError(argument, f"must end in {known}", str(path), remedy)
    try:
        target = given.resolve() if given.is_symlink() else given
        if not target.parent.is_dir():
            raise InputError(argument, "lies in a folder that does not exist", str(path), _REMEDY)
        if target.exists() and not target.is_file():
            kind = "a folder" if target.is_dir() else "a device"
            raise InputError(argument, f"must be a file, not {kind}", str(path), _REMEDY)
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(13, os.strerror(13))
        probe = _beside(target)
        try:
            probe.write_bytes(b"0")
        finally:
            probe.unlink(missing_ok=True)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links; a name with a NUL
        if isinstance(error, InputError):
            raise
        raise _unwritable(argument, path, error) from error
    return target


def _beside(target: Path) -> Path:
    """Return a new name in the same folder, short enough for every file system."""
    return target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.unfinished")


def _unwritable(argument: str, path: str | Path, error: Exception) -> InputError:
    why = getattr(error, "strerror", None) or str(error)
    return InputError(argument, f"cannot be written ({why})", str(path), _REMEDY)
