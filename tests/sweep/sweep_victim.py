"""A small sweep that tests run in a process of its own, to do it harm.

    python -m tests.sweep.sweep_victim STORE LOG [workers=N] [cluster=ADDRESS]
        [cells=N] [quick=N] [seconds=S]

Every cell that is performed leaves a line in LOG; the results go to stdout. Light to import.
Where VICTIM_STARTS names a file, workers add their numbers to it as they start, and take a while.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from twinseed.errors import TwinseedError
from twinseed.progress import track
from twinseed.sweep import Cell, Job, Store, run

if __name__ == "__mp_main__" and "VICTIM_STARTS" in os.environ:  # the name in a worker
    with Path(os.environ["VICTIM_STARTS"]).open("a") as started:
        started.write(f"{os.getpid()}\n")
    time.sleep(0.5)

JOB = Job("victim", "1", (3,))


def work(log: str, number: int, seconds: float, rng: np.random.Generator) -> Mapping[str, Any]:
    """Draw numbers that use every bit, take a while, and note it."""
    values = rng.standard_normal((4, 4))
    if seconds:
        time.sleep(seconds)
    with Path(log).open("a") as file:
        file.write(f"{number}\n")
    return {"values": np.linalg.svd(values)[1].tolist()}


def cells(log: Path, count: int, quick: int, seconds: float) -> list[Cell]:
    """Return cells that take so many seconds each, but for the first few."""
    return [
        Cell(partial(work, str(log), i, seconds if i >= quick else 0.0), {"number": i})
        for i in range(count)
    ]


def performed(log: Path) -> list[int]:
    """Return the numbers of the cells that were performed, in the order of their ends."""
    return [int(line) for line in log.read_text().splitlines()] if log.exists() else []


def sweep(
    store: Path,
    log: Path,
    workers: int = 1,
    cluster: str | None = None,
    count: int = 200,
    quick: int = 0,
    seconds: float = 0.0,
) -> list[Mapping[str, Any]]:
    with Store(store, JOB) as kept, track(count, "sweep", True) as progress:
        return run(
            JOB,
            cells(log, count, quick, seconds),
            store=kept,
            workers=workers,
            cluster=cluster,
            progress=progress.advance,
        )


def main(store: str, log: str, *options: str) -> int:
    given = dict(option.split("=", 1) for option in options)
    try:
        found = sweep(
            Path(store),
            Path(log),
            cluster=given.get("cluster"),
            workers=int(given.get("workers", 1)),
            count=int(given.get("cells", 200)),
            quick=int(given.get("quick", 0)),
            seconds=float(given.get("seconds", 0)),
        )
    except KeyboardInterrupt:
        return 130
    except TwinseedError as error:
        print(error, file=sys.stderr)
        return 2
    print(repr(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
