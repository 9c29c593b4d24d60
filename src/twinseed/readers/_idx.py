"""idx, the format of MNIST, packed by gzip or not: ``train-images-idx3-ubyte.gz``."""

from __future__ import annotations

import gzip
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers.source import Source

__all__ = ["read_idx"]

_DTYPES = {8: "|u1", 9: "|i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(source: Source) -> NDArray[Any]:
    """Return the array of an idx file, after its announced size has been checked."""
    with source.path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(source.path) if packed else source.path.open("rb") as stream:
        start = stream.read(4)
        if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _DTYPES or start[3] == 0:
            raise source.bad("must be an idx file", "check the name")
        sizes = stream.read(4 * start[3])
        if len(sizes) < 4 * start[3]:
            raise source.bad("must not be truncated", "copy the file again")
        shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
        dtype = np.dtype(_DTYPES[start[2]])
        source.require_room(shape, dtype.itemsize)
        size = math.prod(shape) * dtype.itemsize
        content = stream.read(size + 1)
    if len(content) != size:
        raise source.bad(
            "must not be truncated, nor continue behind its end", "copy the file again"
        )
    return np.frombuffer(content, dtype).reshape(shape)
