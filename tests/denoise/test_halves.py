"""Halves are disjoint, nested, and keep near-duplicates together."""

from __future__ import annotations

import numpy as np
import pytest

from twinseed.denoise.halves import halves, near_duplicates
from twinseed.errors import InputError

pytestmark = pytest.mark.extras

RNG = np.random.default_rng


def test_halves_share_no_row_and_larger_ones_contain_smaller_ones() -> None:
    split = halves(RNG(0).standard_normal((50, 4)), 20, RNG(1))
    together = np.concatenate([split.a, split.b, split.heldout])
    assert sorted(together) == list(range(50))
    assert set(split.of(5)[0]) < set(split.of(20)[0])


def test_near_duplicates_stay_on_one_side() -> None:
    rows = RNG(0).standard_normal((40, 6))
    copies = rows[:10] + 1e-3 * RNG(1).standard_normal((10, 6))
    both = np.concatenate([rows, copies])
    for seed in range(5):
        split = halves(both, 20, RNG(seed))
        side = np.empty(50, dtype=int)
        for number, part in enumerate((split.a, split.b, split.heldout)):
            side[part] = number
        assert np.array_equal(side[:10], side[40:])
        assert split.grouped == 20
    assert np.any(side[:40] != side[0])


def test_a_chain_of_near_duplicates_is_one_group() -> None:
    rows = np.concatenate(
        [10.0 * RNG(0).standard_normal((30, 3)), np.outer(np.arange(5.0), np.full(3, 0.01))]
    )
    assert len(set(near_duplicates(rows, 0.1)[30:])) == 1
    assert len(set(near_duplicates(rows, 0.0))) == 35


def test_equal_rows_far_from_the_origin_are_found() -> None:
    rows = 1e6 + RNG(0).standard_normal((30, 5))
    groups = near_duplicates(np.concatenate([rows, rows]), 0.0)
    assert np.array_equal(groups[:30], groups[30:])
    assert len(set(groups)) == 30


def test_sizes_that_do_not_fit_are_named_with_those_that_do() -> None:
    with pytest.raises(InputError, match="use sizes up to 9"):
        halves(RNG(0).standard_normal((20, 3)), 10, RNG(0))
    with pytest.raises(InputError, match="near-duplicates"):
        halves(np.repeat(RNG(0).standard_normal((2, 3)), 20, axis=0), 15, RNG(0))


def test_a_larger_last_size_leaves_the_rows_of_smaller_ones() -> None:
    rows = RNG(0).standard_normal((60, 4))
    rows = np.concatenate([rows, rows[:15]])
    groups = near_duplicates(rows)
    for seed in range(5):
        small, large = (halves(rows, size, RNG(seed), groups=groups) for size in (12, 25))
        assert np.array_equal(small.a[:12], large.a[:12])
        assert np.array_equal(small.b[:12], large.b[:12])
        assert np.array_equal(large.a, halves(rows, 25, RNG(seed)).a)
