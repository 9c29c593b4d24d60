"""Other people's parsers run in a process of their own, with a limit on memory and on time.

They are C libraries: on a damaged file they may crash, hang or ask for all memory, and what they
read may be larger than memory. Here that ends one child process, and arrays come back as files,
memory-mapped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError, MissingExtraError
from twinseed.readers.source import Mapped, Source
from twinseed.readers.table import Categories, Table

__all__ = ["answer", "read_isolated"]

CHILD = ("-m", "twinseed.readers._child")
SECONDS = 60.0
"""Allowed to the child, beside a second for each MiB that lies on the disk."""

_BYTES_A_SECOND = 1 << 20
_TOLD = 300
"""Characters of what a reader says on stderr as it fails."""
_FAILED = 1
"""The status of a Python that ends in an error, which is then not the fault of the file."""


def read_isolated(sources: Mapping[str, Source]) -> dict[str, NDArray[Any] | Table]:
    """Read files in one child process; ``sources`` by any name."""
    first = next(iter(sources.values()))
    try:
        with tempfile.TemporaryDirectory(prefix="twinseed-", ignore_cleanup_errors=True) as scratch:
            return _read(sources, Path(scratch))
    except OSError as error:
        raise first.unreadable(error) from error


def _read(sources: Mapping[str, Source], folder: Path) -> dict[str, NDArray[Any] | Table]:
    tasks: list[Any] = [str(folder)]
    for number, source in enumerate(sources.values()):
        place = folder / str(number)
        place.mkdir()
        parts = (source.argument, source.text, source.path, source.key, source.limit, place)
        tasks.append([part if isinstance(part, int) else str(part) for part in parts])
        tasks[-1].append(source.reading.sendable())
    seconds = SECONDS + sum(source.on_disk() for source in sources.values()) / _BYTES_A_SECOND
    status = _run(tasks, seconds, folder)
    found = {}
    for number, (name, source) in enumerate(sources.items()):
        place = folder / str(number)
        if not (place / "answer.json").exists():
            raise _unanswered(source, status, seconds, _said(folder))
        found[name] = _taken(source, place)
    return found


def answer(
    read: NDArray[Any] | Table | Mapped | InputError | MissingExtraError,
    to: Path,
    notes: Sequence[str] = (),
    names: Sequence[Any] = (),
) -> None:
    """Leave what was read in a folder (called in the child)."""
    said: dict[str, Any]
    if isinstance(read, InputError):
        said = {"error": [read.problem, read.remedy]}
    elif isinstance(read, MissingExtraError):
        said = {"missing": read.parts}
    elif isinstance(read, Mapped):
        said = {"mapped": [read.offset, read.shape, read.dtype]}
    elif isinstance(read, Table):
        values: list[Any] = []
        for place, column in enumerate(read.columns):
            kept = column.codes if isinstance(column, Categories) else column
            np.save(to / f"{place}.npy", kept, allow_pickle=False)
            if isinstance(column, Categories):
                values.append([list(column.values), column.ordered])
            else:
                values.append(None)
        said = {"names": read.names, "values": values, "decimal": read.decimal}
        if read.lines is not None:
            np.save(to / "lines.npy", read.lines, allow_pickle=False)
    else:
        said = {"array": True}
        if isinstance(read, np.memmap):
            read.flush()
        else:
            np.save(to / "array.npy", read, allow_pickle=False)
    said["notes"], said["axes"] = list(notes), list(names)
    unfinished = to / "answer.unfinished"
    unfinished.write_text(json.dumps(said), encoding="utf-8")
    unfinished.replace(to / "answer.json")


def _run(tasks: list[Any], seconds: float, folder: Path) -> int | None:
    """Run the child to its end and return its status, or None where its time was up.

    Its stdin stays open meanwhile. That it closes tells the child that this process is gone.
    """
    with (folder / "stderr").open("wb") as stderr:
        child = subprocess.Popen(
            [sys.executable, "-P", *CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OPENBLAS_NUM_THREADS": "1"},
        )
    with child:
        try:
            assert child.stdin is not None
            with suppress(BrokenPipeError):  # it has ended already, and its status says how
                child.stdin.write(json.dumps(tasks).encode() + b"\n")
                child.stdin.flush()
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End a child that still runs; by closing its stdin, so that it ends its parser first."""
    assert child.stdin is not None
    with suppress(BrokenPipeError):
        child.stdin.close()
    try:
        child.wait(1.0)
    except subprocess.TimeoutExpired:
        child.kill()


def _said(folder: Path) -> str:
    """Return the last line that the child left on stderr; a child that is ended removes it."""
    try:
        with (folder / "stderr").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - (1 << 14)))
            lines = file.read().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return ""
    return next((line.strip()[:_TOLD] for line in reversed(lines) if line.strip()), "")


def _unanswered(source: Source, status: int | None, seconds: float, said: str) -> InputError:
    """Return the error for a file whose reader ended without an answer."""
    if status is None:
        return source.bad(
            f"is damaged: its reader did not end in {seconds:.0f} seconds", "write the file again"
        )
    told = f": {said}" if said else ""
    if status == _FAILED:
        return source.bad(
            f"cannot be read, since its reader failed{told}",
            "make room where a disk or the memory is full; install twinseed again where a module "
            "is missing",
        )
    if status == -getattr(signal, "SIGKILL", 9):
        return source.bad(
            f"cannot be read, since its reader was killed{told}",
            "close other programs, since the memory may be full; or save it as .npy",
        )
    return source.bad(f"is damaged: its reader crashed ({status}){told}", "write the file again")


def _taken(source: Source, place: Path) -> NDArray[Any] | Table:
    said = json.loads((place / "answer.json").read_text(encoding="utf-8"))
    source.notes.extend(said["notes"])
    source.names.extend(None if one is None else (one[0], tuple(one[1])) for one in said["axes"])
    if "error" in said:
        raise source.bad(*said["error"])
    if "missing" in said:
        raise MissingExtraError(*said["missing"])
    if "mapped" in said:
        offset, shape, dtype = said["mapped"]
        return Mapped(offset, tuple(shape), dtype).opened(source)
    if "array" in said:
        return _opened(place / "array.npy")
    columns: list[NDArray[Any] | Categories] = []
    for number, values in enumerate(said["values"]):
        column = np.asarray(_opened(place / f"{number}.npy"))
        if values is not None:
            columns.append(Categories(column, tuple(values[0]), values[1]))
        else:
            columns.append(column)
    lines = place / "lines.npy"
    return Table(
        None if said["names"] is None else tuple(said["names"]),
        tuple(columns),
        np.asarray(_opened(lines)) if lines.exists() else None,
        said["decimal"],
    )


def _opened(path: Path) -> NDArray[Any]:
    """Map an array whose file is removed next; where that cannot be, read it."""
    array: NDArray[Any] = np.load(path, mmap_mode=None if os.name == "nt" else "r")
    return array
