"""Trained twins in the package: small UNets on Fashion-MNIST images of 14 x 14 pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinseed.curves.curves import TwinCurves, measured, over_pairs, picture_rows
from twinseed.data.twins import Twins
from twinseed.denoise.recipes import NetworkRecipe
from twinseed.denoise.training import Training
from twinseed.filters import Heun
from twinseed.matched import matched_twins, predicted_curve
from twinseed.randomness import RandomSource, entropy_of, stream

__all__ = ["IMAGES", "RECIPE", "SIZES", "demo_curves", "demo_images", "weights_file"]

SIZES = (30, 300, 1000)
"""Training rows of each pair."""

RECIPE = NetworkRecipe(
    "unet-small", Training(steps=2000, batch=48, average=0.995), sampler=Heun(16)
)
"""The recipe of these twins; ``docs/studies/demo_twins.py`` trained them."""

_HERE = Path(__file__).parent
_NOTE = (
    "There is one pair per n. The error bars show the variation over the seeds of "
    "this pair; another pair may differ by more."
)

IMAGES = _HERE / "fashion.npz"
"""The file of the images."""


def demo_images() -> dict[str, NDArray[np.uint8]]:
    """Return the images of twin ``a``, of twin ``b``, (1000, 14, 14) each, and ``heldout``.

    A twin at n was trained on its first n images. The images are means of 2 x 2 pixels of
    Fashion-MNIST (MIT licence, in the same folder).
    """
    with np.load(IMAGES, allow_pickle=False) as kept:
        return {name: kept[name] for name in ("a", "b", "heldout")}


def weights_file(n: int, side: str) -> Path:
    """Return the path of the averaged weights of a twin."""
    return _HERE / f"{n}-{side}.safetensors"


def demo_curves(*, seeds: int = 160, factors: int = 5, rng: RandomSource = 0) -> TwinCurves:
    """Sample the twins of the package from shared noise, and measure them and their linear twins.

    Nothing is trained. Raises ``CheckpointError`` where a file of weights was changed.
    """
    images = demo_images()
    rows = {side: one.reshape(len(one), -1).astype(np.float64) for side, one in images.items()}
    shape = images["a"].shape[1:]
    d = rows["a"].shape[1]
    entropy = entropy_of(rng)
    noise = stream(entropy, "demo: noise").standard_normal((seeds, d))
    pairs = [
        Twins(
            samples_a=RECIPE.load(weights_file(n, "a")).sample(noise),
            samples_b=RECIPE.load(weights_file(n, "b")).sample(noise),
            train_a=rows["a"][:n],
            train_b=rows["b"][:n],
            heldout=rows["heldout"],
        )
        for n in SIZES
    ]
    ranks = np.arange(1.0, factors + 1.0)
    network, linear = (
        over_pairs(
            [measured(one, stream(entropy, f"demo: {one.n}"), factors) for one in twins],
            SIZES,
            d,
            ranks,
            {},
        )
        for twins in (pairs, [matched_twins(one, noise, same_rows=True) for one in pairs])
    )
    return TwinCurves(
        title="Trained twins that come with twinseed",
        measured=network,
        linear=linear,
        predicted=predicted_curve(np.concatenate(list(rows.values())), SIZES),
        pictures=picture_rows(pairs, shape),
        settings={
            "Denoiser": {
                "denoiser": RECIPE.denoiser,
                "parameters": f"{RECIPE.parameters(shape):,}",
                "steps": f"{RECIPE.steps:,}",
                "sampler": repr(RECIPE.sampler),
            },
            "Data": {
                "images": "Fashion-MNIST, means of 2 x 2 pixels: 14 x 14 (MIT licence)",
                "training_rows": ", ".join(f"{n:,}" for n in SIZES),
                "heldout": f"{len(rows['heldout']):,}",
                "seeds": f"{seeds:,}",
            },
        },
        notes=[_NOTE],
    )
