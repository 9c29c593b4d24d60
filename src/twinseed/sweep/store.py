"""Keeps the results of a sweep while it runs, so that the sweep can be interrupted and continued.

The store is one SQLite file. Each finished task is one transaction. Only the process that runs the
sweep, the driver, writes to the file. The driver holds a lock on a second, empty file in the same
folder; the operating system frees this lock when the process ends. Other processes may read at the
same time. The write-ahead log is switched on before any worker starts; on a file system without
such a log (a network share) SQLite uses its older journal.

Damage to the file is found when the file is opened or read, see ``soundness``: a changed number is
never returned.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from twinseed.errors import StoreError
from twinseed.sweep.cells import Job, differences
from twinseed.sweep.soundness import (
    FAULTS,
    damaged,
    parsed,
    require_place,
    require_sound,
    require_tables,
    seal,
    tables,
)

__all__ = ["Store", "begun", "described", "stored"]

_LAYOUT = "3"
"""Version of the tables below. Versions 1 and 2 had no digests."""
_WAIT = 30.0
"""Seconds to wait for a reader that locks the store."""
_GRACE = 0.5
"""Seconds to wait until a former driver frees the store, for example after a kill."""
_DRIVER = "driver"
"""The only row about the store that may change: the process that writes now, or wrote last."""
_ROWS = "SELECT key, description, result, digest FROM cells"
_SEAL = "seal"
"""The row with the digest of all other rows about the store except the driver."""


class Store:
    """Results by key, in one file that belongs to one job.

    A larger grid of the same job (more sizes, more replicates) continues in the same store.

    Args:
        path: the file; created if missing.
        job: the job of the results.

    Raises:
        StoreError: on opening, before any work: the path cannot be written, is not a store, is
            damaged, belongs to another job or an older version, or another process is writing to
            the store.

    >>> import tempfile
    >>> job = Job("example", "1", (0,))
    >>> with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "a.db", job) as store:
    ...     store.put([("key", "{}", "[1.5]")])
    ...     store.get(["key", "other"])
    {'key': '[1.5]'}
    """

    def __init__(self, path: str | Path, job: Job) -> None:
        self.path = Path(path)
        require_place(self.path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # No implicit transactions: each statement is one transaction.
            self._connection = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)
            self._lock = sqlite3.connect(
                f"{self.path}-driver", timeout=_GRACE, isolation_level=None
            )
        except (OSError, *FAULTS) as error:
            raise self._unusable(error) from error
        try:
            if tables(self._connection):
                require_tables(self._connection, self.path)
            self._take_lock()
            require_sound(self._connection, self.path)
            self._prepare(job)
        except BaseException as error:
            self.close()
            if isinstance(error, FAULTS):
                raise self._unusable(error) from error
            raise

    def get(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the results that the store has, by key.

        Args:
            keys: keys of cells, see ``Job.key``.

        Raises:
            StoreError: the store is damaged.
        """
        wanted = set(keys)
        found = {}
        try:
            for row in self._connection.execute(_ROWS):
                if row[0] in wanted:
                    parsed(self.path, *row)
                    found[row[0]] = row[2]
        except FAULTS as error:
            raise self._unusable(error) from error
        return found

    def put(self, results: Iterable[tuple[str, str, str]]) -> None:
        """Keep results: all of them, or none after an error. A result that exists is not replaced.

        Args:
            results: triples of a key, a description and a result, all texts.

        Raises:
            StoreError: for example, the disk is full; earlier results in the store are safe.
        """
        try:
            with self._transaction():
                self._connection.executemany(
                    "INSERT OR IGNORE INTO cells VALUES (?, ?, ?, ?)",
                    ((*result, seal(*result)) for result in results),
                )
        except FAULTS as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        """Close the file, and free it for another driver."""
        self._connection.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # after some errors SQLite has rolled back itself
                self._connection.execute("ROLLBACK")
            raise

    def _take_lock(self) -> None:
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            who = _about(self._connection, self.path).get(_DRIVER, "another process")
            raise StoreError(
                f"{self.path} is in use by {who}: wait until that process is done, and run the "
                "same command again to read its results; or give the store another path"
            ) from error

    def _prepare(self, job: Job) -> None:
        if self._connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        ours = {"layout": _LAYOUT, **job.about()}
        with self._transaction():
            if not tables(self._connection):
                self._connection.execute(
                    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
                )
                self._connection.execute(
                    "CREATE TABLE cells (key TEXT PRIMARY KEY, description TEXT NOT NULL, "
                    "result TEXT NOT NULL, digest TEXT NOT NULL)"
                )
                self._connection.executemany(
                    "INSERT INTO about VALUES (?, ?)", (ours | {_SEAL: _sealed(ours)}).items()
                )
            self._require_same(job, ours, _about(self._connection, self.path))
            self._connection.execute(
                "INSERT OR REPLACE INTO about VALUES (?, ?)",
                (_DRIVER, f"process {os.getpid()} on {socket.gethostname()}"),
            )

    def _require_same(self, job: Job, ours: Mapping[str, str], theirs: Mapping[str, str]) -> None:
        if version := job.other_version(theirs):
            raise StoreError(
                f"{self.path} {version}. Give another path, to compute all results again; or "
                "continue with the version that made them"
            )
        if differing := differences(ours, theirs, but=_DRIVER):
            raise StoreError(
                f"{self.path} belongs to another job ({'; '.join(differing)}): to continue in "
                "this store, pass what its first call passed; else give the store another path"
            )

    def _unusable(self, error: Exception) -> StoreError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the upper bits say where it happened
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return StoreError(
                f"the store {self.path} cannot be written ({error}): free space on the disk and "
                "run the same command again; the run continues from the results in the store"
            )
        if code == sqlite3.SQLITE_CORRUPT or isinstance(error, UnicodeDecodeError):
            return damaged(self.path, error)
        return StoreError(
            f"the store {self.path} cannot be used ({error}): give a path in a folder that "
            "you may write to; the file must be new or written by twinseed"
        )


def begun(path: str | Path) -> bool:
    """Say whether there is a store with its tables; a kill at the very start leaves none in it.

    Args:
        path: the file of the store, which need not exist.

    Raises:
        StoreError: the file is not a store, or cannot be read.
    """
    if not Path(path).exists():
        return False
    with _opened(Path(path)) as connection:
        return bool(tables(connection))


def described(path: str | Path) -> dict[str, str]:
    """Return the facts about its job that a store keeps, as ``Job.about``.

    Raises:
        StoreError: there is no store, it is damaged or of an older version, or it cannot be read.
    """
    with _opened(Path(path)) as connection:
        about = _about(connection, Path(path))
    return {name: value for name, value in about.items() if name != _DRIVER}


def stored(path: str | Path) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Return the descriptions and results in a store, also while a sweep writes to it.

    Raises:
        StoreError: there is no store, it is damaged or of an older version, or it cannot be read.
    """
    with _opened(Path(path)) as connection:
        if not tables(connection):  # the driver was killed at the start
            return []
        require_tables(connection, Path(path))
        _about(connection, Path(path))
        return [parsed(Path(path), *row) for row in connection.execute(f"{_ROWS} ORDER BY rowid")]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store for reading, after the integrity check of SQLite."""
    require_place(path)
    killed = os.path.exists(f"{path}-journal") and os.access(path, os.W_OK)  # first to be undone
    try:
        uri = f"file:{quote(str(path.absolute()))}?mode={'rw' if killed else 'ro'}"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            require_sound(connection, path)
            yield connection
    except FAULTS as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_CORRUPT or isinstance(error, UnicodeDecodeError):
            raise damaged(path, error) from error
        raise StoreError(
            f"{path} cannot be read as a store ({error}): check the path; if you may not "
            "write to its folder, copy the store to another folder, together with the file "
            "that ends in -wal"
        ) from error


def _about(connection: sqlite3.Connection, path: Path) -> dict[str, str]:
    """Return the facts about its job that a store keeps, without their digest."""
    require_tables(connection, path)
    about = dict(connection.execute("SELECT name, value FROM about"))
    kept = about.pop(_SEAL, None)
    if about.get("layout") in ("1", "2"):
        raise StoreError(
            f"{path} was written by an older version of twinseed, which kept no digests: read the "
            "file with that version, or give the store another path"
        )
    if not all(isinstance(text, str) for row in about.items() for text in row):
        raise damaged(path, "its facts about the job are not text")
    if kept != _sealed(about):
        raise damaged(path, "its facts about the job differ from their digest")
    return about


def _sealed(about: Mapping[str, str]) -> str:
    return seal(*(text for row in sorted(about.items()) if row[0] != _DRIVER for text in row))
