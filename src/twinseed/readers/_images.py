"""Folders of images: png, jpg, webp, pgm, ppm or tif, in the order of their names."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError, MissingExtraError
from twinseed.readers.source import Source

__all__ = ["read_images"]

_SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".pgm", ".ppm", ".tif", ".tiff"}
_FORMATS = ["PNG", "JPEG", "WEBP", "PPM", "TIFF"]
_WIDE = {"I;16": np.uint16, "I;16L": np.uint16, "I;16B": np.uint16, "F": np.float32}


def read_images(source: Source) -> NDArray[Any]:
    """Return grey images as (N, H, W), colour as (N, 3, H, W).

    Values are as stored: 0 to 255, or 0 to 65535 for 16-bit grey.
    """
    try:
        import PIL.Image
    except ImportError as error:
        raise MissingExtraError("pillow", "formats", "Reading images") from error
    if source.key:
        raise source.bad("has no arrays to name", f"drop '#{source.key}'")
    paths = [path for path in source.files(_SUFFIXES) if not path.name.startswith(".")]
    paths.sort(key=lambda path: path.relative_to(source.path).as_posix())
    if not paths:
        raise source.bad("holds no images", f"put {', '.join(sorted(_SUFFIXES))} into it")
    room: NDArray[Any] | None = None
    for place, path in enumerate(paths):
        image = _pixels(source, path, PIL.Image, len(paths))
        if room is None:
            room = source.room((len(paths), *image.shape), image.dtype)
        if (image.shape, image.dtype) != (room.shape[1:], room.dtype):
            raise source.bad(
                f"must hold images of one size and mode: {paths[0].name} is {room.shape[1:]} "
                f"{room.dtype}, {path.name} is {image.shape} {image.dtype}",
                "bring them to one size and mode",
            )
        room[place] = image
    assert room is not None
    return room


def _pixels(source: Source, path: Path, pillow: Any, count: int) -> NDArray[Any]:
    name = path.relative_to(source.path).as_posix()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a decompression bomb is a warning to pillow
            with pillow.open(path, formats=_FORMATS) as image:
                width, height = image.size
                source.require_room((count, height, width, len(image.getbands())), 1)
                if getattr(image, "n_frames", 1) > 1:
                    raise source.bad(f"has {image.n_frames} pages in {name}", "split them")
                if image.mode in ("RGB", "RGBA", "LA") and _deep(image, path):
                    raise source.bad(
                        f"has 16-bit colour in {name}, of which 8 bits would be lost",
                        "save the images as one .npy, N x C x H x W",
                    )
                return _values(source, name, image)
    except InputError:
        raise
    except Exception as error:  # a hostile file may make pillow raise anything
        raise source.bad(f"has a broken image, {name} ({error})", "remove it") from error


def _values(source: Source, name: str, image: Any) -> NDArray[Any]:
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    elif "transparency" in image.info:
        image = image.convert("LA" if image.mode in ("1", "L") else "RGBA")
    if image.mode in ("LA", "RGBA"):
        if image.getchannel("A").getextrema()[0] < 255:
            raise source.bad(f"has transparent pixels in {name}", "put it on a background first")
        image = image.convert(image.mode[:-1])
    if image.mode == "1":
        image = image.convert("L")
    values = np.asarray(image)
    if image.mode == "I" and values.min() >= 0 and values.max() < 1 << 16:
        return values.astype(np.uint16)
    if image.mode in _WIDE:
        return values.astype(_WIDE[image.mode])
    if image.mode == "L":
        return values
    if image.mode == "RGB":
        return np.moveaxis(values, -1, 0)
    raise source.bad(f"has an image of mode {image.mode}, {name}", "save it in grey or RGB")


def _deep(image: Any, path: Path) -> bool:
    """Say whether a colour image holds more than 8 bits a channel, which pillow would cut."""
    if image.format == "PNG":
        with path.open("rb") as file:
            return file.read(25)[24:] == b"\x10"  # the bit depth, in the first chunk
    if image.format == "TIFF":
        return bool(np.max(image.tag_v2.get(258, 8)) > 8)
    if image.format == "PPM":
        with path.open("rb") as file:
            return any(len(word) > 3 or word > b"255" for word in _maxval(file.read(4096)))
    return False


def _maxval(head: bytes) -> list[bytes]:
    """Return the largest value that the header of a .ppm announces, the fourth word."""
    lines = [line.partition(b"#")[0] for line in head.split(b"\n")]
    return b" ".join(lines).split()[3:4]
