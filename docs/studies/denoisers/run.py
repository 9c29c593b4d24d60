"""Run an experiment with twin denoisers and keep its numbers.

Usage, from the root of the repository:

    python -m docs.studies.denoisers.run NAME [--store FOLDER] [--workers 2]

Interrupted, the same command goes on from what the store has. The numbers go to
docs/studies/denoisers/results/NAME.json, with the versions and the processor.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from docs.studies import datasets, pages
from docs.studies.denoisers.experiments import EXPERIMENTS
from docs.studies.denoisers.sweeps import run_experiment

RESULTS = Path(__file__).with_name("results")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(EXPERIMENTS))
    parser.add_argument("--store", type=Path, default=Path("runs"), metavar="FOLDER")
    parser.add_argument("--workers", type=int, default=2)
    datasets.add_folders(parser, "fashion", "mnist")
    given = parser.parse_args()
    datasets.use_folders(given)
    began = time.monotonic()
    try:
        found = run_experiment(
            EXPERIMENTS[given.name], given.store / given.name, workers=given.workers
        )
    except datasets.MissingPackageError as error:
        parser.error(str(error))
    minutes = (time.monotonic() - began) / 60
    kept = {**found, "machine": pages.machine(), "minutes of this call": minutes}
    pages.write(RESULTS / f"{given.name}.json", kept)


if __name__ == "__main__":
    main()
