"""Where results of a sweep are kept while it runs, so that it can be interrupted and go on.

One SQLite file, one transaction a cell. Only the process that drives the sweep writes; a second
driver on the same file is safe too. The write-ahead log is switched on once, here, before any
worker exists; on a file system that has none (a network share) SQLite keeps its older journal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from twinseed.errors import StoreError
from twinseed.sweep.cells import Job

__all__ = ["Store"]

_LAYOUT = "1"
"""Version of the tables below."""
_WAIT = 30.0
"""Seconds to wait for another driver's transaction."""


class Store:
    """Results by key, in one file that belongs to one kind of job.

    Raises:
        StoreError: the path cannot be written, is not a store, or belongs to another job; found out
            on opening, before any work.

    >>> import tempfile
    >>> job = Job("example", "1", (0,))
    >>> with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "a.db", job) as store:
    ...     store.put([("key", "{}", "[1.5]")])
    ...     store.get(["key", "other"])
    {'key': '[1.5]'}
    """

    def __init__(self, path: str | Path, job: Job) -> None:
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # No implicit transactions: each statement is one, and `with` is not needed.
            self._connection = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        try:
            self._prepare(job)
        except sqlite3.Error as error:
            self._connection.close()
            raise self._unusable(error) from error
        except StoreError:
            self._connection.close()
            raise

    def get(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the results that are there, by key."""
        wanted = set(keys)
        rows = self._connection.execute("SELECT key, result FROM cells")
        return {key: result for key, result in rows if key in wanted}

    def put(self, results: Iterable[tuple[str, str, str]]) -> None:
        """Keep keys, descriptions and results, in one transaction.

        A result that is there already stays, since it is the same.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT OR IGNORE INTO cells (key, description, result) VALUES (?, ?, ?)", results
        )
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _prepare(self, job: Job) -> None:
        ours = {"layout": _LAYOUT, "kind": job.kind, "version": job.version}
        tables = {name for (name,) in self._connection.execute("SELECT name FROM sqlite_master")}
        if tables and "about" not in tables:
            raise StoreError(
                f"{self.path} is a database of something else: give the store another path"
            )
        if self._connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
        )
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS cells "
            "(key TEXT PRIMARY KEY, description TEXT NOT NULL, result TEXT NOT NULL)"
        )
        self._connection.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", ours.items())
        self._connection.execute("COMMIT")
        self._require_same(ours, dict(self._connection.execute("SELECT name, value FROM about")))

    def _require_same(self, ours: Mapping[str, str], theirs: Mapping[str, str]) -> None:
        differing = [
            f"{name} {theirs.get(name)!r} there, {value!r} here"
            for name, value in ours.items()
            if theirs.get(name) != value
        ]
        if differing:
            raise StoreError(
                f"{self.path} belongs to another job ({'; '.join(differing)}): give the store "
                "another path, or delete the file to start afresh"
            )

    def _unusable(self, error: Exception) -> StoreError:
        return StoreError(
            f"the store {self.path} cannot be used ({error}): give a path in a folder that can be "
            "written, which is new or was written by twinseed"
        )
