"""Trained twins in the package: small UNets on Fashion-MNIST images of 14 x 14 pixels.

The networks see each image with a margin of one black pixel, 16 x 16: a UNet can halve these sides
twice. Samples are returned without the margin.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.curves.curves import TwinCurves, measured, over_pairs, picture_rows
from twinseed.data.twins import Twins
from twinseed.denoise.recipes import NetworkRecipe
from twinseed.denoise.training import Training
from twinseed.filters import Heun
from twinseed.matched import matched_twins, predicted_curve
from twinseed.randomness import RandomSource, entropy_of, stream

__all__ = [
    "IMAGES",
    "NOISE",
    "RECIPE",
    "SIZES",
    "demo_curves",
    "demo_images",
    "demo_samples",
    "weights_file",
    "with_margin",
    "without_margin",
]

SIZES = (20, 1000)
"""Training rows of each pair."""

RECIPE = NetworkRecipe(
    "unet-small",
    Training(steps=1500, batch=32, rate=2e-3, average=0.995),
    sampler=Heun(24),
    save_every=100,
)
"""The recipe of these twins; ``docs/studies/demo_twins.py`` trained them."""

NOISE = 256
"""Columns of the noise of a sample: the pixels of an image and of its margin."""

_SIDE = 16
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


def with_margin(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images (N, 14, 14) with a margin of one black pixel, (N, 16, 16)."""
    return np.pad(images, ((0, 0), (1, 1), (1, 1)))


def without_margin(rows: Array) -> Array:
    """Return the inner 14 x 14 pixels of images of 16 x 16: rows (N, 256) become (N, 196)."""
    return rows.reshape(-1, _SIDE, _SIDE)[:, 1:-1, 1:-1].reshape(len(rows), -1)


def demo_samples(n: int, side: str, noise: ArrayLike) -> Array:
    """Return the samples of a twin of the package, one image of 14 x 14 for each row of noise.

    Args:
        n: number of training rows, one of ``SIZES``.
        side: the twin, "a" or "b".
        noise: standard normal rows (N, 256); the same row gives the twins the same seed.

    Returns:
        Rows (N, 196), in grey levels: about 0 is black and about 255 is white.

    Raises:
        CheckpointError: the file of weights was changed.

    >>> import numpy as np
    >>> from twinseed.denoise.demo import demo_samples
    >>> demo_samples(20, "a", np.zeros((2, 256))).shape
    (2, 196)
    """
    return without_margin(RECIPE.load(weights_file(n, side)).sample(noise))


def demo_curves(
    *, seeds: int = 160, factors: int = 5, rng: RandomSource = 0, workers: int | None = None
) -> TwinCurves:
    """Sample the twins of the package from shared noise, and measure them and their linear twins.

    ``workers`` threads search nearest rows; by default as many as processors may be used.
    Nothing is trained. Raises ``CheckpointError`` where a file of weights was changed.
    """
    images = demo_images()
    rows = {side: one.reshape(len(one), -1).astype(np.float64) for side, one in images.items()}
    shape = images["a"].shape[1:]
    d = rows["a"].shape[1]
    entropy = entropy_of(rng)
    noise = stream(entropy, "demo: noise").standard_normal((seeds, NOISE))
    pairs = [
        Twins(
            samples_a=demo_samples(n, "a", noise),
            samples_b=demo_samples(n, "b", noise),
            train_a=rows["a"][:n],
            train_b=rows["b"][:n],
            heldout=rows["heldout"],
        )
        for n in SIZES
    ]
    inner = without_margin(noise)
    ranks = np.arange(1.0, factors + 1.0)
    network, linear = (
        over_pairs(
            [measured(one, stream(entropy, f"demo: {one.n}"), factors, workers) for one in twins],
            SIZES,
            d,
            ranks,
            {},
        )
        for twins in (pairs, [matched_twins(one, inner, same_rows=True) for one in pairs])
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
                "parameters": f"{RECIPE.parameters((_SIDE, _SIDE)):,}",
                "steps": f"{RECIPE.steps:,}",
                "sampler": repr(RECIPE.sampler),
            },
            "Data": {
                "images": "Fashion-MNIST, means of 2 x 2 pixels: 14 x 14 (MIT licence)",
                "margin": "one black pixel on each side, which only the networks see",
                "training_rows": ", ".join(f"{n:,}" for n in SIZES),
                "heldout": f"{len(rows['heldout']):,}",
                "seeds": f"{seeds:,}",
            },
        },
        notes=[_NOTE],
    )
