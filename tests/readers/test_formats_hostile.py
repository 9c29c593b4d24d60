"""Files that lie, that unpack to too much, or that would run code: refused, nothing run."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twinseed import InputError
from twinseed.readers import load
from twinseed.readers.endings import format_of
from twinseed.readers.formats import HERE, ISOLATED, read_safely
from twinseed.readers.source import LIMIT, Source

ROWS = np.arange(12.0, dtype=np.float32).reshape(4, 3)


def read(path: Path, limit: int = LIMIT, key: str = "") -> Any:
    """Read in this process, where a payload would leave its mark just as well, and at once."""
    source = Source("path", str(path), path, key, limit)
    return read_safely(source, {**HERE, **ISOLATED}[format_of(source)])


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.write_text, (self.mark, "it ran")


def objects(mark: Path) -> bytes:
    buffer = io.BytesIO()
    array = np.empty((4, 3), dtype=object)
    array[:] = Payload(mark)
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def as_npz(path: Path, mark: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x.npy", objects(mark))


def as_pt(path: Path, mark: Path) -> None:
    import torch

    torch.save({"x": torch.ones(4, 3), "y": Payload(mark)}, path)


def as_h5(path: Path, mark: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        kind = h5py.special_dtype(vlen=np.dtype("uint8"))
        stored = file.create_dataset("x", (1,), dtype=kind)
        stored[0] = np.frombuffer(pickle.dumps(Payload(mark)), dtype=np.uint8)


def as_parquet(path: Path, mark: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"x": pyarrow.array([pickle.dumps(Payload(mark))] * 4)})
    parquet.write_table(table, path)


def as_zarr(path: Path, mark: Path) -> None:
    """Write a zarr array of version 2 whose codec is pickle, by hand."""
    path.mkdir()
    header = {
        **{"zarr_format": 2, "shape": [4, 3], "chunks": [4, 3], "dtype": "<f4", "order": "C"},
        **{"fill_value": 0, "filters": None, "compressor": {"id": "pickle", "protocol": 5}},
    }
    (path / ".zarray").write_text(json.dumps(header))
    (path / "0.0").write_bytes(pickle.dumps(Payload(mark)))


def as_zarr_of_objects(path: Path, mark: Path) -> None:
    as_zarr(path, mark)
    header = json.loads((path / ".zarray").read_text()) | {"dtype": "|O"}
    (path / ".zarray").write_text(json.dumps(header))


def as_bare_pickle(path: Path, mark: Path) -> None:
    path.write_bytes(pickle.dumps(Payload(mark)))


extras = pytest.mark.extras
PAYLOADS = [
    pytest.param(
        "a.npy", lambda path, mark: path.write_bytes(objects(mark)), "unpickled", id="npy"
    ),
    pytest.param("a.npy", as_bare_pickle, "is a pickle|whole .npy", id="pickle as npy"),
    pytest.param(
        "a.csv", as_bare_pickle, "is a pickle.*save the rows|in UTF-8", id="pickle as csv"
    ),
    pytest.param("a.npz", as_npz, "unpickled", id="npz"),
    pytest.param("a.npz", as_bare_pickle, "is a pickle|whole .npz", id="pickle as npz"),
    pytest.param("a.pt", as_pt, "running it is refused", id="pt", marks=extras),
    pytest.param("a.pt", as_bare_pickle, "is a pickle|zip format", id="pickle as pt"),
    pytest.param("a.h5", as_h5, "unpickled", id="h5", marks=extras),
    pytest.param("a.parquet", as_parquet, "but binary", id="parquet", marks=extras),
    pytest.param("a.zarr", as_zarr, "packed with pickle", id="zarr codec", marks=extras),
    pytest.param("a.zarr", as_zarr_of_objects, "unpickled", id="zarr objects", marks=extras),
]


@pytest.mark.parametrize(("name", "write", "says"), PAYLOADS)
def test_a_payload_is_refused_and_never_run(
    tmp_path: Path, name: str, write: Callable[[Path, Path], None], says: str
) -> None:
    mark = tmp_path / "ran"
    write(tmp_path / name, mark)
    for way in (load, read):
        with pytest.raises(InputError, match=says):
            way(tmp_path / name)
    assert not mark.exists()


def test_the_payload_would_run(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "ran")))
    assert (tmp_path / "ran").read_text() == "it ran"


def h5_bomb(path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("x", (1 << 20, 1 << 10), dtype="f4", chunks=(64, 64))


def pt_bomb(path: Path) -> None:
    import torch

    torch.save(torch.zeros(1).expand(1 << 20, 1 << 10), path)


def pt_packed(path: Path) -> None:
    import torch

    torch.save(torch.zeros(100, 100), path.with_suffix(".plain"))
    with (
        zipfile.ZipFile(path.with_suffix(".plain")) as plain,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for info in plain.infolist():
            packed.writestr(info.filename, plain.read(info))


def parquet_bomb(path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    column = pyarrow.repeat(1.0, 3_000_000)
    parquet.write_table(pyarrow.table({"x": column}), path)


def zarr_bomb(path: Path, shape: tuple[int, int], chunks: tuple[int, int]) -> None:
    path.mkdir()
    header = {
        **{"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": "<f4", "order": "C"},
        **{"fill_value": 0, "compressor": None, "filters": None},
    }
    (path / ".zarray").write_text(json.dumps(header))


def zip_bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("zarr.json", "{}")
        file.writestr("c/0/0", bytes(1 << 25))


def image_bomb(path: Path) -> None:
    from PIL import Image

    path.mkdir()
    Image.new("1", (8000, 8000)).save(path / "a.png")


@extras
@pytest.mark.parametrize(
    ("name", "write", "says"),
    [
        ("a.h5", h5_bomb, "over the limit"),
        ("a.pt", pt_bomb, "over the limit"),
        ("a.pt", pt_packed, "compressed"),
        ("a.parquet", parquet_bomb, "over the limit"),
        ("a.zarr", lambda path: zarr_bomb(path, (1 << 20, 1 << 10), (64, 64)), "over the limit"),
        ("a.zarr", lambda path: zarr_bomb(path, (4, 4), (1 << 20, 1 << 10)), "over the limit"),
        ("a.zip", zip_bomb, "over the limit"),
        ("images", image_bomb, "over the limit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bomb_is_refused_by_what_it_announces(
    tmp_path: Path, name: str, write: Callable[[Path], None], says: str
) -> None:
    write(tmp_path / name)
    with pytest.raises(InputError, match=says):
        read(tmp_path / name, limit=1 << 24)


def test_a_safetensors_that_announces_more_than_it_holds(tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [1 << 20, 1 << 20], "data_offsets": [0, 1 << 42]}
    header = json.dumps({"x": entry}).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(InputError, match="truncated"):
        load(path)
    path.write_bytes((1 << 40).to_bytes(8, "little") + header)
    with pytest.raises(InputError, match=r"whole \.safetensors"):
        load(path)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.npy", b"PK\x03\x04", "ends in .npy and is a zip archive"),
        ("a.csv", b"\x93NUMPY", "ends in .csv and is a .npy file"),
        ("a.pt", b"\x89HDF\r\n\x1a\n", "ends in .pt and is an .h5 file"),
        ("a.h5", b"PAR1", "ends in .h5 and is a .parquet file"),
    ],
)
def test_an_ending_that_lies_is_said(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says):
        load(tmp_path / name)


@extras
def test_data_in_other_files_are_not_followed(tmp_path: Path) -> None:
    import h5py

    (tmp_path / "secret").write_bytes(ROWS.tobytes())
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["x"] = ROWS
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("raw", ROWS.shape, "f4", external=str(tmp_path / "secret"))
        file["link"] = h5py.ExternalLink("b.h5", "/x")
        layout = h5py.VirtualLayout(shape=ROWS.shape, dtype="f4")
        layout[:] = h5py.VirtualSource(str(tmp_path / "b.h5"), "x", shape=ROWS.shape)
        file.create_virtual_dataset("virtual", layout)
    for key in ("raw", "virtual"):
        with pytest.raises(InputError, match="in other files"):
            read(tmp_path / "a.h5", key=key)
    with pytest.raises(InputError, match="holds no dataset 'link'"):
        read(tmp_path / "a.h5", key="link")


def with_images(folder: Path, **pixels: Any) -> None:
    from PIL import Image

    folder.mkdir()
    for name, values in pixels.items():
        Image.fromarray(np.asarray(values, dtype=np.uint8)).save(folder / f"{name}.png")


GREY = np.zeros((4, 5))


@extras
def test_folders_of_images_that_differ_or_are_transparent(tmp_path: Path) -> None:
    with_images(tmp_path / "sizes", a=GREY, b=GREY.T)
    with_images(tmp_path / "modes", a=GREY, b=np.zeros((4, 5, 3)))
    with_images(tmp_path / "clear", a=np.full((4, 5, 4), 254))
    with_images(tmp_path / "broken", a=GREY, b=GREY)
    whole = (tmp_path / "broken" / "b.png").read_bytes()
    (tmp_path / "broken" / "b.png").write_bytes(whole[:-20])
    (tmp_path / "none").mkdir()
    for folder, says in {
        "sizes": r"one size and mode: a\.png is \(4, 5\) uint8, b\.png is \(5, 4\)",
        "modes": r"one size and mode: a\.png is \(4, 5\) uint8, b\.png is \(3, 4, 5\)",
        "clear": r"transparent pixels in a\.png",
        "broken": r"broken image, b\.png",
        "none": "holds no images",
    }.items():
        with pytest.raises(InputError, match=says):
            read(tmp_path / folder)


@extras
def test_colour_of_16_bits_is_not_cut_to_8(tmp_path: Path) -> None:
    import struct
    import zlib

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    pixels = zlib.compress(b"".join(b"\0" + bytes(6 * 2) for _ in range(2)))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, 2, 0, 0, 0))
    tail = chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + tail)
    with pytest.raises(InputError, match="16-bit colour"):
        read(tmp_path)
    (tmp_path / "a.png").unlink()
    (tmp_path / "a.ppm").write_bytes(b"P6 2 1 65535\n" + bytes(12))
    with pytest.raises(InputError, match="16-bit colour"):
        read(tmp_path)


@extras
def test_a_parser_that_crashes_or_hangs_ends_its_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twinseed.readers import _isolated

    with_images(tmp_path / "images", a=GREY)
    starts = "-c", "import os, sys; sys.stdin.readline(); os.abort()"
    monkeypatch.setattr(_isolated, "CHILD", starts)
    with pytest.raises(InputError, match=r"its reader crashed \(-6\)"):
        load(tmp_path / "images")
    monkeypatch.setattr(_isolated, "CHILD", ("-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(_isolated, "SECONDS", 0.1)
    with pytest.raises(InputError, match=r"did not end in 0 seconds"):
        load(tmp_path / "images")
