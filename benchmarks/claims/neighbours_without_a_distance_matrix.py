"""Nearest rows beside the whole distance matrix, as prdc computes it: seconds and memory.

prdc and others build all distances with scikit-learn's ``pairwise_distances`` and take the nearest
by ``argpartition``. Each side runs in a process of its own, in one thread; seconds are the CPU's,
memory is the rise of the process's peak. The matrix grows as samples times rows and is filled at
10,000 x 10,000 here; at 50,000 x 50,000 it takes 20 GB, and twinseed what it takes here.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from comparison import Comparison

CLAIM = "Nearest rows in less time and memory than the matrix of all distances"
D = 64


def compare(*, quick: bool) -> Iterator[Comparison]:
    size = 1000 if quick else 10_000
    ours, theirs = (_in_own_process(side, size) for side in ("nearest", "matrix"))
    for unit, name in (("CPU s", "seconds"), ("MiB", "memory")):
        yield Comparison(
            ours=f"twinseed.neighbours.nearest, |cosine| and distance: {size:,} x {size:,} x {D}",
            our_value=ours[name],
            theirs="pairwise_distances and argpartition, distance alone",
            their_value=theirs[name],
            unit=unit,
            claimed="less",
            held=ours[name] < theirs[name],
        )


def _in_own_process(side: str, size: int) -> dict[str, float]:
    here = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, __file__, side, str(size)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": here},
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _measure(side: str, size: int) -> dict[str, float]:
    samples, rows = np.random.default_rng(0).standard_normal((2, size, D))
    if side == "matrix":
        from sklearn.metrics import pairwise_distances

        def search() -> None:
            distances = pairwise_distances(samples, rows, metric="euclidean", n_jobs=1)
            nearest_rows = np.argpartition(distances, 1, axis=-1)[..., :1]
            np.take_along_axis(distances, nearest_rows, axis=-1)

    else:
        from twinseed.neighbours import nearest

        def search() -> None:
            nearest(samples, rows)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    search()
    seconds = time.process_time() - start
    rise = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": seconds, "memory": rise / (2**20 if sys.platform == "darwin" else 2**10)}


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], int(sys.argv[2]))))
