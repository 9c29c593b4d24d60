"""Versions of a row that count as the same row: mirror images, turned images, shifted images."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import plain
from twinseed.blocks import row_blocks
from twinseed.data.shapes import sides_of
from twinseed.errors import InputError
from twinseed.identity import called

__all__ = ["NORMALISATIONS", "Normaliser", "UpTo", "Versions", "normaliser_of", "versions_of"]

UpTo = str | Callable[[NDArray[Any]], Any]
"""A text such as "flip,shift:2", or a function from a row to its versions."""

NORMALISATIONS = ("brightness", "affine")
"""What is taken from every row before rows are compared."""

_WORDS = "flip, rot90, shift:2, brightness and affine, with commas between them"

Images = NDArray[Any]

Normaliser = Callable[[NDArray[Any]], NDArray[Any]]
"""A function that takes brightness, or brightness and contrast, from every row."""


@dataclass(frozen=True)
class Versions:
    """Lists the versions of rows: (M, d) to (M, k, d), the row itself first.

    ``told`` is what was asked for, as text.
    """

    told: str
    listed: Callable[[NDArray[Any]], NDArray[Any]]

    def __call__(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return the versions of each row."""
        return self.listed(rows)


def versions_of(up_to: UpTo | None, image_shape: tuple[int, ...] | None) -> Versions | None:
    """Return what lists the versions of rows; None where each row has itself alone.

    Equation: "flip" mirrors an image from left to right (2 versions); "rot90" turns it by 0, 90,
    180 and 270 degrees (4); "shift:s" moves it by up to s pixels along both sides, the pixels of
    the border being repeated, ((2s + 1)^2). Several words with commas between them are applied one
    after the other, so that the numbers of versions are multiplied. A function gets one row (d,),
    or one image of ``image_shape``, and returns its k versions, (k, d) or (k, *image_shape).
    Shapes: rows (M, d) to (M, k, d), or (M, 1 + k, d) of a function: the row itself comes first.

    Raises:
        InputError: another word, rows that are not images, "rot90" of images that are not square, a
            shift as wide as the image. Later, of a function: an error, another shape, a value that
            is not finite.

    >>> flipped = versions_of("flip", (2, 2))
    >>> flipped(np.array([[1, 2, 3, 4]]))
    array([[[1, 2, 3, 4],
            [2, 1, 4, 3]]])
    """
    if callable(up_to):
        return Versions(called(up_to), _by_function(up_to, image_shape))
    steps = [word for word in _words(up_to) if word not in NORMALISATIONS]
    if not steps:
        return None
    if image_shape is None:
        raise InputError(
            "up_to",
            f"needs images for {steps[0]}; these rows have no sides",
            up_to,
            "pass images (N, H, W) or (N, C, H, W), or image_shape, or a function that lists the "
            "versions of a row",
        )
    height, width = sides_of(image_shape)
    makers = [_step(word, image_shape, height + 1, width + 1) for word in steps]

    def listed(rows: NDArray[Any]) -> NDArray[Any]:
        images = [rows.reshape(len(rows), *image_shape)]
        for make in makers:
            images = [version for one in images for version in make(one)]
        return np.stack([one.reshape(len(rows), -1) for one in images], axis=1)

    return Versions(",".join(steps), listed)


def normaliser_of(up_to: UpTo | None) -> Normaliser | None:
    """Return what takes brightness, or brightness and contrast, from every row; None if neither.

    Equation: "brightness" subtracts the mean of the row's entries; "affine" divides the rest by its
    root mean square too, and makes a row of equal entries zero. Shapes: (N, d) to (N, d).

    >>> normaliser_of("affine")(np.array([[1.0, 3.0], [2.0, 2.0]]))
    array([[-1.,  1.],
           [ 0.,  0.]])
    """
    wanted = set(_words(up_to)) & set(NORMALISATIONS) if not callable(up_to) else set()
    if not wanted:
        return None

    def normalised(rows: NDArray[Any]) -> NDArray[Any]:
        small = rows.dtype.itemsize <= 2 or rows.dtype == np.float32
        found = np.empty(rows.shape, dtype=np.float32 if small else np.float64)
        for start, block in row_blocks(rows):
            part = block - block.mean(axis=1, keepdims=True, dtype=np.float64)
            if "affine" in wanted:
                size = np.sqrt(np.mean(part**2, axis=1, keepdims=True))
                level = np.abs(block).max(axis=1, keepdims=True).astype(np.float64)
                flat = size <= 1e-12 * level  # what rounding leaves of equal entries
                part = np.where(flat, 0.0, part / np.where(flat, 1.0, size))
            found[start : start + len(block)] = part
        return found

    return normalised


def _words(up_to: Any) -> list[str]:
    """Return the words of a text, each one known and there once."""
    if up_to is None:
        return []
    remedy = f"write {_WORDS}, or pass a function that lists the versions of a row"
    if not isinstance(up_to, str):
        raise InputError("up_to", "must be a text or a function", up_to, remedy)
    words = [word.strip() for word in up_to.split(",")]
    for word in words:
        if word not in ("flip", "rot90", *NORMALISATIONS) and not re.fullmatch(
            r"shift:[1-9]\d{0,2}", word, re.ASCII
        ):
            raise InputError("up_to", f"has the word {word!r}, which is not known", up_to, remedy)
    if len({word.partition(":")[0] for word in words}) < len(words):
        raise InputError("up_to", "must have each word once", up_to, remedy)
    return words


def _step(
    word: str, shape: tuple[int, ...], height: int, width: int
) -> Callable[[Images], list[Images]]:
    """Return what makes the versions of images (M, *shape); the sides are axes of these images."""
    rows, columns = shape[height - 1], shape[width - 1]
    if word == "flip":
        return lambda images: [images, np.flip(images, width)]
    if word == "rot90":
        if rows != columns:
            raise InputError(
                "up_to", "needs square images for rot90", shape, "pad the images, or drop rot90"
            )
        return lambda images: [np.rot90(images, turn, (height, width)) for turn in range(4)]
    reach = int(word.partition(":")[2])
    if reach >= min(rows, columns):
        raise InputError(
            "up_to", f"must shift by less than the side of an image, {shape}", word, "shift by less"
        )
    moves = sorted(range(-reach, reach + 1), key=abs)

    def shifted(images: Images) -> list[Images]:
        return [
            _moved(_moved(images, height, down, rows), width, right, columns)
            for down in moves
            for right in moves
        ]

    return shifted


def _moved(images: Images, axis: int, by: int, size: int) -> Images:
    """Move images along an axis; the pixels at the border are repeated."""
    return images.take(np.clip(np.arange(size) - by, 0, size - 1), axis=axis)


def _by_function(
    function: Callable[[NDArray[Any]], Any], shape: tuple[int, ...] | None
) -> Callable[[NDArray[Any]], NDArray[Any]]:
    remedy = "return the versions of the row, one after the other, the same number for every row"

    def versions(row: NDArray[Any]) -> NDArray[Any]:
        given = np.array(row if shape is None else row.reshape(shape))
        try:
            made = plain("up_to", function(given))
        except InputError:
            raise
        except Exception as error:  # the user's own function may raise anything
            said = f"{type(error).__name__}: {error}"
            raise InputError(
                "up_to",
                f"raises an error for a row of shape {given.shape}",
                said,
                "call the function on a row and correct it",
            ) from error
        right = made.ndim >= 2 and made.shape[1:] in ((row.size,), given.shape) and len(made) > 0
        if not right or made.dtype.kind not in "fiub":
            sizes = ", ".join(map(str, given.shape))
            problem = f"must return numbers of shape (versions, {sizes})"
            raise InputError("up_to", problem, made.shape, remedy)
        if not np.isfinite(made).all():
            raise InputError("up_to", "must return finite numbers", "NaN or infinity", remedy)
        return np.concatenate([row[None, :], made.reshape(len(made), row.size)])

    def listed(rows: NDArray[Any]) -> NDArray[Any]:
        found = [versions(np.asarray(row)) for row in rows]
        counts = sorted({len(one) for one in found})
        if len(counts) > 1:
            told = f"{counts[0] - 1} and {counts[-1] - 1}"
            raise InputError("up_to", "must return as many versions of every row", told, remedy)
        return np.stack(found)

    return listed
