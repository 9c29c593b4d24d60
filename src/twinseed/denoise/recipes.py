"""The recipes: how one twin is trained from its rows and two seeds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from twinseed.arrays import Array
from twinseed.checks import numeric_rows, whole
from twinseed.denoise import checkpoints
from twinseed.denoise.denoiser import Blind, Denoiser, Preconditioned
from twinseed.denoise.linear_recipe import LinearRecipe
from twinseed.denoise.networks import Convolutional, Perceptron, UNet
from twinseed.denoise.recipe import Losses, Recipe, Report, Scaled, scale_of
from twinseed.denoise.sampling import flow
from twinseed.denoise.training import CURVE, Training, TrainingState, averaged_weights, train
from twinseed.errors import InputError
from twinseed.filters import Heun
from twinseed.filters.samplers import Sampler, require_sampler

__all__ = [
    "DENOISERS",
    "NETWORKS",
    "LinearRecipe",
    "NetworkRecipe",
    "Recipe",
    "Scaled",
    "recipe_of",
]


NETWORKS: Mapping[str, Callable[[tuple[int, ...], int], Denoiser]] = {
    "mlp": lambda shape, seed: Preconditioned(Perceptron(shape, seed=seed)),
    "conv": lambda shape, seed: Preconditioned(Convolutional(_images(shape), seed=seed)),
    "unet-small": lambda shape, seed: Preconditioned(_unet(shape, 2, seed=seed)),
    "unet-large": lambda shape, seed: Blind(_unet(shape, 3, width=64, norm=True, seed=seed)),
}
"""Denoisers by the names of the command line. The two UNets halve the picture two and three times,
or as often as its sides allow."""

DENOISERS = ("linear", *NETWORKS)
"""Every denoiser by name."""


@dataclass(frozen=True)
class NetworkRecipe(Recipe):
    """A network of ``NETWORKS``, trained by denoising score matching.

    The mean of all entries is subtracted from the rows, and the rows are divided by their standard
    deviation. Mean and deviation are computed from the twin's rows: twins share nothing.

    Args:
        denoiser: a name in ``NETWORKS``.
        training: steps, batches and rates.
        sampler: how the probability flow is divided into steps.
        save_every: number of steps after which the state is saved.

    Raises:
        InputError: an unknown denoiser, or an object that is not a sampler.
    """

    denoiser: str
    training: Training
    sampler: Sampler = field(default_factory=lambda: Heun(32))
    save_every: int = 500

    beside = frozenset({"save_every"})

    def __post_init__(self) -> None:
        if self.denoiser not in NETWORKS:
            raise _unknown(self.denoiser)
        require_sampler(self.sampler)
        whole("save_every", self.save_every, "pass the steps between two saved states")

    @property
    def name(self) -> str:
        return self.denoiser

    @property
    def steps(self) -> int:
        return self.training.steps

    def require_device(self) -> None:
        self.training.require_device()

    def parameters(self, shape: tuple[int, ...]) -> int:
        return self._built(shape, 0).network.parameter_count

    def architecture(self, shape: tuple[int, ...]) -> Mapping[str, Any]:
        return self._built(shape, 0).description()

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
        x = np.asarray(numeric_rows("rows", rows, at_least=1), dtype=np.float64)
        offset = float(x.mean())
        scale = scale_of(x - offset)
        about = {
            **self._trained(),
            "architecture": dict(self.architecture(shape)),
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
        every = math.gcd(CURVE, self.save_every)
        for metrics in train(state, scaled, self.training, seed=draws, report_every=every):
            tell(metrics)
            if metrics.step % self.save_every == 0 or metrics.step == self.training.steps:
                checkpoints.save(kept, state.tensors(), about)

    def load(self, kept: Path) -> Scaled:
        about = checkpoints.description(kept)
        denoiser = self._built(tuple(about["shape"]), about["start"])
        wanted = {**about, **json.loads(json.dumps(self._trained()))}
        denoiser.load_state_dict(averaged_weights(checkpoints.load(kept, wanted)))
        training = self.training
        found = flow(denoiser.eval(), training.levels, self.sampler, device=training.device)
        return Scaled(found, np.array(about["offset"]), about["scale"])

    def losses(self, kept: Path) -> Losses:
        about = checkpoints.description(kept)
        state = TrainingState(self._built(tuple(about["shape"]), 0), self.training)
        state.restore(checkpoints.load(kept))
        return state.losses

    def _built(self, shape: tuple[int, ...], start: int) -> Denoiser:
        return NETWORKS[self.denoiser](shape, start)

    def _trained(self) -> Mapping[str, Any]:
        """Return what the weights depend on, besides rows and seeds; not the sampler."""
        return {"denoiser": self.denoiser, "training": dict(self.training.description())}


_TAKEN: Mapping[str, Sequence[str]] = {
    "linear": ("rate",),
    **dict.fromkeys(NETWORKS, ("rate", "batch", "device", "mixed")),
}
"""The options of each denoiser's training, besides the steps."""


def recipe_of(denoiser: str, *, steps: int, **options: Any) -> Recipe:
    """Return the recipe of a denoiser by its name; an option that is None has its default.

    Raises:
        InputError: an unknown denoiser, or an option that it does not use or that is out of range.

    >>> recipe_of("mlp", steps=100, batch=16, device=None).training.batch
    16
    """
    if denoiser not in DENOISERS:
        raise _unknown(denoiser)
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        if name not in _TAKEN[denoiser]:
            raise InputError(
                name, f"is not an option of the denoiser {denoiser}", value, f"leave {name} out"
            )
    if denoiser == "linear":
        return LinearRecipe(steps, **given)
    return NetworkRecipe(denoiser, Training(steps, **given))


def _unknown(denoiser: str) -> InputError:
    return InputError("denoiser", "must be known", denoiser, f"pass one of {', '.join(DENOISERS)}")


def _images(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return (channels, height, width) of pictures; a missing number of channels is 1."""
    if len(shape) == 2:
        return (1, *shape)
    if len(shape) != 3:
        raise InputError(
            "shape", "must be the shape of an image for this denoiser", shape, "use mlp or linear"
        )
    return shape


def _unet(shape: tuple[int, ...], most: int, **further: Any) -> UNet:
    """Return a UNet that halves the picture ``most`` times, or as often as its sides are even."""
    image = _images(shape)
    scales = most
    while scales > 1 and any(side % 2**scales for side in image[1:]):
        scales -= 1
    return UNet(image, scales=scales, **further)
