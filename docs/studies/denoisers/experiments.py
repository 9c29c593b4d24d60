"""Which pairs of denoisers are trained, on what: every experiment that is a sweep over n."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from docs.studies.denoisers import pictures
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.denoise.recipes import NetworkRecipe
from twinseed.denoise.training import Training
from twinseed.denoise.twin_runs import TwinPlan
from twinseed.populations import Population, Spiked

__all__ = ["EXPERIMENTS", "Arm", "Experiment", "perceptron", "reduced", "unet"]

_STEPS = 3000
_IMAGES = 30_000
"""Images of a data set: two halves of 10,000 and as many held out."""


@dataclass(frozen=True)
class Arm:
    """One sweep over n: ``read()`` returns the rows, ``population`` is their law where known."""

    name: str
    read: Callable[[], NDArray[Any]]
    plan: TwinPlan
    population: Population | None = None


@dataclass(frozen=True)
class Experiment:
    """Arms that are shown together; ``about`` says what for."""

    name: str
    about: str
    arms: Sequence[Arm]
    reduced_sizes: tuple[int, ...]
    """Sizes of the reduced experiment, which is the first pair of each arm at these."""


def reduced(experiment: Experiment) -> Experiment:
    """Return the experiment with one pair at few sizes: bit for bit a part of the whole."""
    sizes = experiment.reduced_sizes
    arms = [replace(arm, plan=replace(arm.plan, sizes=sizes, pairs=1)) for arm in experiment.arms]
    return replace(experiment, arms=arms)


def unet(steps: int = _STEPS, batch: int = 64) -> NetworkRecipe:
    return NetworkRecipe("unet-small", Training(steps=steps, batch=batch))


def perceptron(steps: int = 4000, batch: int = 128) -> NetworkRecipe:
    return NetworkRecipe("mlp", Training(steps=steps, batch=batch))


_SIZES = (10, 30, 100, 300, 1000, 10_000)
_GARMENTS = TwinPlan(_SIZES, unet(), pairs=3)

_SPIKED_D = 128
_SPIKED_SIZES = (16, 64, 128, 256, 1024, 4096)


def spiked(strength: float, count: int = 40_000) -> Array:
    """Draw rows of covariance I but for variance ``1 + strength`` along the first axis."""
    rows = np.random.default_rng([1, round(100 * strength)]).standard_normal((count, _SPIKED_D))
    rows[:, 0] *= np.sqrt(1.0 + strength)
    return rows


def _spiked_arm(strength: float, **further: Any) -> Arm:
    plan = TwinPlan(_SPIKED_SIZES, perceptron(), pairs=3, seeds=4096, factors=3)
    return Arm(
        name=f"strength {strength:g}",
        read=partial(spiked, strength),
        plan=replace(plan, **further),
        population=Spiked([strength]),
    )


def _texture_arm(exponent: float) -> Arm:
    return Arm(
        name=f"a = {exponent:g}",
        read=partial(pictures.textures, 12_000, exponent),
        plan=TwinPlan((30, 300), unet()),
        population=pictures.texture_population(exponent),
    )


_EVERY = (
    Experiment(
        "fashion",
        "Fashion-MNIST at 16 x 16",
        [Arm("fashion", partial(pictures.fashion, _IMAGES), _GARMENTS)],
        reduced_sizes=(30,),
    ),
    Experiment(
        "controls",
        "What optimisation alone keeps apart, and what an equal start brings together",
        [
            Arm(
                pairing,
                partial(pictures.fashion, _IMAGES),
                replace(_GARMENTS, sizes=(1000,), pairing=pairing),
            )
            for pairing in ("same-rows", "same-start")
        ],
        reduced_sizes=(1000,),
    ),
    Experiment(
        "mnist",
        "MNIST at 16 x 16",
        [
            Arm(
                "MNIST",
                partial(pictures.mnist, _IMAGES),
                replace(_GARMENTS, sizes=_SIZES[1:]),
            )
        ],
        reduced_sizes=(30,),
    ),
    Experiment(
        "textures",
        "Gaussian textures with power-law spectra",
        [_texture_arm(exponent) for exponent in (0.5, 1.0, 2.0)],
        reduced_sizes=(30,),
    ),
    Experiment(
        "large-images",
        "Fashion-MNIST at 28 x 28",
        [
            Arm(
                "fashion, 28 x 28",
                partial(pictures.fashion, 12_000, side=28),
                TwinPlan((30, 300), unet(steps=2000)),
            )
        ],
        reduced_sizes=(30,),
    ),
    Experiment(
        "patches",
        "Patches of photographs, 16 x 16",
        [Arm("patches", pictures.patches, TwinPlan((30, 300), unet()))],
        reduced_sizes=(30,),
    ),
    Experiment(
        "blindness",
        "Gaussian rows with one strong direction, and a perceptron",
        [_spiked_arm(strength) for strength in (0.5, 2.0, 10.0)],
        reduced_sizes=(64, 256),
    ),
    Experiment(
        "blindness-controls",
        "The controls of the perceptron",
        [
            replace(_spiked_arm(2.0, sizes=(64, 256), pairing=pairing), name=pairing)
            for pairing in ("same-rows", "same-start")
        ],
        reduced_sizes=(64, 256),
    ),
)

EXPERIMENTS: Mapping[str, Experiment] = {one.name: one for one in _EVERY}
