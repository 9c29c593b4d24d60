"""Run an experiment with twin denoisers and keep its numbers.

Usage, from the root of the repository:

    python -m docs.studies.denoisers.run NAME [--store FOLDER] [--workers 2]

Interrupted, the same command goes on from what the store has. The numbers go to
docs/studies/denoisers/results/NAME.json, with the versions and the processor.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from docs.studies import datasets
from docs.studies.denoisers.experiments import EXPERIMENTS
from docs.studies.denoisers.sweeps import run_experiment

import twinseed

RESULTS = Path(__file__).with_name("results")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(EXPERIMENTS))
    parser.add_argument("--store", type=Path, default=Path("runs"), metavar="FOLDER")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--fashion", type=Path, metavar="FOLDER", help="the files of Fashion-MNIST")
    parser.add_argument("--mnist", type=Path, metavar="FOLDER", help="the files of MNIST")
    given = parser.parse_args()
    datasets.FASHION = given.fashion or datasets.FASHION
    datasets.MNIST = given.mnist or datasets.MNIST
    began = time.monotonic()
    found = run_experiment(EXPERIMENTS[given.name], given.store / given.name, workers=given.workers)
    kept = {**found, "machine": machine(), "minutes of this call": (time.monotonic() - began) / 60}
    write(RESULTS / f"{given.name}.json", kept)


def machine() -> dict[str, Any]:
    """Return what the bits of a result depend on."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__.partition("+")[0],
        "numpy": np.__version__,
        "twinseed": twinseed.__version__,
    }


def write(path: Path, kept: dict[str, Any]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
