"""Samples of denoisers: each row has a path of its own."""

from __future__ import annotations

import numpy as np
import pytest

from twinseed.denoise import NoiseLevels, Perceptron, Preconditioned, flow

pytestmark = pytest.mark.extras


def test_a_flow_gives_each_row_its_own_path() -> None:
    denoiser = Preconditioned(Perceptron((5,), width=8, seed=0))
    generator = flow(denoiser, NoiseLevels(0.1, 10.0))
    noise = np.random.default_rng(0).standard_normal((300, 5))
    whole = generator.sample(noise)
    assert np.array_equal(whole, generator.sample(noise))
    assert np.allclose(whole[280:], generator.sample(noise[280:]), atol=1e-5)
    other = flow(Preconditioned(Perceptron((5,), width=8, seed=1)), NoiseLevels(0.1, 10.0))
    assert not np.allclose(whole, other.sample(noise), atol=0.1)
