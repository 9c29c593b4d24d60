"""Write samples of UNets in the layout of published pairs, and judge the folder like a stranger's.

Usage, from the root of the repository:

    python -m docs.studies.denoisers.layout [--store runs/layout]

Garments of 28 x 28 pixels get a margin of two pixels. Twins are trained at three sizes, for a short
time. Each twin becomes a file with a tensor N x 1 x 32 x 32, and its training rows another file.
Then `twinseed audit --pairs` reads the folder. docs/studies/denoisers/results/layout.json keeps the
answer, beside the numbers that were measured without the files.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from docs.studies import datasets, pages
from docs.studies.denoisers.experiments import unet

from twinseed.denoise.twin_runs import TwinPlan, TwinRuns, train_twins

__all__ = ["PLAN", "garments", "written"]

RESULTS = Path(__file__).with_name("results") / "layout.json"
PLAN = TwinPlan((10, 100, 1000), unet(steps=1000, batch=32), seeds=256)
_SIDES = {"a": "first", "b": "second"}


def garments(count: int = 6000) -> np.ndarray:
    """Return images of Fashion-MNIST with a black margin, (count, 1, 32, 32), from 0 to 1."""
    images = datasets.fashion_images("train")[:count] / np.float32(255.0)
    return np.pad(images, ((0, 0), (2, 2), (2, 2)))[:, None]


def written(runs: TwinRuns, folder: Path) -> Path:
    """Write one tensor for each twin, and one for its training rows; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = np.load(runs.folder / "rows.npy", mmap_mode="r", allow_pickle=False)
    split = runs.split(0)
    for n, _, side in runs.plan.twins:
        samples = np.load(runs.file("samples", n, 0, side), allow_pickle=False)
        for name, values in (("samples", samples), ("train", rows[split[side][:n]])):
            tensor = torch.from_numpy(np.array(values, dtype=np.float32))
            file = folder / f"{name}_{_SIDES[side]}_{n}.pt"
            torch.save(tensor.reshape(-1, *runs.shape), file)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", type=Path, default=Path("runs/layout"), metavar="FOLDER")
    parser.add_argument("--workers", type=int, default=2)
    datasets.add_folders(parser, "fashion")
    given = parser.parse_args()
    datasets.use_folders(given)
    runs = train_twins(garments(), given.store / "twins", PLAN, rng=0, workers=given.workers)
    folder = written(runs, given.store / "published")
    page = given.store / "pairs.html"
    words = ["audit", "--pairs", str(folder), "--html", str(page), "--json"]
    said = subprocess.run(
        [sys.executable, "-m", "twinseed", *words], check=True, capture_output=True, text=True
    )
    direct = {
        name: pages.rounded(runs.measured[name].values)
        for name in ("convergence", "convergence_se", "memorisation_ratio", "memorisation_ratio_se")
    }
    pages.write(
        RESULTS,
        {"n": list(PLAN.sizes), "files": json.loads(said.stdout), "direct": direct}
        | {"machine": pages.machine()},
    )


if __name__ == "__main__":
    main()
