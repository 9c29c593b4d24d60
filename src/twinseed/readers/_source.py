"""What every reader is given: a file, the name inside it, and how much it may unpack to."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from twinseed.errors import InputError

__all__ = ["LIMIT", "Mapped", "Source"]

LIMIT = 8 << 30
"""Bytes that one file may unpack to."""


@dataclass(frozen=True)
class Mapped:
    """Where in a file an array lies as it is, so that it can be memory-mapped."""

    offset: int
    shape: tuple[int, ...]
    dtype: str

    def opened(self, source: Source) -> NDArray[Any]:
        """Return the array, memory-mapped and read-only, if it lies inside the file."""
        size = math.prod(self.shape) * np.dtype(self.dtype).itemsize
        if self.offset < 0 or self.offset + size > source.path.stat().st_size:
            raise source.bad("must not be truncated", "copy the file again")
        return np.memmap(
            source.path, dtype=self.dtype, mode="r", offset=self.offset, shape=self.shape
        )


@dataclass(frozen=True)
class Source:
    """A file or folder to read; errors name ``argument``, and ``text`` as it was given."""

    argument: str
    text: str
    path: Path
    key: str = ""
    limit: int = LIMIT
    scratch: Path | None = None

    def bad(self, problem: str, remedy: str) -> InputError:
        """Return the error to raise."""
        return InputError(self.argument, problem, self.text, remedy)

    def damaged(self, error: BaseException | str) -> InputError:
        """Return the error to raise where a parser gave up."""
        said = str(error) or type(error).__name__
        return self.bad(f"is damaged ({said.strip()[:200]})", "write the file again")

    def chosen(self, names: Iterable[str], what: str = "arrays") -> str:
        """Return the name after the ``#``, or the only name there is."""
        listed = list(names)
        shown = ", ".join(listed[:10]) + (", ..." if len(listed) > 10 else "")
        if not listed:
            raise self.bad(f"holds no {what}", "choose another file")
        if not self.key and len(listed) > 1:
            raise self.bad(
                f"holds {len(listed)} {what} ({shown})",
                f"name one, as in {self.path.name}#{listed[0]}",
            )
        if self.key and self.key not in listed:
            raise self.bad(f"holds no {what[:-1]} {self.key!r}", f"it holds {shown}")
        return self.key or listed[0]

    def require_numbers(self, dtype: np.dtype[Any]) -> None:
        """Refuse everything but real numbers and booleans."""
        if dtype.hasobject:
            raise self.bad(
                "must not hold Python objects, which would have to be unpickled",
                "save an array of numbers; in numpy with allow_pickle=False",
            )
        if dtype.kind not in "biuf":
            raise self.bad(f"must hold real numbers, not {dtype}", "save an array of numbers")

    def require_room(self, shape: tuple[int, ...], itemsize: int) -> None:
        """Refuse an empty array, and one of more bytes than the limit."""
        size = math.prod(shape) * itemsize
        if size == 0:
            raise self.bad("must not hold an empty array", "save some rows")
        if size > self.limit:
            raise self.bad(
                f"unpacks to {size:,} bytes, over the limit of {self.limit:,}",
                "save it as .npy, which is memory-mapped",
            )

    def room(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """Return an array to fill: in memory, or on disk where the reader has a scratch folder."""
        self.require_room(shape, np.dtype(dtype).itemsize)
        if self.scratch is None:
            return np.empty(shape, dtype)
        place = self.scratch / "array.npy"
        return np.lib.format.open_memmap(place, mode="w+", dtype=np.dtype(dtype), shape=shape)

    def copied(self, rows: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return what slicing ``rows`` gives, copied in blocks of rows."""
        self.require_numbers(dtype)
        if not shape:
            raise self.bad("must hold rows, not a single number", "name an array of rows")
        room = self.room(shape, dtype)
        step = max(1, (1 << 24) // max(1, math.prod(shape[1:]) * dtype.itemsize))
        for start in range(0, shape[0], step):
            room[start : start + step] = rows[start : start + step]
        return room
