"""Measure how the windows of a network move with its training and with the number of its images.

Usage, from the root of the repository:

    python -m docs.studies.denoisers.windows NAME [NAME ...] [--sizes 30] [--stages 1000,3000,6000]

Network A of the first pair of docs.studies.denoisers.ceiling is trained to each stage, and its
windows are measured on its own training images. Each schedule is a file in results/windows next to
this file, such as fashion-30-3000steps.json. `twinseed train --machine FILE` and
`twinseed audit --machine FILE` take these files.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from docs.studies import datasets, pages
from docs.studies.denoisers.ceiling import ARMS, IMAGE_ARMS, SEED, folder_of, longer, whole_numbers

from twinseed.generators.score_machine import Windows

__all__ = ["FOLDER", "STAGES", "kept", "table"]

FOLDER = Path(__file__).with_name("results") / "windows"
STAGES = (1000, 3000, 6000)
"""Steps of training. At 3,000 steps these are the networks of the registered predictions."""
_LEVELS = (20.0, 5.0, 1.6, 1.1, 0.7, 0.5, 0.1)


def _file(name: str, n: int, steps: int) -> Path:
    return FOLDER / f"{name}-{n}-{steps}steps.json"


def kept() -> dict[tuple[str, int, int], Windows]:
    """Return the schedules that were measured, by data set, n and steps."""
    found = {}
    for file in FOLDER.glob("*.json"):
        name, n, steps = file.stem.split("-")
        found[name, int(n), int(steps.removesuffix("steps"))] = Windows.read(file)
    return dict(sorted(found.items()))


def table(levels: Sequence[float] = _LEVELS) -> str:
    """Return the half widths at some noise levels, and the mean similarity, of each schedule."""
    head = ["data", "n", "steps", *(f"at {level:g}" for level in levels), "mean similarity"]
    rows = [
        [
            name,
            f"{n:,}",
            f"{steps:,}",
            *(str(windows.at(level)) for level in levels),
            f"{np.mean(windows.similarities):.3f}",
        ]
        for (name, n, steps), windows in kept().items()
    ]
    return pages.table(head, "<" + ">" * (len(head) - 1), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", metavar="NAME", help=", ".join(IMAGE_ARMS))
    parser.add_argument("--sizes", type=whole_numbers, default=[30])
    parser.add_argument("--stages", type=whole_numbers, default=STAGES)
    parser.add_argument("--store", type=Path, default=Path("runs/ceiling"), metavar="FOLDER")
    datasets.add_folders(parser, "fashion", "mnist")
    given = parser.parse_args()
    datasets.use_folders(given)
    torch.set_num_threads(1)
    for name in given.names:
        for n in given.sizes:
            for steps in sorted(given.stages):
                file = _file(name, n, steps)
                if file.exists():
                    continue
                runs = longer(ARMS[name], folder_of(given.store, name, "disjoint"), n, steps)
                found = runs.windows(n, rng=SEED, seeds=64, border="own", dtype=np.float32)
                file.parent.mkdir(exist_ok=True)
                found.write(file)


if __name__ == "__main__":
    main()
