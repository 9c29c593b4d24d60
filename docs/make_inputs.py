"""Make the files that inputs.md reads, in the working folder: small images and a small table."""

from __future__ import annotations

from pathlib import Path

import numpy as np

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
    Path("my_encoder.py").write_text(ENCODER, encoding="utf-8")
    Path("features").mkdir()


if __name__ == "__main__":
    main()
