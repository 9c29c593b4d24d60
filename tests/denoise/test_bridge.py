"""The bridge: a linear denoiser trained by gradient descent is the theory's linear model."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import twinseed as ts
from twinseed.denoise import NoiseLevels
from twinseed.denoise.bridge import descend, linear_bank, linear_flow
from twinseed.errors import InputError
from twinseed.filters import Filter
from twinseed.generators import LinearGenerator

pytestmark = pytest.mark.extras

LEVELS = NoiseLevels(0.3, 4.0)


def trained(
    rows: NDArray[np.float64], noise: NDArray[np.float64], sampler: ts.Heun | ts.Euler, time: float
) -> NDArray[np.float64]:
    bank = linear_bank(rows.shape[1], LEVELS, sampler)
    rate = 0.05
    for _ in descend(bank, rows, rate=rate, steps=round(time / rate)):
        pass
    return linear_flow(bank, sampler).sample(noise)


def apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


@pytest.mark.parametrize("n", [10, 60])
@pytest.mark.parametrize("sampler", [ts.Euler(6), ts.Heun(6)], ids=["Euler", "Heun"])
def test_trained_to_the_end_it_is_the_probability_flow(n: int, sampler: ts.Heun) -> None:
    rng = np.random.default_rng(n)
    rows = ts.Spiked([4.0]).sample(n, 20, rng)
    noise = rng.standard_normal((8, 20))
    flow = ts.ProbabilityFlow(LEVELS.sigma_min, LEVELS.sigma_max, sampler=sampler)
    expected = LinearGenerator.fit(rows, flow).sample(noise)
    near, nearer = (apart(trained(rows, noise, sampler, time), expected) for time in (6.0, 60.0))
    assert nearer < 1e-3 < near


def test_stopped_early_it_is_the_filter_of_early_stopping() -> None:
    rng = np.random.default_rng(0)
    rows = ts.Spiked([4.0]).sample(40, 20, rng)
    noise = rng.standard_normal((8, 20))
    found = trained(rows, noise, ts.Heun(24), time=1.0)

    def model(filter: Filter) -> NDArray[np.float64]:
        return LinearGenerator.fit(rows, filter).sample(noise)

    early = model(ts.EarlyStopping(1.0, LEVELS.sigma_min, LEVELS.sigma_max))
    late = model(ts.ProbabilityFlow(LEVELS.sigma_min, LEVELS.sigma_max))
    assert apart(found, early) < 0.02  # gradient descent in steps of 0.05, not a flow
    assert apart(found, late) > 0.1


def test_a_rate_that_would_diverge_is_refused() -> None:
    bank = linear_bank(3, LEVELS, ts.Heun(2))
    with pytest.raises(InputError, match="diverges"):
        next(descend(bank, np.eye(3), rate=1.0, steps=1))


def test_a_level_that_was_not_trained_is_refused() -> None:
    bank = linear_bank(3, LEVELS, ts.Heun(2))
    with pytest.raises(InputError, match="level of the bank"):
        linear_flow(bank, ts.Heun(3)).sample(np.ones((1, 3)))
