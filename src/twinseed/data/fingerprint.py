"""The fingerprint of what was measured: the same rows and samples have the same one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.blocks import row_blocks

__all__ = ["fingerprint"]


def fingerprint(
    arrays: Mapping[str, NDArray[Any]],
    origin: Array | None,
    beside: Mapping[str, NDArray[np.int64]],
    versions: str | None,
) -> str:
    """Return SHA-256 over names, shapes, types and values of arrays, and what was said of them.

    ``beside`` has the groups and labels of rows as numbers, ``versions`` the words of ``up_to``.
    """
    digest = hashlib.sha256()
    about = {} if origin is None else {"origin": origin[None, :]}
    for name, rows in (dict(arrays) | about).items():
        digest.update(f"{name} {rows.shape} {rows.dtype.str};".encode())
        for _, block in row_blocks(rows):
            digest.update(np.ascontiguousarray(block).data)
    for name, numbers in beside.items():
        digest.update(f"{name};".encode())
        digest.update(numbers.data)
    if versions is not None:
        digest.update(f"up to {versions};".encode())
    return digest.hexdigest()
