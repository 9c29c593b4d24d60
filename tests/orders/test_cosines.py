"""The law of the largest cosine: training rows and fresh rows are treated alike."""

from __future__ import annotations

import numpy as np
import pytest

import twinseed as ts
from twinseed.populations import Population


@pytest.mark.parametrize(
    ("population", "size"),
    [
        (ts.PowerLaw(1.2, 60), {}),
        (ts.PowerLaw(2.0, 30), {}),
        (ts.Spiked([4.8], bulk=0.2), {"d": 16}),
    ],
    ids=["power law 1.2", "power law 2", "one factor"],
)
def test_with_many_rows_training_rows_are_as_close_as_fresh_rows(
    population: Population, size: dict[str, int]
) -> None:
    """The two laws must be approximated alike, or a share differs from 1/2 where S = Sigma."""
    found = ts.predict(population, n=[10**4, 10**5], **size)
    ratio, share = (
        found[f"memorisation_{name}"].values.ravel() - level
        for name, level in (("ratio", 1.0), ("share", 0.5))
    )
    assert np.all(ratio > 0.0), "an honest model is closer to its training rows, if by little"
    assert np.all(ratio < [2e-3, 2e-4])
    assert np.all(np.abs(share) < [0.03, 5e-3])


def test_a_steep_spectrum_has_a_share_without_promise() -> None:
    found = ts.predict(ts.Spiked([4.8], bulk=0.2), n=[100, 400, 10**4], d=16)
    assert np.all(found.memorisation_share_bias.values > 0.5)
    flat = ts.predict(ts.Spiked(), n=[100, 400], d=400)
    assert np.all(flat.memorisation_share_bias.values < 0.02)
