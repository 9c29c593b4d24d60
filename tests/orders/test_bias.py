"""The bias of a prediction: its limits, and the status that follows from the bias."""

from __future__ import annotations

import numpy as np
import pytest
from tests.examples import FILTERS, POPULATIONS

import twinseed as ts
from twinseed.errors import NoTheoryError
from twinseed.filters import Filter
from twinseed.orders.bias import TOLERANCE
from twinseed.populations import Population
from twinseed.readout import VARIABLES


@pytest.mark.parametrize("population", POPULATIONS[::2], ids=range(len(POPULATIONS[::2])))
@pytest.mark.parametrize("filter", FILTERS[::4], ids=repr)
def test_the_status_follows_from_the_bias(population: Population, filter: Filter) -> None:
    d = {} if population.dimension else {"d": 60}
    try:
        found = ts.predict(population, filter, n=[8, 300], **d)
    except (NoTheoryError, ts.InputError):
        return  # theory does not take this filter on this spectrum
    for name in VARIABLES:
        bias, status = (found[f"{name}_{part}"].values for part in ("bias", "status"))
        assert np.array_equal(np.isnan(bias), np.isnan(found[name].values)), name
        assert np.all(bias[status == "ok"] <= TOLERANCE), name
        assert np.all(bias[status == "leading order"] > TOLERANCE), name


def test_the_limit_has_no_bias() -> None:
    found = ts.predict(ts.Spiked([3.0]), ts.Ridge(0.1), gamma=[0.5, 4.0])
    for name in VARIABLES:
        bias = found[f"{name}_bias"].values
        if name != "wasserstein":  # a factor adds an unknown part
            assert not np.nan_to_num(bias[found[f"{name}_status"].values == "ok"]).any(), name


def test_biases_fall_with_the_size() -> None:
    few, many = (ts.predict(ts.PowerLaw(0.5, d), n=2 * d) for d in (50, 400))
    for name in ("memorisation", "convergence_gap", "convergence_cosine", "recovery"):
        assert np.all(many[f"{name}_bias"] < few[f"{name}_bias"]), name


def test_what_is_simulated_has_no_bias() -> None:
    found = ts.simulate(ts.Spiked([3.0]), n=10, d=6, replicates=2, rng=0, progress=False)
    for name in VARIABLES:
        assert not np.nan_to_num(found[f"{name}_bias"].values).any(), name
