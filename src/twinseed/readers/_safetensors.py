"""``.safetensors``: a JSON header and raw numbers, memory-mapped without another package."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers.source import Mapped, Source

__all__ = ["read_safetensors"]

_HEADER = 100_000_000
_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|u1",
}


def read_safetensors(source: Source) -> NDArray[Any]:
    """Return one tensor, memory-mapped; bfloat16 becomes float32 in memory."""
    with source.path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else _HEADER + 1
        header = file.read(length) if length <= _HEADER else b""
    if length > _HEADER or len(header) < length:
        raise source.bad("must be a whole .safetensors file", "write the file again")
    tensors = {name: it for name, it in json.loads(header).items() if name != "__metadata__"}
    found = tensors[source.chosen(tensors, "tensors")]
    kind, shape = found["dtype"], tuple(found["shape"])
    begin, end = found["data_offsets"]
    if not all(type(size) is int and 0 <= size < 1 << 48 for size in (begin, end, *shape)):
        raise source.damaged("sizes that are none")
    if not isinstance(kind, str) or kind not in _DTYPES:
        raise source.bad(f"must hold real numbers, not {kind}", "save it as F32")
    mapped = Mapped(8 + length + begin, shape, _DTYPES[kind])
    if end - begin != math.prod(shape) * np.dtype(mapped.dtype).itemsize:
        raise source.damaged("the offsets do not fit the shape")
    if end == begin:
        raise source.bad("must not hold an empty tensor", "save some rows")
    rows = mapped.opened(source)
    if kind == "BF16":
        source.require_room(shape, 4)
        return (rows.astype(np.uint32) << 16).view(np.float32)
    return rows
