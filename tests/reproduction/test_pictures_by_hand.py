"""The strip of pictures: which half of the rows made each of them."""

from __future__ import annotations

import numpy as np

from twinseed.reproduction.dataset import CleanRows
from twinseed.reproduction.pictures import strip


def test_each_picture_comes_from_its_own_half_of_the_rows() -> None:
    """Rows of about 10 in the first half and -10 in the second: models of three rows each."""
    draw = np.random.default_rng(0)
    values = draw.standard_normal((8, 4)) + np.where(np.arange(8) < 4, 10.0, -10.0)[:, None]
    rows = CleanRows("made", values, np.zeros(4), np.ones(4, dtype=bool), (2, 2), 0, False)
    found = strip(rows, (3,), (0,), seeds=2)
    sheets = found["strip"]
    assert sheets.shape == (1, 2, 3, 2, 2)
    assert np.all(sheets[:, :, 0] > 0)
    assert np.all(sheets[:, :, 1] < 0)
    for sample, row in zip(sheets[0, :, 0], sheets[0, :, 2], strict=True):
        apart = np.linalg.norm(values[:3] - sample.ravel(), axis=1)
        np.testing.assert_allclose(row.ravel(), values[apart.argmin()])
