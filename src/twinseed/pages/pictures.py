"""Writes rows that are images as small PNG files, with the standard library alone."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = ["as_image", "png"]

_LARGEST = 96  # pixels along the longer side


def as_image(row: NDArray[Any], shape: tuple[int, ...]) -> Array:
    """Return a row as an image (H, W) or (H, W, 3), thinned to at most 96 pixels per side.

    Shapes: (H, W), (C, H, W) or (H, W, C). Of one or two channels the first is shown, of more the
    first three.

    >>> as_image(np.arange(12.0), (3, 2, 2)).shape, as_image(np.arange(12.0), (2, 2, 3)).shape
    ((2, 2, 3), (2, 2, 3))
    """
    image = np.asarray(row, dtype=np.float64).reshape(shape)
    if image.ndim == 3:
        if shape[0] <= 4 and shape[-1] not in (1, 3, 4):
            image = np.moveaxis(image, 0, -1)
        image = image[..., :3] if image.shape[-1] >= 3 else image[..., 0]
    step = -(-max(image.shape[:2]) // _LARGEST)
    return image[::step, ::step]


def png(image: Array, low: float, high: float) -> bytes:
    """Return an image (H, W) or (H, W, 3) as 8-bit PNG; ``low`` is black, ``high`` is white.

    >>> png(np.zeros((2, 2)), 0.0, 1.0)[:4]
    b'\\x89PNG'
    """
    scaled = (image - low) / (high - low) if high > low else np.zeros_like(image)
    pixels = np.rint(255.0 * scaled.clip(0.0, 1.0)).astype(np.uint8)
    height, width = pixels.shape[:2]
    colour = 2 if pixels.ndim == 3 else 0
    lines = np.hstack([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)])
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), 9)),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
