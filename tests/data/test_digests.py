"""Digests of rows: equal exactly where rows are equal."""

from __future__ import annotations

import numpy as np
import pytest

from twinseed.data.digests import digests_of, row_digests


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("columns", [1, 3, 8, 21])
def test_digests_tell_rows_apart_as_their_values_do(dtype: str, columns: int) -> None:
    """Few values, so that rows repeat, and differ in one value, by its sign or in their order."""
    rng = np.random.default_rng(columns)
    rows = rng.integers(0, 3, (4000, columns)).astype(dtype)
    if dtype != "uint8":
        rows -= 1
    digests = row_digests(rows, rows.dtype)
    _, of_values = np.unique(rows, axis=0, return_inverse=True)
    _, of_digests = np.unique(digests, return_inverse=True)
    together = np.unique(np.stack([of_values.ravel(), of_digests.ravel()]), axis=1)
    assert together.shape[1] == of_values.max() + 1 == of_digests.max() + 1


def test_arrays_of_different_types_and_memory_order_agree() -> None:
    rows = np.random.default_rng(0).integers(0, 9, (50, 7))
    found = digests_of(
        {
            "a": rows.astype(np.uint8),
            "b": np.asfortranarray(rows.astype(np.float32)),
            "c": np.vstack([rows, rows])[::2].astype(np.float64),
        }
    )
    assert np.array_equal(found["a"], found["b"])
    assert np.array_equal(found["a"][::2], found["c"][:25])


def test_each_bit_of_a_row_changes_half_of_the_bits_of_its_digest() -> None:
    one = np.random.default_rng(1).standard_normal((1, 4))
    flipped = np.repeat(one.view(np.uint64), 256, axis=0)
    flipped.reshape(256, -1)[np.arange(256), np.arange(256) // 64] ^= np.uint64(1) << (
        np.arange(256, dtype=np.uint64) % np.uint64(64)
    )
    with np.errstate(invalid="ignore"):
        changed = row_digests(flipped, np.dtype(np.uint64)) ^ row_digests(
            one.view(np.uint64), np.dtype(np.uint64)
        )
    bits = np.unpackbits(changed.view(np.uint8)).reshape(256, 64)
    assert abs(bits.mean() - 0.5) < 0.02
    assert bits.sum(axis=1).min() > 10
