"""Error bars of shares at the ends of their range."""

from __future__ import annotations

import numpy as np

import twinseed as ts
from twinseed.intervals import Z95


def test_a_share_of_one_is_not_certain() -> None:
    """Fifty copies say that at most 3 in 50 are otherwise, not that none could be."""
    rng = np.random.default_rng(0)
    train, heldout = rng.standard_normal((2, 60, 8))
    readout = ts.measure(ts.Twins(train[:50], None, train, heldout=heldout), rng=0, factors=1)
    assert float(readout.memorisation_share) == 1.0
    assert abs(Z95 * float(readout.memorisation_share_se) - 3 / 50) < 1e-12
