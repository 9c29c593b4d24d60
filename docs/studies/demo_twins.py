"""Train the twins that twinseed ships, and put them and their images into the package.

Usage, from the root of the repository: python -m docs.studies.demo_twins STORE [--fashion FOLDER]

Reads the test images of Fashion-MNIST (Debian's package dataset-fashion-mnist), takes 2,400 of them
as means of 2 x 2 pixels with a margin of one black pixel, and trains a pair of small UNets at each
size of the demo, from seed 0. Five to twenty minutes of one core; interrupted, the same command
goes on from what STORE has.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from docs.studies import datasets

from twinseed.denoise import checkpoints
from twinseed.denoise.demo import IMAGES, RECIPE, SIZES, weights_file, with_margin
from twinseed.denoise.training import averaged_weights
from twinseed.denoise.twin_runs import TwinPlan, train_twins

_COUNT = 2400


def main(store: Path) -> None:
    """Train, and write what is shipped: images in the order of the twins, averaged weights."""
    every = datasets.named("fashion images").read()
    chosen = np.random.default_rng(0).permutation(len(every))[:_COUNT]
    images = np.rint(every[chosen]).astype(np.uint8).reshape(-1, 14, 14)
    plan = TwinPlan(SIZES, RECIPE, seeds=64, factors=3)
    runs = train_twins(with_margin(images), store, plan, rng=0, workers=1)
    sides = {name: images[rows] for name, rows in runs.split(0).items()}
    np.savez_compressed(IMAGES, **sides)
    for n in SIZES:
        for side in "ab":
            kept = runs.file("weights", n, 0, side)
            average = {
                f"average/{k}": v for k, v in averaged_weights(checkpoints.load(kept)).items()
            }
            checkpoints.save(weights_file(n, side), average, checkpoints.description(kept))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store", type=Path, metavar="STORE", help="a folder for the training")
    datasets.add_folders(parser, "fashion")
    given = parser.parse_args()
    datasets.use_folders(given)
    main(given.store)
