"""Detects damage to a store: by the integrity check of SQLite, and by a digest in every row.

A single bit that changes on a disk can turn a digit of a result into another digit. SQLite does not
notice this change, because the file is still a valid database. So each row has a digest of its
contents, which is compared when the row is read. The check of SQLite finds rows that are lost,
because it compares the number of rows of a table with its index.
"""

from __future__ import annotations

import json
import sqlite3
import stat
from hashlib import blake2b
from pathlib import Path
from typing import Any

from twinseed.errors import StoreError

__all__ = [
    "FAULTS",
    "damaged",
    "parsed",
    "require_place",
    "require_sound",
    "require_tables",
    "seal",
]

_SMALLEST = 512
"""Bytes of the smallest database. SQLite may overwrite a smaller file as if it were new."""
FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""The errors of reading a damaged file; the second where SQLite's message quotes the damage."""
TABLES = {"about", "cells"}
"""The tables of a store."""


def seal(*parts: str) -> str:
    """Return a digest of several texts, which depends on where each text ends.

    >>> seal("key", "{}", "[1.5]") == seal("key", "{}", "[1.6]")
    False
    """
    return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def damaged(path: Path, what: object) -> StoreError:
    """Return the error for a store that another process or the disk has changed."""
    return StoreError(
        f"the store {path} is damaged ({what}): restore a copy of the store; or delete "
        "the store, and run the same command again to compute its results again"
    )


def require_place(path: Path) -> None:
    """Refuse a path that can never be a store, before SQLite creates or changes a file.

    The file is not opened, because closing a file frees the locks that SQLite holds on it.
    """
    if str(path) == ":memory:":
        raise StoreError(
            "a store with the name :memory: would keep no result: give the path of a file; or "
            "leave the store out"
        )
    if "\0" in str(path):
        raise StoreError("the path of a store must not hold a zero byte: give another path")
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be used ({error.strerror}): give another path"
        ) from error
    if stat.S_ISDIR(found.st_mode):
        raise StoreError(
            f"the store {path} cannot be used (it is a folder): give the path of a file, as "
            f"{path / 'store.sqlite'}"
        )
    if not stat.S_ISREG(found.st_mode):
        raise StoreError(
            f"the store {path} cannot be used (it is no regular file): give the path of a file"
        )
    if 0 < found.st_size < _SMALLEST:
        raise damaged(path, f"a file of {found.st_size} bytes is too small for a database")


def require_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that is empty, and a valid database that is not a store."""
    found = tables(connection)
    if not found:
        raise StoreError(
            f"{path} is an empty database: a run that was killed at its very start leaves a store "
            "like this. If a run is just starting, wait; else run the command that makes the "
            "store again: it starts from the beginning"
        )
    if not found >= TABLES:
        raise StoreError(
            f"{path} is a database of another program: give the path of a store of "
            "twinseed, or another path for new results"
        )


def require_sound(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a store in which SQLite finds a fault; this takes a second per 500,000 results."""
    (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise damaged(path, " ".join(str(said).split()))


def tables(connection: sqlite3.Connection) -> set[str]:
    """Return the names of the tables of a database; none in a new one."""
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def parsed(path: Path, key: object, *held: object) -> tuple[Any, Any]:
    """Return the description and the result of a row, if they agree with its digest."""
    description, result, digest = held
    parts = [part for part in (key, description, result) if isinstance(part, str)]
    if len(parts) < 3 or seal(*parts) != digest:
        raise damaged(path, "a result differs from its digest")
    try:
        return json.loads(parts[1]), json.loads(parts[2])
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"a result is not JSON: {error}") from error
