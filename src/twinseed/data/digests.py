"""Digests of rows: which rows are equal, and whether held-out rows are apart from training rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.blocks import row_blocks
from twinseed.errors import InputError

__all__ = ["digests_of", "repeats", "require_separate", "row_digests", "shared_rows"]

_SEEN = 0.5  # of the held-out rows equal training rows: they are not held out
_REPEATED = 0.1  # of the training rows repeat: a fresh row often equals one of them


def digests_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.uint64]]:
    """Return a 64-bit digest of each row, by name of the array: equal rows have equal digests."""
    common = np.result_type(*arrays.values())
    return {name: row_digests(rows, common) for name, rows in arrays.items()}


def row_digests(rows: NDArray[Any], common: np.dtype[Any]) -> NDArray[np.uint64]:
    """Return a digest of each row's values; arrays of different types agree where values do."""
    digests = np.empty(len(rows), dtype=np.uint64)
    for start, block in row_blocks(rows, 1 << 18):
        # Adding zero turns a negative zero into a positive one.
        values = np.ascontiguousarray(block.astype(common) + np.zeros((), dtype=common))
        raw = b"".join(hashlib.blake2b(row, digest_size=8).digest() for row in values)
        digests[start : start + len(block)] = np.frombuffer(raw, dtype=np.uint64)
    return digests


def repeats(digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Say of each row whether another row has the same digest.

    >>> repeats(np.array([7, 3, 7], dtype=np.uint64))
    array([ True, False,  True])
    """
    _, place, counts = np.unique(digests, return_inverse=True, return_counts=True)
    found: NDArray[np.bool_] = counts[place] > 1
    return found


def require_separate(digests: Mapping[str, NDArray[np.uint64]]) -> None:
    """Raise where both twins have the same training rows, or held-out rows are training rows."""
    if "train_b" in digests and np.array_equal(
        np.sort(digests["train_a"]), np.sort(digests["train_b"])
    ):
        raise InputError(
            "train_b",
            "must not hold the same rows as train_a",
            f"{len(digests['train_b'])} equal rows",
            "pass the rows that generator B was trained on, or leave train_b out",
        )
    for name in ("train_a", "train_b"):
        if "heldout" not in digests or name not in digests:
            continue
        shared = np.isin(digests["heldout"], digests[name])
        # A fresh row equals a training row about as often as a training row equals another.
        chance = float(repeats(digests[name]).mean())
        if shared.mean() >= _SEEN and chance < _REPEATED:
            held = int(np.flatnonzero(shared)[0])
            first = int(np.flatnonzero(digests[name] == digests["heldout"][held])[0])
            raise InputError(
                "heldout",
                f"must not hold rows of {name}",
                f"{shared.sum()} of {len(shared)} rows are equal to a row of {name}, where "
                f"about {chance * len(shared):.0f} would be by chance; for example, "
                f"heldout[{held}] = {name}[{first}]",
                "hold out rows that no generator was trained on; where equal rows were "
                "removed within each file, pass the rows as they were before",
            )


def shared_rows(digests: Mapping[str, NDArray[np.uint64]]) -> int:
    """Return how many rows of the second training set also occur in the first."""
    if "train_b" not in digests:
        return 0
    return int(np.isin(digests["train_b"], digests["train_a"]).sum())
