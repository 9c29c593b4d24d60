"""Small valid files of every format, as bytes, and ways to damage them."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["KEYS", "PLACES", "SEEDS", "damaged", "laid_out"]

ROWS = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)

PLACES = {
    "csv": "a.csv",
    "feather": "a.feather",
    "h5": "a.h5",
    "idx": "a.idx",
    "images": "images/a",
    "jsonl": "a.jsonl",
    "mat": "a.mat",
    "mtx": "a.mtx",
    "mtx folder": "tenx",
    "nc": "a.nc",
    "npy": "a.npy",
    "npz": "a.npz",
    "parquet": "a.parquet",
    "pt": "a.pt",
    "safetensors": "a.safetensors",
    "tar": "a.tar",
    "tar labels": "a.tar",
    "xlsx": "a.xlsx",
    "zarr": "a.zip",
    "zarr folder": "a.zarr",
    "zip": "a.zip",
    "zip labels": "a.zip",
    "zst": "a.csv.zst",
}
"""Where the bytes of a format are put, in an empty folder."""

KEYS = {"tar labels": "cls", "zip labels": "label"}
"""What is named behind the #, where it is not the rows that are read."""


def _saved(write: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def _csv() -> list[bytes]:
    return [
        b"1,2\n3,4\n",
        b"size,colour\n1,red\n2.5,blue\n,red\n",
        b'"a, b",c\n1e3,2\n',
        "größe;tag\n1.234,5;31.01.2020\n12 %;NA\n".encode("utf-16"),
        b"id|seen|on\n1|14:05|yes\n2|PT9S|0\n",
    ]


def _npy() -> list[bytes]:
    return [
        _saved(lambda to: np.save(to, ROWS)),
        _saved(lambda to: np.save(to, np.asfortranarray(ROWS.astype(">i4")))),
    ]


def _npz() -> list[bytes]:
    return [
        _saved(lambda to: np.savez(to, ROWS)),
        _saved(lambda to: np.savez_compressed(to, ROWS)),
    ]


def _safetensors() -> list[bytes]:
    found = []
    for kind, rows in (("F32", ROWS), ("BF16", ROWS.view(np.uint16)[:, 1::2])):
        offsets = [0, rows.nbytes]
        header = json.dumps({"x": {"dtype": kind, "shape": rows.shape, "data_offsets": offsets}})
        found.append(len(header).to_bytes(8, "little") + header.encode() + rows.tobytes())
    return found


def _pt() -> list[bytes]:
    import torch

    rows = torch.from_numpy(ROWS)
    return [
        _saved(lambda to: torch.save(rows, to)),
        _saved(lambda to: torch.save({"x": rows.bfloat16().T}, to)),
    ]


def _h5() -> list[bytes]:
    import h5py

    found = [_tenx(h5py)]
    for options in ({}, {"chunks": (2, 4), "compression": "gzip", "shuffle": True}):
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file.create_dataset("group/x", data=ROWS, **options)
        found.append(buffer.getvalue())
    return found


def _tenx(h5py: Any) -> bytes:
    """Return cells by genes as 10x writes them, with a column of AnnData beside them."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        parts = {"data": [1, 2, 3], "indices": [0, 1, 0], "indptr": [0, 2, 3], "shape": [2, 2]}
        for name, values in parts.items():
            file[f"matrix/{name}"] = values
        file["matrix/features/id"] = [b"x", b"y"]
        file["matrix/features/feature_type"] = [b"Gene Expression", b"Antibody Capture"]
        file["obs/donor/codes"], file["obs/donor/categories"] = [0, -1], [b"p"]
    return buffer.getvalue()


def _mtx() -> list[bytes]:
    head = b"%%MatrixMarket matrix "
    return [
        head + b"coordinate integer general\n% cells\n2 3 3\n1 1 5\n2 3 1\n1 2 7\n",
        head + b"array real general\n2 2\n0.5\n1\n2\n3e1\n",
        head + b"coordinate pattern symmetric\n2 2 2\n1 1\n2 1\n",
    ]


def _mtx_folder() -> list[bytes]:
    files = {
        "matrix.mtx": _mtx()[0],
        "barcodes.tsv": b"a-1\nb-1\nc-1\n",
        "features.tsv": b"g1\tx\tGene Expression\ng2\ty\tAntibody Capture\n",
    }
    return [b"\0FILE\0".join(name.encode() + b"\0" + body for name, body in files.items())]


def _table() -> Any:
    import pyarrow

    return pyarrow.table({"n": ROWS[:, 0], "k": [1, 2, None, 4, 5, 6], "c": list("abcabc")})


def _feather() -> list[bytes]:
    from pyarrow import ipc

    found = []
    for form in (ipc.new_file, ipc.new_stream):
        buffer = io.BytesIO()
        with form(buffer, _table().schema) as writer:
            writer.write_table(_table())
        found.append(buffer.getvalue())
    return found


def _idx() -> list[bytes]:
    rows = b"\0\0\x08\x02" + np.array([6, 4], ">u4").tobytes() + bytes(range(24))
    return [rows, gzip.compress(rows)]


def _mat() -> list[bytes]:
    from scipy import io as scipy_io

    return [_saved(lambda to: scipy_io.savemat(to, {"x": ROWS, "name": "me"})), _mat_73()]


def _mat_73() -> bytes:
    """Return a .mat of version 7.3: HDF5 behind 512 bytes, with the axes in reverse order."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w", userblock_size=512) as file:
        file["x"] = ROWS.T
        file["x"].attrs["MATLAB_class"] = np.bytes_("single")
    return b"MATLAB 7.3 MAT-file".ljust(124, b" ") + b"\0\2IM" + buffer.getvalue()[128:]


def _nc() -> list[bytes]:
    from scipy.io import netcdf_file

    buffer = io.BytesIO()
    with netcdf_file(buffer, "w") as file:
        file.createDimension("row", 6)
        file.createDimension("column", 4)
        packed = file.createVariable("x", "i2", ("row", "column"))
        packed[:] = np.arange(24).reshape(6, 4)
        packed.scale_factor = 0.5
        file.flush()
        found = buffer.getvalue()
    return [found, _nc4()]


def _nc4() -> bytes:
    """Return a NetCDF on HDF5, with a coordinate of times."""
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file["time"] = np.arange(6)
        file["time"].attrs["units"] = "hours since 2020-01-01"
        file["time"].make_scale("time")
        file["x"] = ROWS
        file["x"].dims[0].attach_scale(file["time"])
    return buffer.getvalue()


def _tar() -> list[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for k, content in enumerate((_images()[0], b"3")):
            member = tarfile.TarInfo("a.cls" if k else "a.png")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return [buffer.getvalue()]


def _zip() -> list[bytes]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", _images()[0])
        archive.writestr("dataset.json", "{}")
    return [buffer.getvalue()]


def _zip_labels() -> list[bytes]:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", _images()[0])
        archive.writestr("b.png", _images()[0])
        archive.writestr("dataset.json", '{"labels": [["a.png", 3], ["b.png", [0.5, 1]]]}')
    return [buffer.getvalue()]


def _jsonl() -> list[bytes]:
    return [b'{"n": 1.5, "c": "a", "t": true}\n{"n": null, "c": "b", "t": false}\n']


def _zst() -> list[bytes]:
    import pyarrow

    return [pyarrow.compress(one, codec="zstd", asbytes=True) for one in _csv()]


def _xlsx() -> list[bytes]:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (["size", "kind"], [1.5, "a"], [2, None]):
        book.active.append(row)
    return [_saved(book.save)]


def _parquet() -> list[bytes]:
    from pyarrow import parquet

    table = _table()
    encoded = table.set_column(2, "c", table["c"].dictionary_encode())
    return [
        _saved(lambda to: parquet.write_table(encoded, to)),
        _saved(lambda to: parquet.write_table(table, to, compression="gzip", use_dictionary=False)),
    ]


def _images() -> list[bytes]:
    from PIL import Image

    grey = Image.fromarray((ROWS * 60 + 128).clip(0, 255).astype(np.uint8))
    deep = Image.fromarray((ROWS * 9000 + 32768).clip(0, 65535).astype(np.uint16))
    kinds = [(grey, "png"), (grey, "ppm"), (grey, "tiff"), (deep, "png"), (deep, "tiff")]
    kinds += [(grey.convert("RGB"), kind) for kind in ("png", "jpeg", "webp", "ppm")]
    kinds += [(grey.convert("P"), "png")]
    return [_saved(lambda to, i=i, k=k: i.save(to, k)) for i, k in kinds]  # type: ignore[misc]  # the defaults bind the loop's values


def _zarr() -> list[bytes]:
    """Return zipped stores, and unzipped ones as in ``laid_out``."""
    import tempfile
    from pathlib import Path

    import zarr
    from zarr.storage import ZipStore

    found = []
    for version in (2, 3):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.zip"
            with ZipStore(str(path), mode="w") as store:
                array = zarr.create_array(
                    store, shape=ROWS.shape, chunks=(3, 4), dtype="f4", zarr_format=version
                )
                array[:] = ROWS
            found.append(path.read_bytes())
    return found


def _zarr_folder() -> list[bytes]:
    found = []
    for content in _zarr():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {info.filename: archive.read(info) for info in archive.infolist()}
        found.append(b"\0FILE\0".join(name.encode() + b"\0" + files[name] for name in files))
    return found


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "csv": _csv,
    "feather": _feather,
    "h5": _h5,
    "idx": _idx,
    "images": _images,
    "jsonl": _jsonl,
    "mat": _mat,
    "mtx": _mtx,
    "mtx folder": _mtx_folder,
    "nc": _nc,
    "npy": _npy,
    "npz": _npz,
    "parquet": _parquet,
    "pt": _pt,
    "safetensors": _safetensors,
    "tar": _tar,
    "tar labels": _tar,
    "xlsx": _xlsx,
    "zarr": _zarr,
    "zarr folder": _zarr_folder,
    "zip": _zip,
    "zip labels": _zip_labels,
    "zst": _zst,
}


def laid_out(kind: str, content: bytes, folder: str) -> str:
    """Put the bytes of one format into a folder, and return the path to read."""
    from pathlib import Path

    path = Path(folder) / PLACES[kind]
    if kind.endswith(" folder"):
        for part in content.split(b"\0FILE\0"):
            name, _, body = part.partition(b"\0")
            place = path / name.decode("ascii", "replace")
            with contextlib.suppress(OSError, ValueError):  # a damaged name may be none
                if path.resolve() in place.resolve().parents:
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(body)
        path.mkdir(exist_ok=True)
        return str(path)
    if kind == "images":
        path = path.with_suffix(".png")
        path.parent.mkdir()
        path.write_bytes(content)
        return str(path.parent)
    path.write_bytes(content)
    return str(path)


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Return the bytes after a few of: flips, extreme numbers, cuts, repeats."""
    found = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        place = int(rng.integers(0, max(1, len(found))))
        width = int(2 ** rng.integers(0, 4))
        way = rng.integers(0, 5)
        if way == 0:
            found[place : place + 1] = bytes([rng.integers(0, 256)])
        elif way == 1:
            extreme = rng.choice([0, 1, 127, 128, 255])
            found[place : place + width] = bytes([extreme] * width)
        elif way == 2 and rng.random() < 0.3:
            del found[place:]
        elif way == 3:
            del found[place : place + width]
        else:
            found[place:place] = found[place : place + width]
    return bytes(found)
