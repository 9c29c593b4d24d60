"""The recipe of the linear denoiser: gradient descent on one matrix per noise level."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from twinseed.arrays import Array
from twinseed.checks import numeric_rows, positive, whole
from twinseed.denoise import checkpoints
from twinseed.denoise.bridge import descend, linear_bank, linear_flow, stable_rate
from twinseed.denoise.noise import NoiseLevels
from twinseed.denoise.recipe import Losses, Recipe, Report, Scaled, scale_of
from twinseed.denoise.training import CURVE
from twinseed.filters import Heun
from twinseed.filters.samplers import Sampler, require_sampler

__all__ = ["LinearRecipe"]


@dataclass(frozen=True)
class LinearRecipe(Recipe):
    """One matrix per noise level, trained by full-batch gradient descent from zero.

    The mean of each column is subtracted from the rows; the noise levels are in units of the data.
    After many steps this is the linear model with the filter ``ProbabilityFlow``; at ``time = rate
    steps`` it is the model with ``EarlyStopping(time)``.

    Args:
        training_steps: number of steps of the descent.
        rate: step size of the descent; None takes half of the rate at which the descent diverges.
        levels: the first and the last noise level.
        sampler: how the probability flow is divided into steps.
        save_every: number of steps after which the state is saved.
    """

    training_steps: int
    rate: float | None = None
    levels: NoiseLevels = field(default_factory=NoiseLevels)
    sampler: Sampler = field(default_factory=lambda: Heun(32))
    save_every: int = 500

    beside = frozenset({"training_steps", "save_every"})

    def __post_init__(self) -> None:
        steps = whole("steps", self.training_steps, "pass how many steps of descent to take")
        object.__setattr__(self, "training_steps", steps)
        if self.rate is not None:
            remedy = "pass the step size of the gradient descent, or leave rate out"
            object.__setattr__(self, "rate", positive("rate", self.rate, remedy))
        require_sampler(self.sampler)
        whole("save_every", self.save_every, "pass the steps between two saved states")

    @property
    def name(self) -> str:
        return "linear"

    @property
    def steps(self) -> int:
        return self.training_steps

    def parameters(self, shape: tuple[int, ...]) -> int:
        return linear_bank(math.prod(shape), self.levels, self.sampler).parameter_count

    def architecture(self, shape: tuple[int, ...]) -> Mapping[str, Any]:
        """Return the kind and the shape; any shape is possible, the cost grows as its square."""
        return {"matrices": self.sampler.steps + 1, "d": math.prod(shape)}

    def require_device(self) -> None:
        """Do nothing: the descent runs on the processor."""

    def require_rows(self, rows: Array) -> None:
        centred = rows - rows.mean(axis=0)
        scale_of(centred)
        if self.rate is not None:
            stable_rate(centred, self.levels.sigma_max, self.rate)

    def fit(
        self,
        rows: Array,
        shape: tuple[int, ...],
        *,
        start: int,
        draws: int,
        kept: Path,
        tell: Report,
    ) -> None:
        x = np.asarray(numeric_rows("rows", rows), dtype=np.float64)
        mean = x.mean(axis=0)
        about = {**self.description(), "shape": list(shape), "mean": _digest(mean)}
        bank = linear_bank(x.shape[1], self.levels, self.sampler)
        done, losses = 0, list[tuple[int, float]]()
        if kept.exists():
            state = checkpoints.load(kept, about)
            bank.load_state_dict({"matrices": state["matrices"]})
            done, losses = int(state["step"]), _points(state["losses"])
        # a longer training has no point at the end of a shorter training
        losses = [one for one in losses if one[0] % CURVE == 0]
        rate = stable_rate(x - mean, self.levels.sigma_max, self.rate)
        every = math.gcd(CURVE, self.save_every)
        for metrics in descend(
            bank, x - mean, rate=rate, steps=self.steps, done=done, report_every=every
        ):
            tell(metrics)
            if metrics.step % CURVE == 0 or metrics.step == self.steps:
                losses.append((metrics.step, metrics.loss))
            if metrics.step % self.save_every == 0 or metrics.step == self.steps:
                tensors = {
                    "matrices": bank.matrices.detach(),
                    "mean": torch.from_numpy(mean),
                    "step": torch.tensor(metrics.step),
                    "losses": torch.tensor(losses, dtype=torch.float64).reshape(-1, 2),
                }
                checkpoints.save(kept, tensors, about)

    def load(self, kept: Path) -> Scaled:
        found = checkpoints.description(kept)
        tensors = checkpoints.load(kept, {**found, **self.description()})
        mean = tensors["mean"].numpy()
        bank = linear_bank(mean.size, self.levels, self.sampler)
        bank.load_state_dict({"matrices": tensors["matrices"]})
        return Scaled(linear_flow(bank, self.sampler), mean, 1.0)

    def losses(self, kept: Path) -> Losses:
        return _points(checkpoints.load(kept)["losses"])


def _points(losses: torch.Tensor) -> Losses:
    return [(int(step), float(loss)) for step, loss in losses.tolist()]


def _digest(values: Array) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]
