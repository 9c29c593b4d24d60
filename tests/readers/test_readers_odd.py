"""Odd names, links and headers: the right rows or an InputError, and nothing sent to a terminal."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.readers.test_formats_hostile import ROWS, read, with_images

import twinseed as ts
from twinseed import InputError
from twinseed.errors import StoreError, escaped
from twinseed.readers import load, with_columns
from twinseed.tables import drawn_table

extras = pytest.mark.extras
RED = "\x1b[31mred"
SHOWN = r"\x1b[31mred"


def as_csv(path: Path) -> None:
    path.write_text(f"{RED},b\n1,x\n2,{RED}\n")


def as_parquet(path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({RED: [1.0, 2.0], "b": ["x", RED]}), path)


@pytest.mark.parametrize(
    ("name", "write"), [("a.csv", as_csv), pytest.param("a.parquet", as_parquet, marks=extras)]
)
def test_orders_to_a_terminal_in_a_table_are_shown_escaped(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    _, columns = with_columns({"train_a": read(tmp_path / name)})
    assert columns is not None
    assert [column.name for column in columns] == [SHOWN, "b"]
    assert columns[1].names == (f"b: {SHOWN}", "b: x")
    assert columns[1].shown(np.array([1.0, 0.0])) == f"most like {SHOWN}"


def as_npz(path: Path, *names: str) -> None:
    np.savez(path, **dict.fromkeys(names, ROWS))


def as_safetensors(path: Path, *names: str) -> None:
    import json

    entry = {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]}
    header = json.dumps(dict.fromkeys(names, entry)).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + ROWS.tobytes())


def as_pt(path: Path, *names: str) -> None:
    import torch

    torch.save({name: torch.ones(4, 3) for name in names}, path)


def as_h5(path: Path, *names: str) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for name in names:
            file[name] = ROWS


def as_zarr(path: Path, *names: str) -> None:
    import zarr

    for name in names:
        array = zarr.create_array(str(path), name=name, shape=(4, 3), dtype="f4", zarr_format=2)
        array[:] = ROWS


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.npz", as_npz),
        ("a.safetensors", as_safetensors),
        pytest.param("a.pt", as_pt, marks=extras),
        pytest.param("a.h5", as_h5, marks=extras),
        pytest.param("a.zarr", as_zarr, marks=extras),
    ],
)
def test_orders_to_a_terminal_in_the_name_of_an_array_are_shown_escaped(
    tmp_path: Path, name: str, write: Callable[..., None]
) -> None:
    path = tmp_path / name
    write(path, RED, "other")
    with pytest.raises(InputError, match=re.escape(SHOWN)) as caught:
        read(path)
    assert "\x1b" not in str(caught.value)
    assert read(path, key=RED).shape == (4, 3)


@extras
def test_orders_to_a_terminal_in_the_name_of_a_file_are_shown_escaped(tmp_path: Path) -> None:
    with_images(tmp_path / "images", **{RED: np.zeros((4, 5)), "b": np.zeros((5, 4))})
    for path in (tmp_path / "images", tmp_path / f"{RED}.npy", tmp_path / f"{RED}.doc"):
        with pytest.raises(InputError, match=re.escape(SHOWN)) as caught:
            read(path) if path.is_dir() else load(path)
        assert "\x1b" not in str(caught.value)
    with pytest.raises(StoreError, match=re.escape(SHOWN)) as refused:
        ts.load_sweep(tmp_path / RED)
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é, 雪, a\\b", "plain, é, 雪, a\\b"),
        ("a\nb\r\t\0\x7f\x9b", r"a\nb\r\t\x00\x7f\x9b"),
        ("\u202ereversed", r"\u202ereversed"),
        ("\udcff", r"\udcff"),
    ],
)
def test_what_cannot_be_printed_is_written_as_python_writes_it(text: str, shown: str) -> None:
    assert escaped(text) == shown
    assert shown in str(InputError("path", f"holds {text}", 1, "drop it"))
    table = drawn_table(["column"], [[text.replace("\n", "")]])
    assert all(line.isprintable() for line in table.splitlines())


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    for name in (
        "n" * 300 + ".npy",
        "n" * 300,
        "n" * 300 + ".npz#x",
        f"{tmp_path}/{'n/' * 3000}.h5",
    ):
        with pytest.raises(InputError, match="cannot be looked for"):
            load(name)
    with pytest.raises(InputError, match=r"a\\x00b"):
        load("a\0b.npy")


@extras
def test_links_out_of_a_folder_are_refused(tmp_path: Path) -> None:
    grey = np.zeros((4, 5))
    with_images(tmp_path / "outside", secret=grey)
    with_images(tmp_path / "images", a=grey)
    folder = tmp_path / "images"
    (folder / "b.png").symlink_to("a.png")
    (folder / "notes.txt").symlink_to(tmp_path / "outside" / "secret.png")
    (folder / "nowhere").symlink_to("nothing")
    assert read(folder).shape == (2, 4, 5), "a link inside is a copy; other files are ignored"
    (folder / "c.png").symlink_to("../outside/secret.png")
    for way in (read, load):
        with pytest.raises(InputError, match=r"link that leads out of it, c\.png.*copy the file"):
            way(folder)
    (folder / "c.png").unlink()
    (folder / "more").symlink_to("../outside")
    with pytest.raises(InputError, match=r"link to a folder, more.*copy the folder"):
        read(folder)
    as_zarr(tmp_path / "a.zarr", "x")
    chunk = next(path for path in (tmp_path / "a.zarr").rglob("*") if path.name == "0.0")
    chunk.rename(tmp_path / "chunk")
    chunk.symlink_to(tmp_path / "chunk")
    with pytest.raises(InputError, match="link that leads out of it"):
        read(tmp_path / "a.zarr")


@extras
@pytest.mark.parametrize(("bits", "offset"), [(20, 0), (20, 4), (32, 0), (31, 1)])
@pytest.mark.parametrize("signed", [True, False])
def test_hdf5_integers_of_any_precision(
    tmp_path: Path, bits: int, offset: int, signed: bool
) -> None:
    """In one piece, but not what the width says: HDF5 has to unpack them."""
    import h5py

    values = np.array([[0, 1, 5], [2000, 3, 2047]], np.int32 if signed else np.uint32)
    if signed:
        values[0, 2] = -7
    kind = (h5py.h5t.STD_I32LE if signed else h5py.h5t.STD_U32LE).copy()
    kind.set_precision(bits)
    kind.set_offset(offset)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        space = h5py.h5s.create_simple(values.shape)
        made = h5py.h5d.create(file.id, b"x", kind, space)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, values)
    np.testing.assert_array_equal(load(tmp_path / "a.h5"), values)


@extras
def test_parquet_columns_are_taken_by_place(tmp_path: Path) -> None:
    """An index in the middle is left out; a dot in a name is no path."""
    import pyarrow
    from pyarrow import parquet

    names = ["a.b", "__index_level_0__", "a", "b"]
    columns: list[Any] = [[1.0, 2.0], [b"x", b"y"], ["u", "v"], [3, 4]]
    parquet.write_table(pyarrow.table(columns, names=names), tmp_path / "a.parquet")
    table: Any = read(tmp_path / "a.parquet")
    assert table.names == ("a.b", "a", "b")
    assert table.columns[1].values == ("u", "v")
    np.testing.assert_array_equal(table.columns[2], [3, 4])


def test_headers_of_numpy_that_announce_too_much(tmp_path: Path) -> None:
    start = b"\x93NUMPY\x02\x00" + struct.pack("<I", 1 << 30)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("x.npy", start + bytes(1 << 20))
    (tmp_path / "a.npy").write_bytes(start + bytes(1000))
    for name in ("a.npy", "a.npz"):
        with pytest.raises(InputError, match="header has 1,073,741,824 bytes"):
            load(tmp_path / name)


@pytest.mark.parametrize(
    "shape",
    ["(-1, 3)", "(2, -3)", f"({1 << 62}, {1 << 62})", f"({1 << 63},)", "(0, 3)"],
)
def test_shapes_that_are_none(tmp_path: Path, shape: str) -> None:
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header = text.encode().ljust(117) + b"\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + ROWS.tobytes()
    (tmp_path / "a.npy").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("x.npy", content)
    for name in ("a.npy", "a.npz"):
        with pytest.raises(InputError):
            load(tmp_path / name)


def test_a_line_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from twinseed.readers import _text

    monkeypatch.setattr(_text, "_LONGEST", 1000)
    for text in ("1," * 600, "1,2\n" + "3," * 600, "a,b\nx," + "y" * 1200, "a" * 1000):
        (tmp_path / "a.csv").write_text(text)
        with pytest.raises(InputError, match="line of more than 1,000 characters"):
            load(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("1,2\n" * 1000)
    assert load(tmp_path / "a.csv").shape == (1000, 2)


def test_a_folder_is_left_as_soon_as_it_holds_too_much(tmp_path: Path) -> None:
    from twinseed.readers.source import Source

    for number in range(20):
        (tmp_path / f"{number}.png").write_bytes(b"x" * 100)
    assert Source("path", "a", tmp_path, limit=500).on_disk() == 500
