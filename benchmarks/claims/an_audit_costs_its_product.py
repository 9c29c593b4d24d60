"""An audit of memory-mapped files at three sizes: how its time grows with samples times rows.

Each size runs in a process of its own. Samples, training rows and held-out rows (a tenth as many)
are files of standard normal float32 numbers; the audit gets them memory-mapped. The exponent is how
processor time grows with the product, from each size to the next. One size alone, such as the
largest:

    python benchmarks/claims/an_audit_costs_its_product.py 50000 500000 64 2

prints wall time, processor time and the peak of the process, in which the pages of mapped files
count. The last argument is the number of workers.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from comparison import Comparison

CLAIM = "The time of an audit grows no faster than samples times rows"
NOTE = (
    "The largest size, 50,000 samples and 500,000 rows of 64 columns, was run once to its end, "
    "with two workers and beside other work: 626 CPU s, 15 minutes by the clock, a peak of 2.1 "
    "GiB in which the pages of mapped files count. From 8,000 x 80,000 to there the exponent is "
    "0.69, because a part of an audit costs the same at any size."
)
MOST = 1.1
D = 64
SIZES = ((2000, 20_000), (4000, 40_000), (8000, 80_000))
LARGEST = (50_000, 500_000)


def compare(*, quick: bool) -> Iterator[Comparison]:
    sizes = [(50, 500), (100, 1000), (200, 2000)] if quick else SIZES
    found = [_in_own_process(samples, rows) for samples, rows in sizes]
    for (small, less), (large, more) in pairwise(zip(sizes, found, strict=True)):
        grown = math.log(more["cpu"] / less["cpu"]) / math.log(math.prod(large) / math.prod(small))
        last = more["cpu"] * (math.prod(LARGEST) / math.prod(large)) / 3600
        yield Comparison(
            ours=f"audit, {large[0]:,} samples x {large[1]:,} rows x {D}, mapped, 1 worker, peak "
            f"{more['peak'] / 2**20:.0f} MiB; at exponent 1 the largest takes {last:.1f} h",
            our_value=more["cpu"],
            theirs=f"{small[0]:,} x {small[1]:,} x {D}; exponent {grown:.2f}",
            their_value=less["cpu"],
            unit="CPU s",
            claimed=f"exponent at most {MOST}",
            held=grown <= MOST,
        )


def _in_own_process(samples: int, rows: int) -> dict[str, float]:
    here = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, __file__, str(samples), str(rows), str(D), "1"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((here, os.environ.get("PYTHONPATH", "")))},
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _measure(samples: int, rows: int, d: int, workers: int) -> dict[str, float]:
    import twinseed as ts

    rng = np.random.default_rng(0)
    with TemporaryDirectory() as folder:
        mapped = {}
        for role, count in (("samples_a", samples), ("train_a", rows), ("heldout", rows // 10)):
            path = Path(folder) / f"{role}.npy"
            made = np.lib.format.open_memmap(path, "w+", dtype=np.float32, shape=(count, d))
            for start in range(0, count, 1 << 16):
                part = made[start : start + (1 << 16)]
                part[:] = rng.standard_normal(part.shape, dtype=np.float32)
            del made
            mapped[role] = np.load(path, mmap_mode="r")
        start, busy = time.perf_counter(), time.process_time()
        ts.audit(**mapped, rng=0, workers=workers)
        wall, cpu = time.perf_counter() - start, time.process_time() - busy
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"wall": wall, "cpu": cpu, "peak": float(peak)}


if __name__ == "__main__":
    print(json.dumps(_measure(*map(int, sys.argv[1:]))))
