"""The chance level of convergence: one formula for theory and for every engine."""

import numpy as np
import pytest

import twinseed as ts
from twinseed.orders.convergence import against_chance
from twinseed.simulation import Engine


@pytest.mark.parametrize("engine", [ts.Dense(), ts.Krylov(), ts.Compressed()])
def test_where_chance_leaves_nothing_no_engine_corrects(engine: Engine) -> None:
    """A ridge far above the spectrum learns nothing: the agreement is chance to 1e-12."""
    given = {"n": 30, "d": 40}
    drawn = ts.simulate(
        ts.Spiked([]), ts.Ridge(1e12), **given, replicates=2, rng=0, engine=engine, progress=False
    )
    predicted = ts.predict(ts.Spiked([]), ts.Ridge(1e12), **given)
    for readout in (drawn, predicted):
        assert float(readout.convergence_chance) == pytest.approx(1.0, abs=1e-9)
        assert str(readout.convergence_corrected_status.item()) == ts.Status.NOT_IDENTIFIABLE
        assert np.isnan(readout.convergence_corrected)


def test_the_gap_keeps_its_digits() -> None:
    found = against_chance(1.0, 0.5, True, gap=1e-20)["convergence_corrected"]
    assert 1.0 - float(found.value) == 0.0
    found = against_chance([0.2, 0.75], 0.5, [True, False])["convergence_corrected"]
    np.testing.assert_allclose(found.value, [-0.6, np.nan])
    assert found.status.tolist() == [ts.Status.OK, ts.Status.NOT_IDENTIFIABLE]
