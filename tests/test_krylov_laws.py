"""Laws of the Krylov engine: the draws of Dense, for every population and every filter it takes."""

from __future__ import annotations

import numpy as np
import pytest

import twinseed as ts
from twinseed.simulation import Dense, Krylov
from twinseed.status import Status


@pytest.mark.parametrize("engine", [Dense(seeds=4), Krylov(seeds=4)], ids=repr)
def test_models_that_learnt_nothing_agree_by_chance_alone(engine: Dense | Krylov) -> None:
    """At time 0 the filter is constant: both samples are the noise, and nothing is left to gain."""
    rng = np.random.default_rng(0)
    found = engine.draw(ts.Spiked([3.0]), ts.EarlyStopping(0.0, 0.1, 10.0), 20, 10, rng)
    assert found["convergence"].value == pytest.approx(1.0)
    assert found["convergence_chance"].value == pytest.approx(1.0)
    assert found["convergence_corrected"].status == Status.NOT_IDENTIFIABLE
    assert np.isnan(found["convergence_corrected"].value)
