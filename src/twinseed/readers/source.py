"""What every reader is given: a file, the name inside it, and how much it may unpack to."""

from __future__ import annotations

import errno
import math
import os
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from twinseed.errors import InputError
from twinseed.readers.reading import ReadOptions

__all__ = ["LIMIT", "Mapped", "Source"]

_WEIGHTS = {"weight", "bias", "kernel", "weight_g", "weight_v", "in_proj_weight", "in_proj_bias"}
_BUFFERS = {
    *("running_mean", "running_var", "num_batches_tracked", "gamma", "beta", "moving_mean"),
    *("moving_variance", "embeddings", "position_ids", "inv_freq", "sigmas", "betas"),
}

LIMIT = 8 << 30
"""Bytes that one file may unpack to."""


@dataclass(frozen=True)
class Mapped:
    """Where in a file the plain numbers of an array lie, so that they can be memory-mapped."""

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
    reading: ReadOptions = field(default_factory=ReadOptions)
    notes: list[str] = field(default_factory=list)
    """Sentences on how the file was read, which its reader adds."""
    names: list[tuple[str, Any] | None] = field(default_factory=list)
    """What the entries along each axis behind the rows are called, where the file says so."""

    def bad(self, problem: str, remedy: str) -> InputError:
        """Return the error to raise."""
        return InputError(self.argument, problem, self.text, remedy)

    def unreadable(self, error: OSError) -> InputError:
        """Return the error to raise where the system refuses to read, or to keep a copy."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return self.bad(
                f"does not fit into the folder for temporary files ({error.strerror})",
                "make room there, or name another folder in the environment variable TMPDIR",
            )
        return self.bad(
            f"cannot be read ({error})", "check that the file or folder is there and can be used"
        )

    def on_disk(self) -> int:
        """Return the bytes that lie on the disk, whatever the file announces; at most the limit."""
        found = 0
        for path in self.files() if self.path.is_dir() else [self.path]:
            about = path.stat()
            found += min(about.st_size, getattr(about, "st_blocks", about.st_size) * 512)
            if found > self.limit:
                return self.limit
        return found

    def files(self, suffixes: Container[str] | None = None) -> Iterator[Path]:
        """Yield the files of a folder and of the folders in it; of certain endings, if given.

        A link that leads out of the folder is refused: it could show any file of this machine. So
        is a link to a folder, which may lead in a circle.
        """
        top, folders = Path(os.path.realpath(self.path)), [self.path]
        while folders:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    path = Path(entry.path)
                    wanted = suffixes is None or path.suffix.lower() in suffixes
                    if entry.is_symlink() and (wanted or entry.is_dir()):
                        self._require_inside(path, top)
                    if entry.is_dir():
                        folders.append(path)
                    elif wanted and entry.is_file():
                        yield path

    def _require_inside(self, path: Path, top: Path) -> None:
        """Refuse a link that leads to a folder, or out of the folder ``top``."""
        name = path.relative_to(self.path).as_posix()
        if path.is_dir():
            raise self.bad(f"holds a link to a folder, {name}", "copy the folder to its place")
        if top not in Path(os.path.realpath(path)).parents:
            raise self.bad(
                f"holds a link that leads out of it, {name}", "copy the file to its place"
            )

    def damaged(self, error: BaseException | str) -> InputError:
        """Return the error to raise where a parser gave up."""
        said = str(error) or type(error).__name__
        return self.bad(f"is damaged ({said.strip()[:200]})", "write the file again")

    def chosen(self, names: Iterable[str], what: str = "arrays", rows: Sequence[str] = ()) -> str:
        """Return the name after the ``#``, the only name there is, or the only name of ``rows``.

        Files of weights and of FID statistics are told to be what they are.
        """
        listed = list(names)
        if not self.key and len(rows) == 1 and len(listed) > 1:
            self.notes.append(f"of {len(listed)} arrays the one with rows is read, #{rows[0]}")
            return rows[0]
        if not self.key:
            self.require_samples(listed)
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

    def require_samples(self, names: list[str]) -> None:
        """Refuse files that hold something else than samples, by the names in them."""
        ends = {re.split(r"[./]", name)[-1].partition(":")[0] for name in names}
        parts = [re.split(r"[./]", name) for name in names]
        inside = sum(len(one) > 1 and one[-1] in _WEIGHTS | _BUFFERS for one in parts)
        if ends & _WEIGHTS and (ends <= _WEIGHTS | _BUFFERS or 2 * inside > len(names)):
            raise self.bad(
                f"holds the weights of a model ({', '.join(names[:3])}, ...), not samples",
                "draw samples from the model, save them as .npy and pass them",
            )
        if {"mu", "sigma"} <= set(names) or set(names) == {"mean", "cov"}:
            raise self.bad(
                "holds FID statistics (the mean mu and the covariance sigma of features), not rows",
                "pass the rows or images that they were computed from",
            )

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
        made = np.lib.format.open_memmap(place, mode="w+", dtype=np.dtype(dtype), shape=shape)
        if hasattr(os, "posix_fallocate"):  # else a full disk ends the process later on
            with place.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, place.stat().st_size)
        return made

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
