"""Exact nearest training rows beside faiss's flat index: seconds, memory and exactness, in one run.

Each side runs in a process of its own, on the same arrays, with one thread; its memory is the rise
of the process's peak above what the arrays and the imports take. Every hundredth sample is a near
copy of a training row, since that is what an audit looks for. ``nearest`` answers for |cosine| and
for Euclidean distance at once, or for the distance alone. faiss takes one search for the distance,
and two more of normalised rows, with either sign of the samples, for the largest |cosine|.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comparison import Comparison

CLAIM = "Exact nearest rows by cosine and distance, within 256 MiB, no slower than faiss's distance"
MEMORY = 256 << 20
COPY = 1e-3
COPIED_EVERY = 100

Floats = NDArray[np.float32]
Floats64 = NDArray[np.float64]
Search = Callable[[Floats, Floats], Floats64]


def compare(*, quick: bool) -> Iterator[Comparison]:
    samples, rows, d = (500, 3000, 64) if quick else (10_000, 60_000, 784)
    sides = ("twinseed", "twinseed_distance", "faiss")
    ours, alone, theirs = (_in_own_process(side, samples, rows, d) for side in sides)
    size = f"{samples:,} samples, {rows:,} rows, {d} float32"
    yield Comparison(
        ours=f"twinseed.neighbours.nearest, distance alone: {size}",
        our_value=alone["seconds"],
        theirs="faiss IndexFlatL2, distance alone",
        their_value=theirs["seconds"],
        unit="s",
        claimed="no slower",
        held=alone["seconds"] <= theirs["seconds"],
    )
    yield Comparison(
        ours=f"twinseed.neighbours.nearest, |cosine| and distance: {size}",
        our_value=ours["seconds"],
        theirs="faiss IndexFlatL2, distance alone",
        their_value=theirs["seconds"],
        unit="s",
        claimed="no slower",
        held=ours["seconds"] <= theirs["seconds"],
    )
    yield Comparison(
        ours="the same",
        our_value=ours["seconds"],
        theirs="faiss IndexFlatL2 and IndexFlatIP, for both answers",
        their_value=theirs["seconds_for_both"],
        unit="s",
        claimed="2.5 times as fast",
        held=2.5 * ours["seconds"] <= theirs["seconds_for_both"],
    )
    yield Comparison(
        ours="the same: memory beyond the arrays",
        our_value=ours["memory"] / 2**20,
        theirs="faiss IndexFlatL2, which holds a copy of the rows",
        their_value=theirs["memory"] / 2**20,
        unit="MiB",
        claimed=f"at most {MEMORY >> 20} MiB, as stated",
        held=ours["memory"] <= MEMORY,
    )
    yield Comparison(
        ours="the same: largest relative error of the distance of a near copy",
        our_value=max(ours["error"], np.finfo(float).eps),
        theirs="faiss IndexFlatL2",
        their_value=theirs["error"],
        unit="",
        claimed="at most 1e-9",
        held=ours["error"] <= 1e-9,
    )


def _in_own_process(side: str, samples: int, rows: int, d: int) -> dict[str, float]:
    command = [sys.executable, __file__, side, str(samples), str(rows), str(d)]
    here = str(Path(__file__).parents[1])
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": here}
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _data(samples: int, rows: int, d: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(0)
    train = rng.random((rows, d), dtype=np.float32)
    generated = rng.random((samples, d), dtype=np.float32)
    copied = slice(None, None, COPIED_EVERY)
    generated[copied] = train[: len(generated[copied])]
    generated[copied] += np.float32(COPY) * rng.standard_normal(
        generated[copied].shape, dtype=np.float32
    )
    return generated, train


def _twinseed(queries: Floats, rows: Floats) -> Floats64:
    from twinseed.neighbours import nearest

    return nearest(queries, rows, memory=MEMORY).distance[:, 0]


def _twinseed_distance(queries: Floats, rows: Floats) -> Floats64:
    from twinseed.neighbours import nearest

    return nearest(queries, rows, memory=MEMORY, cosines=False).distance[:, 0]


def _faiss(queries: Floats, rows: Floats) -> Floats64:
    import faiss

    index = faiss.IndexFlatL2(rows.shape[1])
    index.add(rows)
    squares, _ = index.search(queries, 1)
    return np.sqrt(np.maximum(squares[:, 0], 0.0).astype(np.float64))


def _faiss_cosine(queries: Floats, rows: Floats) -> Floats64:
    import faiss

    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    scores = np.maximum(index.search(queries, 1)[0], index.search(-queries, 1)[0])[:, 0]
    return scores.astype(np.float64) / np.linalg.norm(queries, axis=1)


def _measure(side: str, samples: int, rows: int, d: int) -> dict[str, float]:
    search = {
        "twinseed": _twinseed,
        "twinseed_distance": _twinseed_distance,
        "faiss": _faiss,
    }[side]
    queries, train = _data(samples, rows, d)
    search(queries[:8], train[:256])  # loads what is loaded on first use
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    distance, seconds = _timed(search, queries, train)
    rise = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    copies = np.arange(0, samples, COPIED_EVERY)
    apart = queries[copies].astype(np.float64) - train[: copies.size]
    error = np.abs(distance[copies] / np.sqrt((apart**2).sum(axis=1)) - 1.0)
    unit = 1 if sys.platform == "darwin" else 1024
    answer = {"seconds": seconds, "memory": float(rise * unit), "error": float(error.max())}
    if side == "faiss":
        answer["seconds_for_both"] = seconds + _timed(_faiss_cosine, queries, train)[1]
    return answer


def _timed(search: Search, queries: Floats, rows: Floats) -> tuple[Floats64, float]:
    start = time.perf_counter()
    answer = search(queries, rows)
    return answer, time.perf_counter() - start


if __name__ == "__main__":
    side, *sizes = sys.argv[1:]
    print(json.dumps(_measure(side, *map(int, sizes))))
