"""Samples from memory-mapped rows in a process that may not hold a fraction of them.

A child process has its private memory limited by the kernel (``RLIMIT_DATA``, which counts no
read-only mappings) once the libraries have their buffers; it maps the rows and draws samples. A
copy of the rows, or of a share of them, would end it. The samples are checked without a
decomposition: the square root, taken twice, is ``(S + r) z``, which one more pass gives. The rival
is the memory that ``np.load`` takes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from comparison import Comparison

CLAIM = "Memory-mapped rows larger than the memory allowed, streamed by blocks of rows"
SEEDS, RIDGE, TOLERANCE = 8, 0.1, 1e-6
_MIB = 1 << 20
_SECONDS = 1200
_CHILD = """
import json, resource, sys
path, limit, seeds, ridge, tolerance = sys.argv[1], *map(float, sys.argv[2:])
import numpy as np
import scipy.sparse.linalg
import twinseed as ts
from twinseed.generators import KrylovGenerator
KrylovGenerator(np.eye(200, 100, dtype=np.float32), ts.Ridge(1.0)).sample(np.ones((8, 100)))
resource.setrlimit(resource.RLIMIT_DATA, (int(limit), int(limit)))
rows = np.load(path, mmap_mode="r")
noise = np.random.default_rng(1).standard_normal((int(seeds), rows.shape[1]))
model = KrylovGenerator(rows, ts.Ridge(ridge), tolerance)
once = model.apply(noise)
twice = model.sample(once.samples)
exact = ridge * noise
for start in range(0, len(rows), 100):
    block = rows[start : start + 100].astype(np.float64)
    exact += (noise @ block.T) @ block / len(rows)
apart = np.linalg.norm(twice - exact, axis=1) / np.linalg.norm(exact, axis=1)
print(json.dumps({"steps": once.steps, "error": float(apart.max())}))
"""


def compare(*, quick: bool) -> Iterator[Comparison]:
    n, d, limit = (40_000, 600, 256 * _MIB) if quick else (100_000, 10_000, 512 * _MIB)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        rows = np.lib.format.open_memmap(path, "w+", dtype=np.dtype(np.float32), shape=(n, d))
        rng = np.random.default_rng(0)
        for start in range(0, n, 1000):
            rows[start : start + 1000] = rng.standard_normal((1000, d), dtype=np.float32)
        rows.flush()
        size = rows.nbytes
        del rows
        arguments = [str(path), *map(str, (limit, SEEDS, RIDGE, TOLERANCE))]
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    found = json.loads(done.stdout)
    yield Comparison(
        ours=f"memory allowed to a process that draws {SEEDS} samples, n = {n:,}, d = {d:,}, in "
        f"{found['steps']} steps; the root taken twice is off by {found['error']:.1e}",
        our_value=limit / _MIB,
        theirs="the rows in memory, float32",
        their_value=size / _MIB,
        unit="MiB",
        claimed="an eighth of the data is enough, root off by 4 tolerances at most",
        held=8 * limit <= 1.1 * size and found["error"] <= 4 * TOLERANCE,
    )
