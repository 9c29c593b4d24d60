"""One picture as an array: upright, in grey or colour, at the size that was asked for."""

from __future__ import annotations

import warnings
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError, needs
from twinseed.readers.source import Source

__all__ = ["SUFFIXES", "UNREAD", "Changes", "pillow_of", "pixels"]

SUFFIXES = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".pgm", ".ppm", ".pnm", ".tif", ".tiff"),
    *(".bmp", ".gif", ".avif", ".jp2", ".j2k"),
}
UNREAD = {
    *(".heic", ".heif", ".jxl", ".svg", ".psd", ".exr", ".hdr", ".dng", ".cr2", ".nef", ".arw"),
    *(".ico", ".tga", ".pcx", ".dcm", ".fits", ".jpx", ".apng"),
}
"""Endings of pictures that are not read."""

_FORMATS = ["PNG", "JPEG", "WEBP", "PPM", "TIFF", "BMP", "GIF", "AVIF", "JPEG2000"]
_WIDE = {"I;16": np.uint16, "I;16L": np.uint16, "I;16B": np.uint16, "F": np.float32}
_ORIENTATION = 0x0112
_START = 4096


class Changes(dict[str, int]):
    """How many pictures were changed as they were read, by what was done."""

    def add(self, what: str) -> None:
        """Count one more."""
        self[what] = self.get(what, 0) + 1

    def to(self, source: Source) -> None:
        """Leave a sentence for each of them."""
        for what, count in self.items():
            source.notes.append(f"{count:,} pictures {what}")


def pillow_of() -> Any:
    """Return the library that reads pictures."""
    with needs("pillow", "formats", "Reading images"):
        import PIL.Image
    return PIL.Image


def pixels(source: Source, name: str, file: IO[bytes], count: int, told: Changes) -> NDArray[Any]:
    """Return one picture: grey (H, W), colour (3, H, W).

    ``count`` pictures of this size must fit into the limit. A picture that says by EXIF how it is
    turned is turned upright.
    """
    pillow = pillow_of()
    start = file.read(_START)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a decompression bomb is a warning to pillow
            with pillow.open(file, formats=_FORMATS) as image:
                width, height = image.size
                source.require_room((count, height, width, len(image.getbands())), 1)
                frames = getattr(image, "n_frames", 1)
                if frames > 1 and image.format != "GIF":
                    raise source.bad(f"has {frames} pages in {name}", "split them")
                if frames > 1:
                    told.add("have several frames, of which the first is read")
                if image.mode in ("RGB", "RGBA", "LA") and _deep(image, start):
                    raise source.bad(
                        f"has 16-bit colour in {name}, of which 8 bits would be lost",
                        "save the images as one .npy, N x C x H x W",
                    )
                return _values(source, name, _asked(source, _upright(image, told), told))
    except InputError:
        raise
    except Exception as error:  # a hostile file may make pillow raise anything
        raise source.bad(f"has a broken image, {name} ({error})", "remove it") from error


def _upright(image: Any, told: Changes) -> Any:
    from PIL import ImageOps

    try:
        turned = image.getexif().get(_ORIENTATION, 1) not in (0, 1)
    except Exception:  # damaged EXIF says nothing
        return image
    if not turned:
        return image
    told.add("are turned upright, as their EXIF says")
    return ImageOps.exif_transpose(image)


def _asked(source: Source, image: Any, told: Changes) -> Any:
    """Return a picture in the mode and of the size that the caller asked for."""
    reading = source.reading
    if reading.convert is not None and image.mode != reading.convert:
        if "A" in image.getbands() or "transparency" in image.info:
            image = image.convert("RGBA")
            if image.getchannel("A").getextrema()[0] < 255:
                return image  # what is behind it is refused where values are taken
        told.add(f"are converted to {reading.convert}")
        image = image.convert(reading.convert)
    side = reading.resize
    if side is not None and image.size != (side, side):
        from PIL.Image import Resampling

        told.add(f"are resized to {side} x {side}")
        mode = "RGB" if image.mode == "P" else image.mode
        image = image.convert(mode).resize((side, side), Resampling.BICUBIC)
    return image


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
    raise source.bad(
        f"has an image of mode {image.mode}, {name}", "save it in grey or RGB, or convert it"
    )


def _deep(image: Any, start: bytes) -> bool:
    """Say whether a colour image holds more than 8 bits a channel, which pillow would cut."""
    if image.format == "PNG":
        return start[24:25] == b"\x10"  # the bit depth, in the first chunk
    if image.format == "TIFF":
        return bool(np.max(image.tag_v2.get(258, 8)) > 8)
    if image.format == "PPM":
        return any(len(word) > 3 or word > b"255" for word in _maxval(start))
    return False


def _maxval(head: bytes) -> list[bytes]:
    """Return the largest value that the header of a .ppm announces, the fourth word."""
    lines = [line.partition(b"#")[0] for line in head.split(b"\n")]
    return b" ".join(lines).split()[3:4]
