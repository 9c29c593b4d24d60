"""What makes damage to a store known: SQLite's own check, and a digest beside everything kept.

A single bit that changes on a disk can turn a digit of a result into another digit. SQLite does not
notice that, since the file is still a good database. So each row carries a digest of what it holds,
which is compared when the row is read. Whole rows that are lost are found by SQLite's check, which
counts the rows of a table against its index.
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
"""Bytes of a database. SQLite may take a smaller file for a new one, and write over it."""
FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What reading a damaged file raises; the second, where SQLite's own words quote the damage."""
TABLES = {"about", "cells"}
"""The tables of a store."""


def seal(*parts: str) -> str:
    """Return a digest of texts, which says where each of them ends.

    >>> seal("key", "{}", "[1.5]") == seal("key", "{}", "[1.6]")
    False
    """
    return blake2b(json.dumps(parts).encode(), digest_size=16).hexdigest()


def damaged(path: Path, what: object) -> StoreError:
    """Return the error to raise for a store that another process or a disk has changed."""
    return StoreError(
        f"the store {path} is damaged ({what}): restore a copy of the store; or delete "
        "the store, and run the same command again to compute its results again"
    )


def require_place(path: Path) -> None:
    """Refuse a path that can never be a store, before SQLite makes something else of it.

    The file is not opened: to close it again would free the locks that SQLite holds on it.
    """
    if str(path) == ":memory:":
        raise StoreError(
            "a store called :memory: would keep nothing: give the path of a file; or leave the "
            "store out"
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
        raise damaged(path, f"a file of {found.st_size} bytes is no database")


def require_tables(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a good database that is not a store."""
    if not tables(connection) >= TABLES:
        raise StoreError(
            f"{path} is a database of another program: give the path of a store of "
            "twinseed, or another path for new results"
        )


def require_sound(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a store in which SQLite finds a fault (a second for 500,000 results)."""
    (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok":
        raise damaged(path, " ".join(str(said).split()))


def tables(connection: sqlite3.Connection) -> set[str]:
    """Return the names of the tables of a database; none in a new one."""
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def parsed(path: Path, key: object, *held: object) -> tuple[Any, Any]:
    """Return the description and the result of a row, if they are what its digest says."""
    description, result, digest = held
    parts = [part for part in (key, description, result) if isinstance(part, str)]
    if len(parts) < 3 or seal(*parts) != digest:
        raise damaged(path, "a result is not what was kept")
    try:
        return json.loads(parts[1]), json.loads(parts[2])
    except (ValueError, RecursionError) as error:
        raise damaged(path, f"a result is not JSON: {error}") from error
