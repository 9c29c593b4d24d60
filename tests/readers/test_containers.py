"""Files of arrays as others write them: which array is meant, in what order, in what unit."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from twinseed import InputError
from twinseed.readers import ReadOptions, as_arrays, load, load_roles, words_of

pytestmark = pytest.mark.usefixtures("read_here")

DRAW = np.random.default_rng(0)
IMAGES = DRAW.integers(0, 256, (6, 8, 9, 3)).astype(np.uint8)


def test_images_with_channels_last_are_turned_where_the_others_say_so(tmp_path: Path) -> None:
    np.savez(tmp_path / "made.npz", arr_0=IMAGES, arr_1=np.arange(6))
    np.save(tmp_path / "first.npy", np.moveaxis(IMAGES, -1, 1))
    both = {"train_a": tmp_path / "first.npy", "samples_a": tmp_path / "made.npz"}
    found = load_roles(both)
    np.testing.assert_array_equal(found["samples_a"], found["train_a"])
    assert found.notes == (
        "samples_a: of 2 arrays the one with rows is read, #arr_0",
        "samples_a: images N x H x W x C are read as N x C x H x W",
    )
    assert load(tmp_path / "made.npz").shape == IMAGES.shape
    asked = load(tmp_path / "made.npz", reading=ReadOptions(layout="NHWC"))
    assert asked.shape == (6, 3, 8, 9)
    with pytest.raises(InputError, match="layout must be that of an array"):
        load(tmp_path / "first.npy", reading=ReadOptions(layout="NHWC"))


def test_a_range_is_moved_to_that_of_pictures(tmp_path: Path) -> None:
    np.save(tmp_path / "real.npy", IMAGES)
    np.save(tmp_path / "made.npy", (IMAGES / 127.5 - 1).astype(np.float32))
    both = {"train_a": tmp_path / "real.npy", "samples_a": tmp_path / "made.npy"}
    found = load_roles(both, reading=ReadOptions(range=(-1.0, 1.0)))
    np.testing.assert_allclose(found["samples_a"], IMAGES, atol=1e-3)
    assert found["train_a"].dtype == np.uint8
    assert found.notes == ("samples_a: values from -1 to 1 are moved to 0 to 255",)
    with pytest.raises(InputError, match=r"range must be the range of an array.*samples_a is"):
        load_roles(both, reading=ReadOptions(range=(0.0, 0.1)))


def test_columns_that_are_missing_everywhere_are_left_out(tmp_path: Path) -> None:
    fields = DRAW.standard_normal((5, 4, 6))
    fields[:, 1, 2:] = np.nan
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", fields)
    found = load_roles({"train_a": tmp_path / "a.npy", "samples_a": tmp_path / "b.npy"})
    assert found["train_a"].shape == (5, 20)
    assert "train_a: 4 of 24 columns are missing in all rows, and left out" in found.notes
    fields[0, 0, 0] = np.nan
    np.save(tmp_path / "b.npy", fields)
    assert load_roles({"a": tmp_path / "a.npy", "b": tmp_path / "b.npy"})["a"].shape == (5, 20)


def test_idx_files(tmp_path: Path) -> None:
    rows = IMAGES[..., 0]
    content = b"\0\0\x08\x03" + np.array(rows.shape, ">u4").tobytes() + rows.tobytes()
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    (tmp_path / "train-images.idx3-ubyte").write_bytes(content)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
    for path in tmp_path.iterdir():
        np.testing.assert_array_equal(load(path), rows)
    for bad in (content[:-1], content + b"x", b"\0\0\x08\x03", b"\1\0\x08\x03", content[:9]):
        (tmp_path / "a.idx").write_bytes(bad)
        with pytest.raises(InputError, match=r"idx|truncated"):
            load(tmp_path / "a.idx")


@pytest.mark.parametrize("form", ["csr", "csc"])
def test_sparse_matrices_of_scipy(tmp_path: Path, form: str) -> None:
    from scipy import sparse

    rows = sparse.random(20, 30, 0.2, format=form, random_state=0)
    sparse.save_npz(tmp_path / "a.npz", rows)
    np.testing.assert_array_equal(load(tmp_path / "a.npz"), rows.toarray())
    with np.load(tmp_path / "a.npz") as parts:
        broken = dict(parts) | {"indices": parts["indices"] + 1000}
    np.savez(tmp_path / "b.npz", **broken)
    with pytest.raises(InputError, match="damaged"):
        load(tmp_path / "b.npz")


def test_what_is_no_sample_is_told_to_be_what_it_is(tmp_path: Path) -> None:
    np.savez(tmp_path / "fid.npz", mu=np.zeros(4), sigma=np.eye(4))
    np.savez(tmp_path / "net.npz", **{"layer.weight": np.eye(4), "layer.bias": np.ones(4)})
    with pytest.raises(InputError, match="FID statistics"):
        load(tmp_path / "fid.npz")
    with pytest.raises(InputError, match="weights of a model"):
        load(tmp_path / "net.npz")
    assert load(f"{tmp_path}/fid.npz#sigma").shape == (4, 4)


@pytest.mark.extras
def test_files_of_torch(tmp_path: Path) -> None:
    import torch

    net = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8))
    images = torch.from_numpy(IMAGES)
    for name, held in {
        "net": net.state_dict(),
        "check": {"model": net.state_dict(), "step": 3},
        "mnist": (images, torch.arange(6)),
        "batches": [images[:4], images[4:]],
    }.items():
        torch.save(held, tmp_path / f"{name}.pt")
    found = load_roles({name: tmp_path / f"{name}.pt" for name in ("mnist", "batches")})
    for rows in found.values():
        np.testing.assert_array_equal(rows, IMAGES)
    assert found.notes == (
        "mnist: of 2 tensors the one with rows is read, #0",
        "batches: 2 batches are joined",
    )
    with pytest.raises(InputError, match="weights of a model"):
        load(tmp_path / "net.pt")
    with pytest.raises(InputError, match="checkpoint of a model"):
        load(tmp_path / "check.pt")


@pytest.mark.extras
def test_packed_numbers_of_climate_files(tmp_path: Path) -> None:
    """Written by xarray in classic NetCDF, NetCDF by h5py, and zarr."""
    import h5py
    import xarray as xr
    from scipy.io import netcdf_file

    truth = 280 + DRAW.standard_normal((5, 4, 6))
    truth[:, 0, 0] = np.nan
    scale, offset = 0.001, 280.0
    packed = np.where(np.isnan(truth), -32768, np.round((truth - offset) / scale)).astype("i2")
    about = {"scale_factor": scale, "add_offset": offset, "_FillValue": np.int16(-32768)}
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("t2m", data=packed, chunks=True).attrs.update(about)
        file["time"] = np.arange(5)
    with netcdf_file(tmp_path / "a.nc", "w") as file:
        for name, size in zip("tyx", truth.shape, strict=True):
            file.createDimension(name, size)
        variable = file.createVariable("t2m", "i2", tuple("tyx"))
        variable[:] = packed
        for name, value in about.items():
            setattr(variable, name, value)
        file.createVariable("x", "f8", ("x",))[:] = np.arange(6)
    data = xr.Dataset({"t2m": (("t", "y", "x"), truth)}, {"x": np.arange(6.0)})
    for version in (2, 3):
        data.to_zarr(
            str(tmp_path / f"v{version}.zarr"),
            encoding={"t2m": {"dtype": "i2", **about}},
            zarr_format=version,
            consolidated=False,
        )
    names = ("a.h5", "a.nc", "v2.zarr", "v3.zarr")
    for name in names:
        found = load_roles({"train_a": tmp_path / name})
        rows = found["train_a"]
        assert rows.shape == (5, 23), name
        np.testing.assert_allclose(rows, truth.reshape(5, -1)[:, 1:], atol=scale)
        assert any("unpacked by scale_factor" in note for note in found.notes)
        assert any("1 of 24 columns are missing in all rows" in note for note in found.notes)


@pytest.mark.extras
def test_cells_by_genes(tmp_path: Path) -> None:
    """The groups that AnnData, 10x and loom write, made by h5py as these libraries lay them out."""
    import h5py
    from scipy import sparse

    truth = sparse.random(12, 7, 0.4, format="csr", random_state=0, dtype=np.float32)
    cells = truth.toarray()
    for form in ("csr", "csc"):
        matrix = truth.asformat(form)
        with h5py.File(tmp_path / f"{form}.h5ad", "w") as file:
            for place in ("X", "layers/counts"):
                group = file.create_group(place)
                group.attrs.update({"encoding-type": f"{form}_matrix", "shape": truth.shape})
                for part in ("data", "indices", "indptr"):
                    group[part] = getattr(matrix, part)
            file["obs/age"] = np.arange(12)
            file["obs/donor/codes"] = np.arange(12, dtype=np.int8) % 3 - 1
            file["obs/donor/categories"] = ["x", "y"]
            file["obs/_index"] = [f"cell {k}" for k in range(12)]
    with h5py.File(tmp_path / "dense.h5ad", "w") as file:
        file["X"] = cells
        file["obsm/X_pca"] = cells[:, :2]
    with h5py.File(tmp_path / "tenx.h5", "w") as file:
        turned = truth.T.tocsc()
        for part in ("data", "indices", "indptr"):
            file[f"matrix/{part}"] = getattr(turned, part)
        file["matrix/shape"] = np.array(turned.shape)
        file["matrix/barcodes"] = np.array([b"x"] * 12)
    with h5py.File(tmp_path / "a.loom", "w") as file:
        file["matrix"] = cells.T
        file["layers/counts"] = cells.T
    names = ("csr.h5ad", "csc.h5ad", "csr.h5ad#layers/counts", "dense.h5ad", "tenx.h5", "a.loom")
    for name, rows in load_roles({name: f"{tmp_path}/{name}" for name in names}).items():
        np.testing.assert_array_equal(rows, cells, err_msg=name)
    donors = words_of(load(f"{tmp_path}/csr.h5ad#obs/donor"))
    assert donors[:4] == ["(missing)", "x", "y", "(missing)"]
    assert words_of(load(f"{tmp_path}/csr.h5ad#obs/_index"))[2] == "cell 2"


@pytest.mark.extras
def test_files_of_matlab(tmp_path: Path) -> None:
    from scipy import sparse
    from scipy.io import savemat

    rows = DRAW.standard_normal((6, 4))
    savemat(tmp_path / "a.mat", {"rows": rows, "step": 3, "name": "me", "cell": {"x": 1}})
    savemat(tmp_path / "b.mat", {"rows": sparse.csr_matrix(rows)})
    for name in ("a.mat", "b.mat"):
        np.testing.assert_array_equal(load(tmp_path / name), rows)


class Pairs:
    """A data set as torch has them: items are a row and a label."""

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> tuple[np.ndarray, int]:
        return self.rows[place], place % 2


class Entries(Pairs):
    """A data set as Hugging Face has them: items are dictionaries."""

    def __getitem__(self, place: int) -> dict[str, object]:  # type: ignore[override]  # as theirs
        return {"image": self.rows[place], "label": place % 2}


class Cells:
    """What of an AnnData is looked at."""

    def __init__(self, rows: object) -> None:
        self.X, self.obs, self.var = rows, None, None


def test_objects_that_hold_rows_in_their_own_way() -> None:
    from scipy import sparse

    rows = np.moveaxis(IMAGES, -1, 1)
    flat = rows.reshape(6, -1)
    same = {
        "batches of images": [rows[:3], rows[3:]],
        "batches of unequal length": [flat[:4], flat[4:]],
        "rows": list(flat),
        "images": list(rows),
        "pairs": Pairs(rows),
        "entries": Entries(rows),
        "cells": Cells(flat),
        "sparse cells": Cells(sparse.csr_matrix(flat)),
    }
    for name, given in same.items():
        found = as_arrays({"train_a": given})["train_a"]
        np.testing.assert_array_equal(found.reshape(6, -1), flat, err_msg=name)
    with pytest.raises(InputError, match="train_a must hold rows of one shape"):
        as_arrays({"train_a": [rows, rows[:, :2]]})


@pytest.mark.extras
def test_data_sets_and_loaders_of_torch() -> None:
    import torch
    from PIL import Image
    from torch.utils.data import DataLoader, TensorDataset

    data = TensorDataset(torch.from_numpy(IMAGES), torch.arange(6))
    for given in (data, DataLoader(data, batch_size=4)):
        np.testing.assert_array_equal(as_arrays({"train_a": given})["train_a"], IMAGES)
    pictures = [Image.fromarray(one) for one in IMAGES]
    found = as_arrays({"train_a": Pairs(pictures)})["train_a"]  # type: ignore[arg-type]  # a list
    np.testing.assert_array_equal(found, np.moveaxis(IMAGES, -1, 1))
