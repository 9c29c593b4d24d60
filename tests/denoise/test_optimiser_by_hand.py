"""The rate's warm-up, Adam and the average of the weights, against three steps by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pytest
import torch
from torch import nn

from twinseed.denoise import Network, NoiseLevels, Preconditioned, Training, TrainingState, train

pytestmark = pytest.mark.extras

SEED, START, STEPS = 5, 0.5, 3
LEVELS = NoiseLevels(0.5, 4.0)
ROWS = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))


class OneNumber(Network):
    """F(y) = w y, so that the gradient can be written down."""

    def __init__(self) -> None:
        super().__init__()
        self.shape = (3,)
        self.w = nn.Parameter(torch.tensor(START))

    def forward(self, y: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
        return self.w * y

    def description(self) -> Mapping[str, Any]:
        return {}

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls()]


def gradient_and_loss(w: float, step: int, batch: int) -> tuple[float, float]:
    """Of E (1 + 1/s^2) |D - x|^2 with D = y/v + s/v w y and v = 1 + s^2, at one step's draws."""
    word = np.random.SeedSequence([SEED, step]).generate_state(1, np.uint64)[0] >> 1
    draw = torch.Generator().manual_seed(int(word))
    x = ROWS[torch.randperm(len(ROWS), generator=draw)[:batch]].double().numpy()
    low, high = np.log(LEVELS.sigma_min), np.log(LEVELS.sigma_max)
    s = np.exp(low + (high - low) * torch.rand(batch, generator=draw).double().numpy())[:, None]
    y = x + s * torch.randn(x.shape, generator=draw).double().numpy()
    v = 1.0 + s**2
    error = y / v * (1.0 + s * w) - x
    weight = 1.0 + 1.0 / s**2
    return float(np.mean(2.0 * weight * error * s * y / v)), float(np.mean(weight * error**2))


def by_hand(plan: Training) -> tuple[float, float, list[float]]:
    """Return the weight, its average and the losses after all steps."""
    w = averaged = START
    first = second = 0.0
    losses = []
    for step in range(plan.steps):
        gradient, loss = gradient_and_loss(w, step, plan.batch)
        losses.append(loss)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        unbiased = first / (1.0 - 0.9 ** (step + 1)), second / (1.0 - 0.999 ** (step + 1))
        rate = plan.rate * min((step + 1) / plan.warm_up, 1.0) if plan.warm_up else plan.rate
        w -= rate * unbiased[0] / (np.sqrt(unbiased[1]) + 1e-8)
        keep = min(plan.average, (1.0 + step) / (10.0 + step))
        averaged = keep * averaged + (1.0 - keep) * w
    return w, averaged, losses


@pytest.mark.parametrize("warm_up", [0, 2, 5])
@pytest.mark.parametrize("average", [0.0, 0.15, 0.999])
def test_three_steps(warm_up: int, average: float) -> None:
    """0.15 is passed by (1 + t)/(10 + t) at the second step: both sides of the minimum are met."""
    plan = Training(STEPS, batch=4, rate=0.03, warm_up=warm_up, average=average, levels=LEVELS)
    state = TrainingState(Preconditioned(OneNumber()), plan)
    found = [one.loss for one in train(state, ROWS, plan, seed=SEED, report_every=1)]
    w, averaged, losses = by_hand(plan)
    assert abs(w - START) > 0.01
    np.testing.assert_allclose(found, losses, rtol=1e-5)
    np.testing.assert_allclose(state.denoiser.network.w.item(), w, rtol=1e-6)
    np.testing.assert_allclose(float(state.average["network.w"]), averaged, rtol=1e-6)
    assert state.averaged().network.w.item() == state.average["network.w"].item()
