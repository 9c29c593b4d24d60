"""Features: what an encoder makes of rows, computed in blocks and kept by content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.blocks import row_blocks
from twinseed.checks import numeric_rows
from twinseed.errors import InputError
from twinseed.files import written
from twinseed.identity import called
from twinseed.readers import as_arrays

__all__ = ["Encoder", "encoded_rows"]

Encoder = Callable[[NDArray[Any]], Any]
"""Rows (N, d), or images (N, C, H, W), to features (N, k): an array or a tensor."""

_ROWS = 1024
_PROBE = 16
_REMEDY = "pass a function that maps every row by itself, in evaluation mode, without randomness"


def encoded_rows(
    argument: str,
    rows: NDArray[Any],
    encoder: Encoder,
    *,
    image_shape: tuple[int, ...] | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> NDArray[Any]:
    """Return the features of rows, encoded 1,024 rows per call.

    Shapes: (N, d) to (N, k); with ``image_shape`` the encoder is given (N, *image_shape).

    Args:
        argument: what to call the rows in an error.
        rows: checked rows.
        encoder: the function.
        image_shape: the axes of one row, for an encoder of images.
        cache: a folder that exists; features are kept there as ``.npy``, named by the content of
            the rows, their layout and the encoder's name. The first 16 rows are encoded again each
            time: features of an encoder that has changed are not used, and are replaced.

    Raises:
        InputError: the encoder raises, gives another number of rows, one that is not finite, or
            does not map every row by itself (the first rows alone differ from the first rows of a
            block by more than 0.1 % of the largest feature).

    >>> encoded_rows("samples_a", np.arange(6.0).reshape(3, 2), lambda x: x.sum(1, keepdims=True))
    array([[1.],
           [5.],
           [9.]])
    """
    if not callable(encoder):
        raise InputError("encoder", "must be a function", encoder, _REMEDY)
    if cache is not None and not Path(cache).is_dir():
        raise InputError("cache", "must be a folder that exists", os.fspath(cache), "make it")
    probe = _block(argument, rows[:_PROBE], encoder, image_shape)
    place = None if cache is None else Path(cache) / _name(rows, encoder, image_shape)
    if place is not None and place.exists():
        from twinseed.readers import load_rows

        kept = load_rows(place)
        if kept.shape == (len(rows), probe.shape[1]) and _agree(kept[: len(probe)], probe):
            return kept
    first = _block(argument, rows[:_ROWS], encoder, image_shape)
    if not _agree(first[: len(probe)], probe):
        raise InputError(
            "encoder",
            f"gives the first {len(probe)} rows of {argument} different features in a small "
            "block and in a large block",
            f"up to {np.abs(first[: len(probe)] - probe).max():.3g} apart",
            _REMEDY,
        )
    features = np.empty((len(rows), first.shape[1]), dtype=first.dtype)
    features[: len(first)] = first
    for start in range(_ROWS, len(rows), _ROWS):
        block = _block(argument, rows[start : start + _ROWS], encoder, image_shape)
        if block.shape[1] != first.shape[1]:
            raise InputError(
                "encoder",
                f"gives different numbers of features for different blocks of {argument}",
                block.shape[1],
                _REMEDY,
            )
        features[start : start + len(block)] = block
    if place is not None:
        _keep(features, place)
    return features


def _block(
    argument: str, rows: NDArray[Any], encoder: Encoder, shape: tuple[int, ...] | None
) -> NDArray[Any]:
    given = np.array(rows if shape is None else rows.reshape(len(rows), *shape))
    try:
        made = encoder(given)
    except Exception as error:  # the user's own function may raise anything
        said = f"{type(error).__name__}: {error}"
        raise InputError(
            "encoder",
            f"raises an error for {argument} of shape {given.shape}",
            said,
            "call the function on these rows and correct it",
        ) from error
    name = f"encoder({argument})"
    features = numeric_rows(name, as_arrays({name: made})[name], at_least=0)
    if len(features) != len(rows):
        raise InputError(
            "encoder",
            f"must give one row of features for each of {len(rows)} rows of {argument}",
            len(features),
            _REMEDY,
        )
    return features


def _agree(one: NDArray[Any], other: NDArray[Any]) -> bool:
    scale = float(np.abs(other).max())
    return bool(np.allclose(one, other, rtol=0, atol=1e-3 * scale))


def _name(rows: NDArray[Any], encoder: Encoder, shape: tuple[int, ...] | None) -> str:
    who = f"{getattr(encoder, '__module__', '')}:{called(encoder)}"
    digest = hashlib.sha256(f"{who} {shape} {rows.shape} {rows.dtype.str};".encode())
    for _, block in row_blocks(rows):
        digest.update(np.ascontiguousarray(block).data)
    return f"features-{digest.hexdigest()[:32]}.npy"


def _keep(features: NDArray[Any], place: Path) -> None:
    """Write features so that a reader finds all of them or none."""
    with written(place, "cache") as unfinished, unfinished.open("wb") as file:
        np.save(file, features, allow_pickle=False)
