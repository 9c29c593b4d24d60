"""Whose samples are searched for close rows."""

from __future__ import annotations

import numpy as np
import pytest

import twinseed as ts
from twinseed.data.closeness import closeness

ROWS = np.random.default_rng(0).standard_normal((5, 12, 3))


@pytest.mark.parametrize(
    ("twins", "sides"),
    [
        (ts.Twins(ROWS[0], None, ROWS[2], heldout=ROWS[4]), 1),
        (ts.Twins(ROWS[0], ROWS[1], ROWS[2], heldout=ROWS[4]), 1),
        (ts.Twins(ROWS[0], ROWS[1], ROWS[2], ROWS[3], ROWS[4]), 2),
    ],
    ids=["one generator", "the rows of B unknown", "both known"],
)
def test_a_generator_is_searched_where_it_has_samples_and_known_rows(
    twins: ts.Twins, sides: int
) -> None:
    assert len(closeness(twins, 0)) == sides
