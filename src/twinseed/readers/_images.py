"""Pictures in a folder, a zip or a tar, in the order of their names and of the numbers in them."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers._picture_labels import labels_of_pictures
from twinseed.readers._pictures import SUFFIXES, UNREAD, Changes, pillow_of, pixels
from twinseed.readers._zarr import is_packed_zarr, read_zarr
from twinseed.readers.source import Source
from twinseed.readers.table import Table

__all__ = ["read_images", "read_tar", "read_zip", "stacked"]

_HIDDEN = ("__MACOSX", "__pycache__")


def read_images(source: Source) -> NDArray[Any] | Table:
    """Return the pictures of a folder and of the folders in it.

    Grey is (N, H, W), colour (N, 3, H, W). Values are as stored: 0 to 255, or 0 to 65535 for
    16-bit grey.
    """
    paths = {path.relative_to(source.path).as_posix(): path for path in source.files(_ALL)}
    names = _listed(source, paths)
    if source.key:
        return labels_of_pictures(source, names, {}, lambda name: b"")

    def opened() -> Iterator[tuple[str, IO[bytes]]]:
        for name in names:
            with paths[name].open("rb") as file:
                yield name, file

    return stacked(source, names, opened())


def read_zip(source: Source) -> NDArray[Any] | Table:
    """Return the pictures of a zip, such as StyleGAN's ``dataset.zip``; or a zipped zarr."""
    if is_packed_zarr(source):
        return read_zarr(source)
    with zipfile.ZipFile(source.path) as archive:
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        names = _listed(source, members)
        source.require_room((sum(members[name].file_size for name in names),), 1)
        if source.key:
            sizes = {name: info.file_size for name, info in members.items()}
            return labels_of_pictures(source, names, sizes, archive.read)

        def opened() -> Iterator[tuple[str, IO[bytes]]]:
            for name in names:
                yield name, io.BytesIO(archive.read(members[name]))

        return stacked(source, names, opened())


def read_tar(source: Source) -> NDArray[Any] | Table:
    """Return the pictures of a tar, packed or not, such as a shard of webdataset."""
    with tarfile.open(source.path) as archive:
        sizes = {}
        for member in archive:
            if member.isfile():
                sizes[member.name] = member.size
            if sum(sizes.values()) > source.limit:
                source.require_room((sum(sizes.values()),), 1)
    names = _listed(source, sizes)
    wanted = set(names)
    if source.key:
        with tarfile.open(source.path) as archive:

            def read(name: str) -> bytes:
                file = archive.extractfile(name)
                return b"" if file is None else file.read()

            return labels_of_pictures(source, names, sizes, read)

    def opened() -> Iterator[tuple[str, IO[bytes]]]:
        with tarfile.open(source.path) as archive:  # in its own order, as packed ones cannot jump
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None and member.name in wanted:
                    yield member.name, io.BytesIO(file.read())

    return stacked(source, names, opened())


def stacked(
    source: Source, names: Sequence[str], opened: Iterator[tuple[str, IO[bytes]]]
) -> NDArray[Any]:
    """Return pictures as one array, each at the place of its name."""
    place = {name: k for k, name in enumerate(names)}
    told, room, first = Changes(), None, ""
    for name, file in opened:
        image = pixels(source, name, file, len(names), told)
        if room is None:
            room, first = source.room((len(names), *image.shape), image.dtype), name
        if (image.shape, image.dtype) != (room.shape[1:], room.dtype):
            raise source.bad(
                f"must hold images of one size and mode: {PurePosixPath(first).name} is "
                f"{room.shape[1:]} {room.dtype}, {PurePosixPath(name).name} is {image.shape} "
                f"{image.dtype}",
                "bring them to one size and mode, with the options convert and resize",
            )
        room[place[name]] = image
    told.to(source)
    if room is None:
        raise source.bad("holds no images", "choose another file")
    return np.asarray(room) if source.scratch is None else room


_ALL = SUFFIXES | UNREAD


def _listed(source: Source, names: Any) -> list[str]:
    """Return the names of the pictures in their order; what is hidden is left out."""
    pillow_of()
    shown = sorted((name for name in names if not _hidden(PurePosixPath(name))), key=_by_number)
    unread = [name for name in shown if Path(name).suffix.lower() in UNREAD]
    if unread:
        raise source.bad(
            f"has pictures that are not read, such as {unread[0]}",
            "save them as .png, or take them out of the folder",
        )
    found = [name for name in shown if Path(name).suffix.lower() in SUFFIXES]
    if not found:
        raise source.bad("holds no images", f"put {', '.join(sorted(SUFFIXES))} into it")
    return found


def _by_number(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return by what names are sorted: numbers by their value, so that 2.png is before 10.png."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(one), "") if one.isdecimal() else (-1, one) for one in parts], name


def _hidden(name: PurePosixPath) -> bool:
    return any(part.startswith(".") or part in _HIDDEN for part in name.parts)
