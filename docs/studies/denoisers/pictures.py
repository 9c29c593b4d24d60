"""The pictures that the denoisers are trained on: of installed packages, or of a known law."""

from __future__ import annotations

import numpy as np
from docs.studies import datasets
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.populations import Atoms

__all__ = ["fashion", "mnist", "patches", "texture_population", "textures"]

Images = NDArray[np.uint8]
_SIDE = 16
_PHOTOGRAPHS = (
    (
        "skimage",
        "scikit-image",
        "data",
        ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg"),
    ),
    ("skimage", "scikit-image", "data", ("motorcycle_left.png", "camera.png")),
    ("sklearn", "scikit-learn", "datasets/images", ("china.jpg", "flower.jpg")),
)


def fashion(count: int, *, side: int = _SIDE) -> Images:
    """Return the first training images of Fashion-MNIST, (count, side, side), side 16 or 28."""
    return _resized(datasets.fashion_images("train"), count, side)


def mnist(count: int, *, side: int = _SIDE) -> Images:
    """Return the first training images of MNIST, (count, side, side), side 16 or 28."""
    return _resized(datasets.mnist_images("train"), count, side)


def patches(side: int = _SIDE) -> Images:
    """Return patches of photographs, grey, side by side without overlap, in a fixed random order.

    Of eight photographs that come with scikit-image and scikit-learn. Patches whose grey values
    spread by less than two levels (sky, walls) are left out.
    """
    from PIL import Image

    found = []
    for module, package, folder, names in _PHOTOGRAPHS:
        for name in names:
            path = datasets.inside("photographs", module, package) / folder / name
            grey = np.asarray(Image.open(path).convert("L"))
            high, wide = (length // side for length in grey.shape)
            tiles = grey[: high * side, : wide * side].reshape(high, side, wide, side)
            found.append(tiles.swapaxes(1, 2).reshape(-1, side, side))
    every = np.concatenate(found)
    varied = every[every.std(axis=(1, 2)) > 2.0]
    return np.ascontiguousarray(varied[np.random.default_rng(0).permutation(len(varied))])


def texture_population(exponent: float, side: int = _SIDE) -> Atoms:
    """Return the eigenvalues of periodic Gaussian textures, ``|k|^-a``, of mean 1.

    k runs over the wave vectors of a picture of ``side`` x ``side``; k = 0 has the eigenvalue of
    ``|k| = 1``.
    """
    return Atoms(_spectrum(exponent, side).ravel())


def textures(count: int, exponent: float, side: int = _SIDE, seed: int = 0) -> Array:
    """Draw Gaussian textures (count, side, side) whose covariance has those eigenvalues."""
    white = np.random.default_rng([seed, round(100 * exponent)]).standard_normal(
        (count, side, side)
    )
    filtered = np.fft.fft2(white) * np.sqrt(_spectrum(exponent, side))
    return np.asarray(np.fft.ifft2(filtered).real)


def _spectrum(exponent: float, side: int) -> Array:
    wave = np.fft.fftfreq(side, 1.0 / side)
    length = np.maximum(np.hypot(wave[:, None], wave[None, :]), 1.0)
    power = length**-exponent
    return np.asarray(power / power.mean())


def _resized(images: Images, count: int, side: int) -> Images:
    """At 16 x 16: two black pixels on every side, then means of 2 x 2."""
    chosen = images[:count]
    if side == 28:
        return chosen
    if side != _SIDE:
        raise ValueError(f"side must be {_SIDE} or 28: {side}")
    framed = np.pad(chosen, ((0, 0), (2, 2), (2, 2))).astype(np.float64)
    means = framed.reshape(count, _SIDE, 2, _SIDE, 2).mean(axis=(2, 4))
    return np.rint(means).astype(np.uint8)
