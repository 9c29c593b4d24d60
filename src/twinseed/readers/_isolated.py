"""Other people's parsers run in a process of their own, with a limit on memory and on time.

They are C libraries: on a damaged file they may crash, hang or ask for all memory, and what they
read may be larger than memory. Here that ends one child process, and arrays come back as files,
memory-mapped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError, MissingExtraError
from twinseed.readers._source import Mapped, Source
from twinseed.readers.table import Categories, Table

__all__ = ["answer", "read_isolated"]

CHILD = ("-m", "twinseed.readers._child")
SECONDS = 60.0
"""Allowed to the child, beside a second for each MiB to read."""

_BYTES_A_SECOND = 1 << 20


def read_isolated(sources: Mapping[str, Source]) -> dict[str, NDArray[Any] | Table]:
    """Read files in one child process; ``sources`` by any name."""
    with tempfile.TemporaryDirectory(prefix="twinseed-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        tasks = []
        for number, source in enumerate(sources.values()):
            place = folder / str(number)
            place.mkdir()
            parts = (source.argument, source.text, source.path, source.key, source.limit, place)
            tasks.append([part if isinstance(part, int) else str(part) for part in parts])
        ended = _run(tasks, SECONDS + sum(map(_size, sources.values())) / _BYTES_A_SECOND)
        found = {}
        for number, (name, source) in enumerate(sources.items()):
            place = folder / str(number)
            if not (place / "answer.json").exists():
                raise source.bad(f"is damaged: its reader {ended}", "write the file again")
            found[name] = _taken(source, place)
        return found


def answer(read: NDArray[Any] | Table | Mapped | InputError | MissingExtraError, to: Path) -> None:
    """Leave what was read in a folder (called in the child)."""
    said: dict[str, Any]
    if isinstance(read, InputError):
        said = {"error": [read.problem, read.remedy]}
    elif isinstance(read, MissingExtraError):
        said = {"missing": read.parts}
    elif isinstance(read, Mapped):
        said = {"mapped": [read.offset, read.shape, read.dtype]}
    elif isinstance(read, Table):
        values = []
        for place, column in enumerate(read.columns):
            kept = column.codes if isinstance(column, Categories) else column
            np.save(to / f"{place}.npy", kept, allow_pickle=False)
            values.append(list(column.values) if isinstance(column, Categories) else None)
        said = {"names": read.names, "values": values}
    else:
        said = {"array": True}
        if isinstance(read, np.memmap):
            read.flush()
        else:
            np.save(to / "array.npy", read, allow_pickle=False)
    unfinished = to / "answer.unfinished"
    unfinished.write_text(json.dumps(said), encoding="utf-8")
    unfinished.replace(to / "answer.json")


def _run(tasks: list[Any], seconds: float) -> str:
    """Run the child to its end and say how it ended."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", *CHILD],
            input=json.dumps(tasks),
            text=True,
            encoding="utf-8",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"did not end in {seconds:.0f} seconds"
    return f"crashed ({done.returncode})"


def _size(source: Source) -> int:
    if source.path.is_file():
        return source.path.stat().st_size
    return sum(path.stat().st_size for path in source.path.rglob("*") if path.is_file())


def _taken(source: Source, place: Path) -> NDArray[Any] | Table:
    said = json.loads((place / "answer.json").read_text(encoding="utf-8"))
    if "error" in said:
        raise source.bad(*said["error"])
    if "missing" in said:
        raise MissingExtraError(*said["missing"])
    if "mapped" in said:
        offset, shape, dtype = said["mapped"]
        return Mapped(offset, tuple(shape), dtype).opened(source)
    if "array" in said:
        return _opened(place / "array.npy")
    columns = []
    for number, values in enumerate(said["values"]):
        column = np.asarray(_opened(place / f"{number}.npy"))
        columns.append(column if values is None else Categories(column, tuple(values)))
    return Table(None if said["names"] is None else tuple(said["names"]), tuple(columns))


def _opened(path: Path) -> NDArray[Any]:
    """Map an array whose file is removed next; where that cannot be, read it."""
    array: NDArray[Any] = np.load(path, mmap_mode=None if os.name == "nt" else "r")
    return array
