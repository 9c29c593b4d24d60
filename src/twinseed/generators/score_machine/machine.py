"""The local score machine: the best denoiser that sees a window around each pixel."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from twinseed.arrays import Array, plain
from twinseed.checks import numeric_rows, positive, whole, whole_numbers
from twinseed.errors import InputError
from twinseed.generators.score_machine.own import own_means
from twinseed.generators.score_machine.pooled import pooled_means
from twinseed.generators.score_machine.windows import Windows

__all__ = ["BORDERS", "Border", "LocalScoreMachine"]

Border = Literal["own", "clipped", "all"]
BORDERS = ("own", "clipped", "all")


class LocalScoreMachine:
    """A denoiser without training: each pixel is a mean of pixels whose windows look alike.

    Equation: ``D_i(y, sigma) = sum_ji' w x_j[i'] / sum_ji' w``, ``w = exp(-|y_P(i) - x_j,P(i')|^2 /
    (2 sigma^2))``, ``P(i)`` the pixels of the image in the square window of half width
    ``R(sigma)`` around pixel i, in all channels, clipped at the border of the image. ``border``
    says which positions i' of the training images x_j are compared with position i.

    Range: R = 0 compares single pixels. With R = side - 1 or more, "own" and "clipped" compare
    whole images, and the flow ends at a training row, as in ``Memoriser``. As sigma grows D tends
    to the mean of the candidates, as sigma falls to 0 to the candidate with the nearest window.
    Shapes: called with images (N, channels, height, width), (N, height, width) or (N, d) and one
    level; the answer has the shape of the images. It is exact, in blocks of bounded memory.

    Args:
        rows: training images, (n, channels, height, width) or (n, height, width), or rows (n, d)
            with ``shape``, in the units in which the denoiser works: a network of
            ``twinseed train`` sees ``(row - offset)/scale``.
        windows: the half width at each noise level, or one half width for all levels.
        shape: the shape of one image, (channels, height, width) or (height, width), where rows are
            (n, d).
        border: "own": position i alone; "clipped": all positions whose windows are clipped in the
            same way (the same distances to the borders, where these are below R); "all": all
            positions, with zeros in the windows beyond the border.
        dtype: ``float64``, or ``float32``, which is faster and keeps about 4 digits.
        block: how many weights are computed together: the memory is some ten times as many
            numbers.

    Raises:
        InputError: a bad argument; images that do not have the shape of the rows.

    Validity: a comparison costs ``n`` weights per pixel in "own", and up to ``n height width`` in
    "clipped" and "all": pool for hundreds of rows, not for many thousands.
    Source: Kamb and Ganguli, arXiv 2412.20292 (local score machines, equivariant with "clipped").

    >>> rows = np.array([[[0.0, 0.0]], [[1.0, 1.0]]])  # two images of 1 x 2 pixels
    >>> machine = LocalScoreMachine(rows, Windows([1.0], [0]))
    >>> machine([[[0.5, 40.0]]], 1.0)
    array([[[0.5, 1. ]]])

    See also: ``DenoiserFlow`` (which makes it a generator), ``Memoriser``, ``measure_windows``.
    """

    def __init__(
        self,
        rows: ArrayLike,
        windows: Windows | int,
        *,
        shape: tuple[int, ...] | None = None,
        border: Border = "own",
        dtype: DTypeLike = np.float64,
        block: int = 1 << 20,
    ) -> None:
        if not isinstance(windows, Windows):
            remedy = "pass Windows(levels, half_widths), or one half width in pixels"
            windows = Windows((1.0,), (whole("windows", windows, remedy, at_least=0),))
        if border not in BORDERS:
            remedy = "pass one of own, clipped, all"
            raise InputError("border", "must be known", border, remedy)
        self.windows, self.border = windows, border
        self.dtype = _dtype(dtype)
        self._block = whole("block", block, "pass how many weights to compute together")
        self._rows = images("rows", rows, shape).astype(self.dtype)
        self.shape = self._rows.shape[1:]

    def __call__(self, rows: ArrayLike, sigma: float) -> Array:
        """Return the estimate of the clean images.

        Args:
            rows: noisy images, (N, *shape), (N, height, width) with one channel, or (N, d).
            sigma: the noise level of all of them, above zero, in the units of the rows.
        """
        given = plain("rows", rows)
        flat = numeric_rows("rows", given, at_least=1)
        if flat.shape[1] != math.prod(self.shape):
            problem = f"must have the shape of the training images, {self.shape}"
            remedy = "pass images of this shape"
            raise InputError("rows", problem, given.shape[1:], remedy)
        level = positive("sigma", sigma, "pass a noise level above zero")
        reach = min(self.windows.at(level), max(self.shape[1:]) - 1)
        y = flat.reshape(-1, *self.shape).astype(self.dtype)
        if self.border == "own":
            found = own_means(y, self._rows, level, reach, self._block)
        else:
            padded = self.border == "all"
            found = pooled_means(y, self._rows, level, reach, self._block, padded=padded)
        return found.astype(np.float64).reshape(given.shape)


def images(
    argument: str, values: ArrayLike, shape: tuple[int, ...] | None
) -> NDArray[np.floating[Any]]:
    """Return rows as images (n, channels, height, width) in float64."""
    given = plain(argument, values)
    flat = numeric_rows(argument, given, at_least=1)
    remedy = "pass the shape of one image, such as (1, 28, 28)"
    if shape is None:
        shape = given.shape[1:]
        if len(shape) not in (2, 3):
            raise InputError("shape", "is needed with rows that are no images", None, remedy)
    size = whole_numbers("shape", shape, remedy)
    if len(size) not in (2, 3) or math.prod(size) != flat.shape[1]:
        problem = f"must be the shape of an image with {flat.shape[1]} entries"
        raise InputError("shape", problem, size, remedy)
    full = size if len(size) == 3 else (1, *size)
    return np.asarray(flat, dtype=np.float64).reshape(-1, *full)


def _dtype(given: DTypeLike) -> np.dtype[Any]:
    try:
        found = np.dtype(given)
    except TypeError:
        found = np.dtype(object)
    if found not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise InputError("dtype", "must be float64 or float32", given, "pass one of the two")
    return found
