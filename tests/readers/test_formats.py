"""Every format gives the rows that were put into it."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

from twinseed import InputError
from twinseed.readers import Categories, Table, load, load_roles, load_rows, with_columns

IMAGES = np.random.default_rng(0).standard_normal((20, 3, 4, 5)).astype(np.float32)


def assert_read(path: object, expected: np.ndarray = IMAGES, mapped: bool = True) -> None:
    found = load(str(path))
    assert isinstance(found, np.ndarray)
    assert isinstance(found, np.memmap) == mapped
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def safetensors(path: Path, **tensors: np.ndarray) -> None:
    header, body = {}, b""
    for name, rows in tensors.items():
        kind = {"float32": "F32", "uint16": "BF16", "uint8": "U8", "bool": "BOOL"}[str(rows.dtype)]
        offsets = [len(body), len(body) + rows.nbytes]
        header[name] = {"dtype": kind, "shape": rows.shape, "data_offsets": offsets}
        body += rows.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)


def test_safetensors_are_mapped_without_another_package(tmp_path: Path) -> None:
    safetensors(tmp_path / "a.safetensors", x=IMAGES, y=IMAGES[:3])
    assert_read(f"{tmp_path}/a.safetensors#x")
    with pytest.raises(InputError, match=r"holds 2 tensors \(x, y\).*a\.safetensors#x"):
        load(tmp_path / "a.safetensors")
    halves = (IMAGES.view(np.uint32) >> 16).astype(np.uint16)
    safetensors(tmp_path / "b.safetensors", x=halves)
    exact = (halves.astype(np.uint32) << 16).view(np.float32)
    assert_read(tmp_path / "b.safetensors", exact, mapped=False)


@pytest.mark.extras
def test_safetensors_of_the_package_itself(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"x": IMAGES}, tmp_path / "a.safetensors", metadata={"made": "by hand"})
    assert_read(tmp_path / "a.safetensors")


@pytest.mark.extras
def test_tensors_of_torch(tmp_path: Path) -> None:
    import torch

    rows = torch.from_numpy(IMAGES)
    torch.save(rows, tmp_path / "a.pt")
    torch.save(
        {"x": rows.transpose(2, 3).requires_grad_(), "y": rows.bfloat16()}, tmp_path / "b.pt"
    )
    # one child process for all, since torch takes its time to load
    found = load_roles({name: f"{tmp_path}/{name}" for name in ("a.pt", "b.pt#x", "b.pt#y")})
    np.testing.assert_array_equal(found["a.pt"], IMAGES)
    np.testing.assert_array_equal(found["b.pt#x"], IMAGES.swapaxes(2, 3))
    np.testing.assert_array_equal(found["b.pt#y"], rows.bfloat16().float().numpy())


@pytest.mark.extras
def test_hdf5_in_one_piece_is_mapped_where_it_lies(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["group/x"] = IMAGES
        file.create_dataset("y", data=IMAGES.astype(">i2"), chunks=True, compression="gzip")
    assert_read(f"{tmp_path}/a.h5#group/x")
    mapped = load(f"{tmp_path}/a.h5#group/x")
    assert isinstance(mapped, np.memmap)
    assert Path(str(mapped.filename)).name == "a.h5"
    assert_read(f"{tmp_path}/a.h5#y", IMAGES.astype(">i2"))


@pytest.mark.extras
@pytest.mark.parametrize("version", [2, 3])
def test_zarr_in_a_folder_and_in_a_zip(tmp_path: Path, version: int) -> None:
    import zarr
    from zarr.storage import ZipStore

    zarr.save_array(str(tmp_path / "a.zarr"), IMAGES, zarr_format=version)
    group = zarr.open_group(str(tmp_path / "g.zarr"), mode="w", zarr_format=version)
    for name, rows in {"inner/x": IMAGES, "y": IMAGES[:2]}.items():
        group.create_array(name, shape=rows.shape, dtype=rows.dtype, chunks=(7, 3, 4, 5))[:] = rows
    with ZipStore(str(tmp_path / "a.zip"), mode="w") as store:
        zarr.save_array(store, IMAGES, zarr_format=version)
    found = load_roles(
        {name: f"{tmp_path}/{name}" for name in ("a.zarr", "g.zarr#inner/x", "a.zip")}
    )
    for rows in found.values():
        np.testing.assert_array_equal(rows, IMAGES)
    with pytest.raises(InputError, match=r"holds 2 arrays \(inner/x, y\)"):
        load(tmp_path / "g.zarr")


@pytest.mark.extras
def test_parquet_with_categories_and_the_index_of_pandas(tmp_path: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "size": [1.5, 2, 3],
            "kind": pd.Categorical(["u", "v", "u"]),
            "word": ["a", None, "b"],
            "yes": [True, False, True],
        },
        index=[7, 8, 9],
    )
    frame.to_parquet(tmp_path / "a.parquet")
    table = load(tmp_path / "a.parquet")
    assert isinstance(table, Table)
    assert table.names == ("size", "kind", "word", "yes")
    assert table.columns[2].values == ("a", "(missing)", "b")
    np.testing.assert_array_equal(table.columns[3], [1, 0, 1])
    frame[["size", "yes"]].to_parquet(tmp_path / "b.parquet", index=False)
    np.testing.assert_array_equal(load_rows(tmp_path / "b.parquet"), [[1.5, 1], [2, 0], [3, 1]])


def image(pixels: np.ndarray, kind: str, mode: str | None = None) -> bytes:
    from PIL import Image

    made = Image.fromarray(pixels)
    buffer = io.BytesIO()
    (made if mode is None else made.convert(mode)).save(
        buffer, kind, **{"lossless": True} if kind == "webp" else {}
    )
    return buffer.getvalue()


GREY = np.arange(0, 240, 12, dtype=np.uint8).reshape(4, 5)
COLOUR = np.stack([GREY, GREY[::-1], GREY[:, ::-1]], axis=-1)


@pytest.mark.extras
@pytest.mark.parametrize(
    ("kind", "pixels", "mode", "expected"),
    [
        ("png", GREY, None, GREY),
        ("ppm", GREY, None, GREY),
        ("tiff", GREY, None, GREY),
        ("webp", COLOUR, None, np.moveaxis(COLOUR, -1, 0)),
        ("png", COLOUR, None, np.moveaxis(COLOUR, -1, 0)),
        ("png", COLOUR, "RGBA", np.moveaxis(COLOUR, -1, 0)),
        ("png", GREY, "P", np.stack([GREY] * 3)),
        ("png", GREY > 100, None, np.uint8(255) * (GREY > 100)),
        ("png", GREY.astype(np.uint16) * 257, None, GREY.astype(np.uint16) * 257),
        ("tiff", GREY.astype(np.uint16) * 257, None, GREY.astype(np.uint16) * 257),
        ("tiff", GREY.astype(np.float32) / 7, None, GREY.astype(np.float32) / 7),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_images_keep_their_range_in_the_order_of_their_names(
    tmp_path: Path, kind: str, pixels: np.ndarray, mode: str | None, expected: np.ndarray
) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "labels.csv").write_text("a")
    other = pixels[::-1].copy()
    (tmp_path / "deeper" / f"a.{kind}").write_bytes(image(other, kind, mode))
    (tmp_path / f"z.{kind}").write_bytes(image(pixels, kind, mode))
    assert_read(tmp_path, np.stack([np.flip(expected, -2), expected]))


def test_files_of_several_roles_are_named_by_role(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", IMAGES)
    (tmp_path / "b.npy").touch()
    with pytest.raises(InputError, match=r"heldout must not be an empty file \(got .*b\.npy\)"):
        load_roles({"train_a": tmp_path / "a.npy", "heldout": tmp_path / "b.npy"})


@pytest.mark.extras
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    import h5py

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("x", data=IMAGES, chunks=True)
    found = load(tmp_path / "a.h5")
    assert os.listdir(scratch) == []
    np.testing.assert_array_equal(found, IMAGES)


def told(table: object) -> tuple[tuple[str, ...] | None, list[object]]:
    """Return the names of a table and its cells, words as words."""
    assert isinstance(table, Table)
    cells = [
        [one.values[code] for code in one.codes] if isinstance(one, Categories) else one.tolist()
        for one in table.columns
    ]
    return table.names, cells


@pytest.mark.extras
def test_one_table_in_every_format(tmp_path: Path) -> None:
    """Each file is written by the library of its format."""
    import pandas as pd
    import pyarrow
    from pyarrow import ipc

    frame = pd.DataFrame({"size": [1.5, 2.25, np.nan], "word": ["a", None, "b"], "n": [1, 2, 3]})
    for name in ("a.csv", "a.csv.gz", "b.tsv"):
        frame.to_csv(tmp_path / name, index=False, sep="\t" if "tsv" in name else ",")
    packed = pyarrow.compress((tmp_path / "a.csv").read_bytes(), codec="zstd", asbytes=True)
    (tmp_path / "a.csv.zst").write_bytes(packed)
    for name, sheet in (("a.xlsx", "one"), ("b.xlsx", "two")):
        frame.to_excel(tmp_path / name, index=False, sheet_name=sheet)
    frame.to_feather(tmp_path / "a.feather")
    with ipc.new_stream(tmp_path / "a.arrow", pyarrow.table(frame).schema) as writer:
        writer.write_table(pyarrow.table(frame))
    frame.to_parquet(tmp_path / "a.parquet")
    for name in ("a.jsonl", "a.jsonl.gz"):
        frame.to_json(tmp_path / name, orient="records", lines=True)
    names = sorted(path.name for path in tmp_path.iterdir())
    found = load_roles({name: tmp_path / name for name in names})
    expected = (("size", "word", "n"), [[1.5, 2.25, np.nan], ["a", "(missing)", "b"], [1, 2, 3]])
    for name in names:
        np.testing.assert_equal(told(found[name]), expected, err_msg=name)
    with pytest.raises(InputError, match=r"no sheet 'three'.*it holds one"):
        load(f"{tmp_path}/a.xlsx#three")


@pytest.mark.extras
def test_cells_of_a_sheet_as_a_person_sees_them(tmp_path: Path) -> None:
    from datetime import date, datetime, time, timedelta

    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "people"
    for row in (
        ["when", "day", "at", "took", "ok"],
        [datetime(2020, 1, 1, 12), date(2020, 1, 2), time(1, 30), timedelta(hours=2), True],
        [None, None, None, None, False],
        [],
        ["", "", "", "", None],
    ):
        book.active.append(row)
    book.create_sheet("empty")
    book.save(tmp_path / "a.xlsx")
    arrays, columns = with_columns({"train_a": load(f"{tmp_path}/a.xlsx#people")})
    assert columns is not None
    assert [one.kind for one in columns if one.kind != "missing"] == [
        *("date", "date", "duration", "duration", "yes/no")
    ]
    assert arrays["train_a"][0, [0, 3, 6, 9]].tolist() == [18262.5, 18263, 5400, 7200]


@pytest.mark.extras
def test_frames_of_every_library(tmp_path: Path) -> None:
    import pandas as pd
    import polars as pl
    import pyarrow

    columns = {"size": [1.5, 2.25, None], "word": ["a", None, "b"], "ok": [True, False, None]}
    when = pd.to_datetime(["2020-01-01T00:00", "2020-01-02T12:00", None])
    plain = pd.DataFrame({**columns, "when": when, "took": when - when[0]})
    nullable = plain.convert_dtypes()
    arrow = plain.convert_dtypes(dtype_backend="pyarrow")
    polars = pl.from_arrow(pyarrow.table(plain))
    frames = {
        "pandas": plain,
        "nullable": nullable,
        "arrow": arrow,
        "polars": polars,
        "lazy": polars.lazy(),
        "pyarrow": pyarrow.table(plain),
    }
    (tmp_path / "a.csv").write_text(
        "size,word,ok,when,took\n1.5,a,True,2020-01-01,0 days\n"
        "2.25,,False,2020-01-02 12:00,1 days 12:00:00\n,b,,,\n"
    )
    found, layout = with_columns({"train_a": load(tmp_path / "a.csv"), **frames})
    for name in frames:
        np.testing.assert_allclose(found[name], found["train_a"], err_msg=name)
    assert layout is not None
    assert [one.kind for one in layout] == [
        *("number", "missing", "words", "yes/no", "date", "missing", "duration", "missing")
    ]


@pytest.mark.extras
def test_frames_with_orders_periods_and_columns_that_no_row_can_have() -> None:
    import pandas as pd

    pain = pd.Categorical(["high", "low", None], ["low", "some", "high"], ordered=True)
    quarters = pd.period_range("2020Q1", periods=3, freq="Q")
    frame = pd.DataFrame({"pain": pain, "number": pd.Categorical([3, 4, 3]), "q": quarters})
    arrays, columns = with_columns({"train_a": frame})
    assert columns is not None
    assert [one.kind for one in columns] == ["ordered", "missing", "number", "number"]
    assert arrays["train_a"][:2, 0].tolist() == [2, 0]
    other = frame.assign(pain=pd.Categorical(["low", "high", "low"], ["high", "low"], ordered=True))
    with pytest.raises(InputError, match="another order of the words of column 'pain'"):
        with_columns({"train_a": frame, "heldout": other})
