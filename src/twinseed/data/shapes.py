"""What the columns are, and the axes of images: the same in all arrays that are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.blocks import row_blocks
from twinseed.checks import whole_numbers
from twinseed.errors import InputError
from twinseed.readers import Column, Columns, notes_of

__all__ = ["columns_of", "constant_columns", "image_shape_of", "require_width", "sides_of"]


def require_width(name: str, rows: NDArray[Any], d: int) -> None:
    """Raise unless rows have ``d`` columns, as those of ``train_a`` have."""
    if rows.shape[1] != d:
        raise InputError(
            name,
            f"must have as many columns as train_a, {d}",
            rows.shape[1],
            "use the same columns in all arrays",
        )


def constant_columns(given: Mapping[str, NDArray[Any]]) -> int:
    """Return how many columns never vary over the training rows of both twins."""
    low, high = np.full((2, 1), [[np.inf], [-np.inf]])
    for name in ("train_a", "train_b"):
        for _, block in row_blocks(given[name]) if name in given else ():
            low = np.minimum(low, block.min(axis=0))
            high = np.maximum(high, block.max(axis=0))
    return int(np.sum(low == high))


def image_shape_of(
    given: dict[str, NDArray[Any]], shape: tuple[int, ...] | None
) -> tuple[int, ...] | None:
    """Return the axes of one image, the same in all arrays that are images.

    Two layouts of the same images have as many columns, and would be compared pixel by wrong pixel.
    """
    if shape is not None:
        shape = _axes(shape)
    for name, rows in given.items():
        own = rows.shape[1:]
        if rows.ndim < 3:
            continue
        if shape is None:
            shape = own
        elif [size for size in own if size > 1] != [size for size in shape if size > 1]:
            raise InputError(
                name,
                f"must hold images of shape {shape}, like the other arrays",
                own,
                "bring all arrays into one layout, N x C x H x W or N x H x W",
            )
    return shape


def sides_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return which axes of an image are its height and its width.

    Channels come first where the first axis has at most four entries and the last cannot be
    channels (1, 3 or 4).

    >>> sides_of((28, 28)), sides_of((3, 32, 32)), sides_of((32, 32, 3))
    ((0, 1), (1, 2), (0, 1))
    """
    first = len(shape) == 3 and shape[0] <= 4 and shape[-1] not in (1, 3, 4)
    return (1, 2) if first else (0, 1)


def _axes(shape: Any) -> tuple[int, ...]:
    """Return the axes that were given, if they are two or more whole numbers above zero."""
    remedy = "pass (H, W), (C, H, W) or (H, W, C)"
    axes = whole_numbers("image_shape", shape, remedy)
    if len(axes) < 2:
        raise InputError("image_shape", "must have two or three axes", shape, remedy)
    return axes


def columns_of(given: Iterable[Any] | None, d: int) -> tuple[Column, ...] | None:
    """Return what the ``d`` columns are, each named once."""
    if given is None:
        return None
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | AbstractSet):
        raise InputError(
            "columns", f"must name each of {d} columns once", given, "pass a list of names"
        )
    found = tuple(one if isinstance(one, Column) else Column(str(one)) for one in given)
    found = Columns(found, notes_of(given), getattr(given, "left_out", ()))
    named = sum(one.width for one in found)
    if named != d or len({one.name for one in found}) != len(found):
        raise InputError(
            "columns",
            f"must name each of {d} columns once",
            f"{named} names" if named != d else [one.name for one in found],
            "pass one name for each column, all different",
        )
    return found
