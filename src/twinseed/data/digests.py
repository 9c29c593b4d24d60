"""Digests of rows: which rows are equal, and whether held-out rows are apart from training rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.blocks import row_blocks
from twinseed.errors import InputError

__all__ = ["digests_of", "repeats", "require_separate", "row_digests", "shared_rows"]

_SEEN = 0.5  # of the held-out rows equal training rows: they are not held out
_REPEATED = 0.1  # of the training rows repeat: a fresh row often equals one of them
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio


def digests_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.uint64]]:
    """Return a 64-bit digest of each row, by name of the array: equal rows have equal digests."""
    common = np.result_type(*arrays.values())
    return {name: row_digests(rows, common) for name, rows in arrays.items()}


def row_digests(rows: NDArray[Any], common: np.dtype[Any]) -> NDArray[np.uint64]:
    """Return a digest of each row's values; arrays of different types agree where values do.

    Equation: the bytes of a row are words of 64 bits. Each word, plus a multiple of an odd number
    that depends on its place, is mixed one to one; the digest is the sum of the mixed words. So
    rows that differ in one word never agree, and others agree with a chance of about 2^-64.
    Source: Steele, Lea and Flood, Proc. OOPSLA (2014) 453, for the odd number and the mixing.
    """
    digests = np.empty(len(rows), dtype=np.uint64)
    for start, block in row_blocks(rows, 1 << 16):
        # Adding zero turns a negative zero into a positive one.
        values = np.ascontiguousarray(block.astype(common) + np.zeros((), dtype=common))
        raw = values.view(np.uint8)
        padded = np.zeros((len(raw), -(-raw.shape[1] // 8) * 8), dtype=np.uint8)
        padded[:, : raw.shape[1]] = raw
        words = padded.view(np.uint64)
        words += _ODD * np.arange(1, words.shape[1] + 1, dtype=np.uint64)
        digests[start : start + len(block)] = _mixed(words).sum(axis=1, dtype=np.uint64)
    return digests


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix each word in place, one to one: each bit depends on all bits."""
    shifted = words >> np.uint64(30)
    words ^= shifted
    words *= np.uint64(0xBF58476D1CE4E5B9)
    words ^= np.right_shift(words, np.uint64(27), out=shifted)
    words *= np.uint64(0x94D049BB133111EB)
    words ^= np.right_shift(words, np.uint64(31), out=shifted)
    return words


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
                f"must not hold rows of {name}: {shared.sum()} of {len(shared)} rows are equal to "
                f"a row of {name}, and chance makes about {chance * len(shared):.0f} rows equal; "
                f"for example heldout[{held}] is {name}[{first}]",
                f"{shared.sum()} equal rows",
                "hold out rows that no generator was trained on; where equal rows were "
                "removed within each file, pass the rows as they were before",
            )


def shared_rows(digests: Mapping[str, NDArray[np.uint64]]) -> int:
    """Return how many rows of the second training set also occur in the first."""
    if "train_b" not in digests:
        return 0
    return int(np.isin(digests["train_b"], digests["train_a"]).sum())
