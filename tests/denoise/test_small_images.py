"""A small UNet on 8 x 8 digits, for some hundred steps: it learns, twins agree, bits repeat."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from twinseed.data.twins import Twins
from twinseed.denoise import (
    Metrics,
    NoiseLevels,
    Preconditioned,
    Training,
    TrainingState,
    UNet,
    flow,
    train,
)
from twinseed.filters import Heun
from twinseed.orders import convergence

pytestmark = pytest.mark.extras

LEVELS = NoiseLevels(0.05, 20.0)
PLAN = Training(steps=250, batch=32, rate=3e-3, warm_up=20, average=0.98, levels=LEVELS)
N = 300


@pytest.fixture(scope="module")
def images() -> torch.Tensor:
    from sklearn.datasets import load_digits

    digits = torch.from_numpy(load_digits().images.astype(np.float32))[:, None]
    digits = digits - digits.mean()
    return digits / digits.std()


def trained(
    images: torch.Tensor, start: int, draws: int, plan: Training = PLAN
) -> tuple[TrainingState, list[Metrics]]:
    network = UNet((1, 8, 8), width=8, scales=2, seed=start)
    state = TrainingState(Preconditioned(network), plan)
    return state, list(train(state, images, plan, seed=draws))


@pytest.fixture(scope="module")
def pair(images: torch.Tensor) -> tuple[list[list[Metrics]], Twins]:
    sides = [images[:N], images[N : 2 * N]]
    twins = [trained(rows, start=k, draws=k) for k, rows in enumerate(sides)]
    noise = np.random.default_rng(0).standard_normal((150, 64))
    samples = [flow(state.averaged(), LEVELS, Heun(10)).sample(noise) for state, _ in twins]
    real = images[2 * N :].flatten(1).numpy()
    centred = Twins(samples[0], samples[1], real).centred()
    return [metrics for _, metrics in twins], centred


def test_the_loss_falls_far_below_that_of_knowing_the_scale_alone(
    pair: tuple[list[list[Metrics]], Twins],
) -> None:
    for metrics in pair[0]:
        assert metrics[-1].loss < 0.75
        assert metrics[-1].loss < metrics[0].loss


def test_twins_agree_far_beyond_mismatched_seeds(
    pair: tuple[list[list[Metrics]], Twins],
) -> None:
    found = convergence.from_twins(pair[1], rng=0)
    q, null = found["convergence"], found["convergence_null"]
    assert float(q.value) - 5 * float(q.se) > abs(float(null.value)) + 5 * float(null.se)
    assert float(q.value) > 0.5
    assert float(q.value) + 3 * float(q.se) < 1.0


def test_samples_look_like_the_data_where_noise_does_not(
    pair: tuple[list[list[Metrics]], Twins],
) -> None:
    """The energy of the mean image's border, which is blank, tells digits from noise."""
    twins = pair[1]
    assert twins.origin is not None
    real = twins.train_a - twins.origin
    made = twins.samples_a - twins.origin
    spread = [np.sqrt(np.mean(rows.reshape(-1, 8, 8) ** 2, axis=0)) for rows in (real, made)]
    agreement = np.corrcoef(spread[0].ravel(), spread[1].ravel())[0, 1]
    assert agreement > 0.8


def test_the_same_seed_gives_the_same_bits(images: torch.Tensor) -> None:
    short = Training(steps=15, batch=16, levels=LEVELS)
    first, again, other = (trained(images[:50], 0, draws, short)[0] for draws in (5, 5, 6))
    kept = first.tensors()
    assert all(torch.equal(value, again.tensors()[name]) for name, value in kept.items())
    assert not all(torch.equal(value, other.tensors()[name]) for name, value in kept.items())
