"""Make the files that inputs.md reads, in the working folder: small images and a small table.

``python -m docs.make_inputs --page``, from the root of the repository, also puts what ``twinseed
inspect`` prints of each file into inputs.md.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ENCODER = '''"""An encoder: images in, features out, every image by itself."""

import numpy as np


def means(images):
    """Return the mean of each channel and each row of pixels' mean."""
    return np.concatenate([images.mean(axis=(2, 3)), images.mean(axis=(1, 3))], axis=1)
'''


def images(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return colour images of 4 x 4 pixels, brighter or darker as a whole."""
    light = 128 + 40 * rng.standard_normal((count, 1, 1, 1))
    noise = 20 * rng.standard_normal((count, 3, 4, 4))
    return (light + noise).clip(0, 255).astype(np.uint8)


INSPECTED = (
    *("people.csv", "people.tsv.gz", "people.xlsx", "people.feather", "people.jsonl"),
    *(
        "people.parquet",
        "made.npy",
        "all.npz#made",
        "all.safetensors#made",
        "made.pt",
        "all.h5#images/made",
    ),
    *("all.zarr#made", "made", "made.zip", "made.tar", "made.mat", "made-idx4-ubyte.gz"),
    *("cells.h5", "cells", "field.nc"),
)
"""What the page shows ``twinseed inspect`` of."""


def other_formats(people: pd.DataFrame, made: np.ndarray) -> None:
    """Write the table and the samples in the formats that only ``inspect`` reads on the page."""
    import gzip
    import shutil
    import tarfile

    import h5py
    import xarray as xr
    from scipy import sparse
    from scipy.io import mmwrite, savemat

    people.to_csv("people.tsv.gz", sep="\t", index=False)
    people.to_excel("people.xlsx", index=False)
    people.to_feather("people.feather")
    people.to_json("people.jsonl", orient="records", lines=True)
    savemat("made.mat", {"made": made.reshape(len(made), -1), "step": 3})
    sizes = np.array(made.shape, ">u4").tobytes()
    Path("made-idx4-ubyte.gz").write_bytes(gzip.compress(b"\0\0\x08\4" + sizes + made.tobytes()))
    shutil.make_archive("made", "zip", "made")
    with tarfile.open("made.tar", "w") as archive:
        archive.add("made")
    rng = np.random.default_rng(1)
    genes = sparse.csc_matrix(rng.poisson(0.4, (30, 50)))  # genes by cells, as 10x writes them
    with h5py.File("cells.h5", "w") as file:
        for part in ("data", "indices", "indptr"):
            file[f"matrix/{part}"] = getattr(genes, part)
        file["matrix/shape"] = np.array(genes.shape)
    Path("cells").mkdir()
    mmwrite("cells/matrix.mtx", genes, field="integer")
    Path("cells/barcodes.tsv").write_text("".join(f"cell{k}-1\n" for k in range(50)))
    Path("cells/features.tsv").write_text(
        "".join(f"gene{k}\tG{k}\tGene Expression\n" for k in range(30))
    )
    heat = xr.DataArray(280 + rng.standard_normal((40, 4, 5)), dims=("time", "lat", "lon"))
    packed = {"dtype": "i2", "scale_factor": 0.01, "add_offset": 280.0, "_FillValue": -32768}
    xr.Dataset({"t2m": heat}).to_netcdf("field.nc", engine="scipy", encoding={"t2m": packed})


def shown() -> str:
    """Return what ``twinseed inspect`` prints of each file, in this folder."""
    from typer.testing import CliRunner

    from twinseed.cli import app

    runner = CliRunner(env={"COLUMNS": "100", "TERMINAL_WIDTH": "100"})
    lines = []
    for file in INSPECTED:
        found = runner.invoke(app, ["inspect", file])
        assert found.exit_code == 0, found.output
        told = found.output.rstrip().splitlines()
        table = file.startswith("people") and file != INSPECTED[0]  # one table in full is enough
        lines += [f"$ twinseed inspect {file}", *(told[:1] if table else told)]
    return "\n".join(lines)


def main() -> None:
    """Write the images in every format, and the table in two."""
    import h5py
    import pandas as pd
    import torch
    import zarr
    from PIL import Image
    from safetensors.numpy import save_file

    rng = np.random.default_rng(0)
    arrays = {name: images(n, rng) for name, n in (("train", 120), ("heldout", 120), ("made", 60))}
    arrays["made"][:12] = arrays["train"][:12]
    np.savez_compressed("all.npz", **arrays)
    save_file(arrays, "all.safetensors")
    torch.save(torch.from_numpy(arrays["made"]).float(), "made.pt")
    torch.save({name: torch.from_numpy(arrays[name]) for name in ("train", "heldout")}, "real.pt")
    zarr.save_group("all.zarr", **arrays)
    with h5py.File("all.h5", "w") as file:
        for name, rows in arrays.items():
            file[f"images/{name}"] = rows
    for name, rows in arrays.items():
        np.save(f"{name}.npy", rows)
        Path(name).mkdir()
        for number, row in enumerate(rows):
            Image.fromarray(np.moveaxis(row, 0, -1)).save(f"{name}/{number:04}.png")

    def people(count: int, jobs: list[str]) -> pd.DataFrame:
        numbers = {"income": rng.normal(3, 1, count), "age": rng.normal(4, 1, count)}
        return pd.DataFrame(numbers | {"job": rng.choice(jobs, count)})

    jobs = ["clerk", "nurse", "smith"]
    tables = {"people": people(120, jobs), "people_heldout": people(120, jobs)}
    tables["people_made"] = people(60, [*jobs, "pilot"])
    for name, table in tables.items():
        table.to_csv(f"{name}.csv", index=False)
        table.to_parquet(f"{name}.parquet", index=False)
    other_formats(tables["people"], arrays["made"])
    Path("my_encoder.py").write_text(ENCODER, encoding="utf-8")
    Path("features").mkdir()


def renew() -> None:
    """Put what ``twinseed inspect`` prints of each format into inputs.md."""
    import os
    import tempfile

    from docs.studies import pages

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        main()
        pages.renew(pages.DOCS / "inputs.md", {"inspect": pages.fenced(shown())})


if __name__ == "__main__":
    renew() if sys.argv[1:] == ["--page"] else main()
