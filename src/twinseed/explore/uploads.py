"""Files that a page was given: kept in one temporary folder under names of our own, and bounded."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from twinseed.errors import InputError, escaped

if TYPE_CHECKING:
    from twinseed.arrays import Array

__all__ = ["MOST_BYTES", "MOST_COLUMNS", "MOST_FILES", "MOST_ROWS", "Upload", "Uploads"]

MOST_BYTES = 200 << 20
"""Bytes of one file."""
MOST_FILES = 24
MOST_ROWS = 1_000_000
MOST_COLUMNS = 100_000
_ENDING = re.compile(r"(\.[a-z0-9]{1,11}){0,1}(\.[a-z0-9]{1,11})$")
_IDX = re.compile(r"[-.]idx\d?(-ubyte)?(\.gz)?$")
_DOUBLE = (".gz", ".zst")
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class Upload:
    """A file that was uploaded: its own name for messages, and the path that it has here."""

    token: str
    name: str
    path: Path
    key: str = ""

    @property
    def source(self) -> str:
        """The text that the readers take."""
        return f"{self.path}#{self.key}" if self.key else str(self.path)

    def rows(self) -> Array:
        """Return its rows, as numbers."""
        from twinseed.readers import load_rows

        rows: Any = load_rows(self.source)
        found: Array = rows
        return found


class Uploads:
    """The uploads of one server; ``close`` deletes the folder."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.gettempdir()) / f"twinseed-explore-{secrets.token_hex(8)}"
        # Registered first: Ctrl-C may come right after the folder was made.
        self._delete = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700)
        self._found: dict[str, Upload] = {}
        self._coming: set[str] = set()

    @property
    def folder(self) -> Path:
        """The only folder that the server writes to."""
        return self._folder

    def place(self, name: str) -> tuple[Upload, IO[bytes]]:
        """Return a new upload and its open file; of the name only the ending is used.

        Raises:
            InputError: a name without an ending, or too many uploads.
        """
        number = len(self._found) + len(self._coming)
        if number >= MOST_FILES:
            raise InputError(
                "upload",
                f"must be at most {MOST_FILES} files",
                number + 1,
                "start twinseed explore again, which forgets all files",
            )
        file, _, key = name.partition("#")
        token = secrets.token_hex(16)
        path = self.folder / f"{token}{_ending(file)}"
        found = Upload(token, escaped(Path(file).name[:200]), path, key[:200])
        self._coming.add(token)
        return found, path.open("xb")

    def keep(self, upload: Upload) -> None:
        """Keep an upload, which is then found under its token."""
        self._coming.discard(upload.token)
        self._found[upload.token] = upload

    def drop(self, upload: Upload) -> None:
        """Delete an upload that is not kept."""
        self._coming.discard(upload.token)
        upload.path.unlink(missing_ok=True)

    def get(self, token: str, argument: str = "upload") -> Upload:
        """Return an upload.

        Raises:
            InputError: there is none under this token.
        """
        if not _TOKEN.fullmatch(token) or token not in self._found:
            raise InputError(
                argument,
                "is not a file that this server was given",
                token,
                "drop the file on the page again; a restart of twinseed explore forgets files",
            )
        return self._found[token]

    def close(self) -> None:
        """Delete the folder with everything in it."""
        self._delete()


def _ending(name: str) -> str:
    """Return the ending by which the readers choose a format.

    >>> _ending("../../etc/rows.CSV.gz"), _ending("train-images-idx3-ubyte.gz"), _ending("a.b.npy")
    ('.csv.gz', '.idx.gz', '.npy')
    """
    low = name.lower()
    found = _IDX.search(low)
    if found:
        return ".idx.gz" if found[2] else ".idx"
    parts = _ENDING.search(low)
    if parts is None:
        raise InputError(
            "name",
            "must have an ending that says the format",
            escaped(name[:200]),
            "rename the file, as in rows.npy or rows.csv",
        )
    return (parts[1] or "") + parts[2] if parts[2] in _DOUBLE else parts[2]
