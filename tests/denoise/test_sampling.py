"""Samples of denoisers: the flow is the theory's, noise is shared, paths are alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from twinseed.denoise import NoiseLevels, Perceptron, Preconditioned, StochasticAscent, flow
from twinseed.denoise.denoiser import Denoiser
from twinseed.errors import InputError

pytestmark = pytest.mark.extras


class Shrink(Denoiser):
    """The best denoiser of rows of one variance, blind: it knows the noise from the rows' size."""

    def forward(self, y: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        size = (y**2).mean(dim=1, keepdim=True)
        return y / size.clamp(min=1.0)


def test_a_flow_gives_each_row_its_own_path() -> None:
    denoiser = Preconditioned(Perceptron((5,), width=8, seed=0))
    generator = flow(denoiser, NoiseLevels(0.1, 10.0))
    noise = np.random.default_rng(0).standard_normal((300, 5))
    whole = generator.sample(noise)
    assert np.array_equal(whole, generator.sample(noise))
    assert np.allclose(whole[280:], generator.sample(noise[280:]), atol=1e-5)
    other = flow(Preconditioned(Perceptron((5,), width=8, seed=1)), NoiseLevels(0.1, 10.0))
    assert not np.allclose(whole, other.sample(noise), atol=0.1)


def test_an_ascent_arrives_at_the_data_and_shares_its_noise() -> None:
    denoiser = Shrink(Perceptron((30,), width=2, seed=0))
    ascent = StochasticAscent(h0=0.1, beta=0.3, sigma_start=8.0, sigma_end=0.02)
    samples = ascent.sample(denoiser, 20, 0)
    # every row has come down from 8 to where the denoiser leaves it alone
    assert np.sqrt(np.mean(samples**2, axis=1)) == pytest.approx(1.0, abs=0.08)
    assert np.array_equal(samples, ascent.sample(denoiser, 20, 0))
    assert np.allclose(samples[:5], ascent.sample(denoiser, 5, 0))
    assert not np.allclose(samples, ascent.sample(denoiser, 20, 1), atol=0.1)


def test_without_noise_an_ascent_is_deterministic_from_its_start() -> None:
    denoiser = Shrink(Perceptron((30,), width=2, seed=0))
    start = StochasticAscent(beta=1.0, sigma_start=8.0, max_steps=1, sigma_end=0.02)
    end = StochasticAscent(beta=1.0, sigma_start=8.0, sigma_end=0.02)
    before, after = start.sample(denoiser, 4, 0), end.sample(denoiser, 4, 0)
    cosine = np.sum(before * after, axis=1) / np.linalg.norm(before, axis=1)
    assert np.allclose(cosine / np.linalg.norm(after, axis=1), 1.0)


@pytest.mark.parametrize("field", ["h0", "beta"])
def test_shares_above_one_are_refused(field: str) -> None:
    with pytest.raises(InputError, match=field):
        StochasticAscent(**{field: 1.5})
