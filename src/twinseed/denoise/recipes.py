"""How one twin is trained: from its rows and two seeds to a generator."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from twinseed.checks import numeric_rows
from twinseed.denoise import checkpoints
from twinseed.denoise.bridge import descend, linear_bank, linear_flow
from twinseed.denoise.denoiser import Blind, Denoiser, Preconditioned
from twinseed.denoise.networks import Convolutional, Perceptron, UNet
from twinseed.denoise.noise import NoiseLevels
from twinseed.denoise.sampling import flow
from twinseed.denoise.training import (
    Metrics,
    Training,
    TrainingState,
    averaged_weights,
    train,
)
from twinseed.errors import InputError
from twinseed.filters import Heun
from twinseed.filters.samplers import Sampler
from twinseed.generators.flow import DenoiserFlow

__all__ = ["NETWORKS", "LinearRecipe", "NetworkRecipe", "Recipe", "Scaled"]

Array = NDArray[np.float64]
Report = Callable[[Metrics], None]

_REPORT = 50
"""Steps between reports, at the most."""

NETWORKS: Mapping[str, Callable[[tuple[int, ...], int], Denoiser]] = {
    "mlp": lambda shape, seed: Preconditioned(Perceptron(shape, seed=seed)),
    "conv": lambda shape, seed: Preconditioned(Convolutional(_images(shape), seed=seed)),
    "unet-small": lambda shape, seed: Preconditioned(_unet(shape, 2, seed=seed)),
    "unet-large": lambda shape, seed: Blind(_unet(shape, 3, width=64, norm=True, seed=seed)),
}
"""Denoisers by the name that the command line knows them by. The UNets halve the picture two and
three times, or as often as its sides allow."""


@dataclass(frozen=True, eq=False)
class Scaled:
    """A generator in the units of the data: ``x = offset + scale g(z)``."""

    inner: DenoiserFlow
    offset: Array
    scale: float

    def sample(self, noise: ArrayLike) -> Array:
        """Return the sample of each row of noise, (seeds, d)."""
        return self.offset + self.scale * self.inner.sample(noise)


class Recipe(ABC):
    """Trains one twin. Instances are immutable and are sent to other processes."""

    sampler: Sampler

    @abstractmethod
    def fit(
        self,
        rows: Array,
        shape: tuple[int, ...],
        *,
        start: int,
        draws: int,
        kept: Path,
        tell: Report,
    ) -> Scaled:
        """Train on rows (n, d) of images of ``shape``; return the generator.

        ``start`` seeds the initialisation, ``draws`` the batches and their noise. ``kept`` is a
        file for the state of training: if it is there training goes on from it, and at the end it
        holds the trained weights. ``tell`` is called with metrics as training goes on.

        Raises:
            InputError: rows that are all alike, or a shape that the denoiser cannot take.
            CheckpointError: ``kept`` is of another recipe or other rows.
            NotFiniteError: training diverged; ``kept`` holds the last state that was saved.
        """

    @abstractmethod
    def require(self, shape: tuple[int, ...]) -> None:
        """Raise ``InputError`` where rows of this shape cannot be taken."""

    @abstractmethod
    def load(self, kept: Path) -> Scaled:
        """Return the generator of a file that a finished ``fit`` left."""

    @property
    @abstractmethod
    def steps(self) -> int:
        """How many steps of training there are."""

    @abstractmethod
    def parameters(self, shape: tuple[int, ...]) -> int:
        """Return how many numbers are trained for rows of this shape."""

    @abstractmethod
    def description(self) -> Mapping[str, Any]:
        """Return what the result depends on, ready for JSON."""


@dataclass(frozen=True)
class NetworkRecipe(Recipe):
    """A network of ``NETWORKS``, trained by denoising score matching.

    Rows are shifted by the mean of all their entries and divided by their root mean square about
    it, both of the twin's own rows: nothing is shared between twins. ``save_every`` steps the state
    is saved.

    Raises:
        InputError: an unknown denoiser, or a sampler that is none.
    """

    denoiser: str
    training: Training
    sampler: Sampler = field(default_factory=lambda: Heun(32))
    save_every: int = 500

    def __post_init__(self) -> None:
        if self.denoiser not in NETWORKS:
            raise InputError(
                "denoiser", "must be known", self.denoiser, f"pass linear, {', '.join(NETWORKS)}"
            )

    @property
    def steps(self) -> int:
        return self.training.steps

    def parameters(self, shape: tuple[int, ...]) -> int:
        return self._built(shape, 0).network.parameter_count

    def require(self, shape: tuple[int, ...]) -> None:
        self._built(shape, 0)

    def fit(
        self,
        rows: Array,
        shape: tuple[int, ...],
        *,
        start: int,
        draws: int,
        kept: Path,
        tell: Report,
    ) -> Scaled:
        x = np.asarray(numeric_rows("rows", rows, at_least=1), dtype=np.float64)
        offset = float(x.mean())
        scale = _scale(x - offset)
        about = {
            **self.description(),
            "shape": list(shape),
            "start": start,
            "draws": draws,
            "offset": offset,
            "scale": scale,
        }
        state = TrainingState(self._built(shape, start), self.training)
        if kept.exists():
            state.restore(checkpoints.load(kept, about))
        scaled = torch.from_numpy(((x - offset) / scale).astype(np.float32))
        scaled = scaled.reshape(-1, *state.denoiser.shape)
        every = math.gcd(_REPORT, self.save_every)
        for metrics in train(state, scaled, self.training, seed=draws, report_every=every):
            tell(metrics)
            if metrics.step % self.save_every == 0 or metrics.step == self.training.steps:
                checkpoints.save(kept, state.tensors(), about)
        return self._generator(state.averaged(), offset, scale)

    def load(self, kept: Path) -> Scaled:
        about = checkpoints.description(kept)
        denoiser = self._built(tuple(about["shape"]), about["start"])
        wanted = {**about, **json.loads(json.dumps(self.description()))}
        denoiser.load_state_dict(averaged_weights(checkpoints.load(kept, wanted)))
        return self._generator(denoiser.eval(), about["offset"], about["scale"])

    def _built(self, shape: tuple[int, ...], start: int) -> Denoiser:
        return NETWORKS[self.denoiser](shape, start)

    def _generator(self, denoiser: Denoiser, offset: float, scale: float) -> Scaled:
        training = self.training
        found = flow(denoiser, training.levels, self.sampler, device=training.device)
        return Scaled(found, np.array(offset), scale)

    def description(self) -> Mapping[str, Any]:
        return {"denoiser": self.denoiser, "training": dict(self.training.description())}


@dataclass(frozen=True)
class LinearRecipe(Recipe):
    """A matrix for each noise level, trained by full-batch gradient descent from zero: the bridge.

    Rows are used as they are but for the mean of each column, which is taken off; the noise levels
    are in units of the data. Its limit is the linear model with the filter ``ProbabilityFlow``; at
    ``time = rate steps`` it is ``EarlyStopping(time)``. ``rate`` None takes half of what
    diverges.
    """

    training_steps: int
    rate: float | None = None
    levels: NoiseLevels = field(default_factory=NoiseLevels)
    sampler: Sampler = field(default_factory=lambda: Heun(32))

    @property
    def steps(self) -> int:
        return self.training_steps

    def parameters(self, shape: tuple[int, ...]) -> int:
        return linear_bank(math.prod(shape), self.levels, self.sampler).parameter_count

    def require(self, shape: tuple[int, ...]) -> None:
        """Any rows have room; the bank grows with the square of their length."""

    def fit(
        self,
        rows: Array,
        shape: tuple[int, ...],
        *,
        start: int,
        draws: int,
        kept: Path,
        tell: Report,
    ) -> Scaled:
        x = np.asarray(numeric_rows("rows", rows), dtype=np.float64)
        mean = x.mean(axis=0)
        _scale(x - mean)
        bank = linear_bank(x.shape[1], self.levels, self.sampler)
        steepest = float(np.linalg.norm(x - mean, 2)) ** 2 / len(x) + self.levels.sigma_max**2
        rate = 1.0 / steepest if self.rate is None else self.rate
        for metrics in descend(bank, x - mean, rate=rate, steps=self.training_steps):
            tell(metrics)
        tensors = {"matrices": bank.matrices.detach(), "mean": torch.from_numpy(mean)}
        checkpoints.save(kept, tensors, {**self.description(), "shape": list(shape)})
        return Scaled(linear_flow(bank, self.sampler), mean, 1.0)

    def load(self, kept: Path) -> Scaled:
        about = {**self.description(), "shape": checkpoints.description(kept).get("shape")}
        tensors = checkpoints.load(kept, about)
        mean = tensors["mean"].numpy()
        bank = linear_bank(mean.size, self.levels, self.sampler)
        bank.load_state_dict({"matrices": tensors["matrices"]})
        return Scaled(linear_flow(bank, self.sampler), mean, 1.0)

    def description(self) -> Mapping[str, Any]:
        return {
            "denoiser": "linear",
            "rate": self.rate,
            "steps": self.training_steps,
            "levels": dict(self.levels.description()),
            "sampler": repr(self.sampler),
        }


def _images(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return (channels, height, width) of pictures that may lack the channels."""
    if len(shape) == 2:
        return (1, *shape)
    if len(shape) != 3:
        raise InputError(
            "shape", "must be that of a picture for this denoiser", shape, "use mlp or linear"
        )
    return shape


def _unet(shape: tuple[int, ...], most: int, **further: Any) -> UNet:
    """Return a UNet that halves the picture ``most`` times, or fewer where its sides are odd."""
    image = _images(shape)
    scales = most
    while scales > 1 and any(side % 2**scales for side in image[1:]):
        scales -= 1
    return UNet(image, scales=scales, **further)


def _scale(centred: Array) -> float:
    scale = float(np.sqrt(np.mean(centred**2)))
    if not scale > 0.0:
        raise InputError("rows", "must not all be alike", f"spread {scale}", "give varied rows")
    return scale
