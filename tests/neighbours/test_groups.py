"""Nearest rows by group: parts of the rows, lots of queries and folded groups give one answer."""

from __future__ import annotations

import numpy as np
import pytest

from twinseed.neighbours import Nearest, folded, nearest

RNG = np.random.default_rng(4)
QUERIES, ROWS = RNG.standard_normal((9, 4)), RNG.standard_normal((30, 4))
LABELS = np.arange(30) % 5
NAMES = ("cosine", "cosine_row", "distance", "distance_row")


def same(one: Nearest, other: Nearest) -> None:
    for name in NAMES:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_parts_of_the_rows_have_the_least_of_the_whole() -> None:
    rows = np.concatenate([ROWS[:20], ROWS[:10]])  # equal rows: the first of equals stays
    parts = []
    for cut in (slice(0, 2), slice(2, 17), slice(17, 30)):
        present, within = np.unique(LABELS[cut], return_inverse=True)
        answer = nearest(QUERIES, rows[cut], groups=within)
        parts.append(answer.placed(present, 5, cut.start))
    assert np.isinf(parts[0].distance[:, 2:]).all()
    same(Nearest.least(parts), nearest(QUERIES, rows, groups=LABELS))


def test_lots_of_queries_join_and_part_again() -> None:
    whole = nearest(QUERIES, ROWS, groups=LABELS)
    lots = [nearest(QUERIES[:4], ROWS, groups=LABELS), nearest(QUERIES[4:], ROWS, groups=LABELS)]
    same(Nearest.joined(lots), whole)
    same(whole.part(slice(4, None)), lots[1])
    few = whole.part(slice(None), slice(2))
    np.testing.assert_array_equal(few.distance_row, whole.distance_row[:, :2])


@pytest.mark.parametrize("best", [np.maximum, np.minimum])
def test_groups_that_go_together_fold_into_one(best: np.ufunc) -> None:
    values = RNG.standard_normal((6, 5))
    expected = values[:, :3].copy()
    expected[:, :2] = best(expected[:, :2], values[:, 3:])
    np.testing.assert_array_equal(folded(values, 3, best), expected)
    number = np.array([4, 3, 2, 1, 0])
    np.testing.assert_array_equal(folded(values[:, ::-1], 3, best, number), expected)
