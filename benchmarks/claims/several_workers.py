"""One worker and two: nearest rows, an audit, a plan and a sweep, in one run.

Each side runs in a process of its own, on the same arrays, after a small run of the same kind,
which loads the modules. All modules have bytecode, as after an installation by pip, also where the
machine is set to write none. faiss and scikit-learn get as many threads. Seconds are wall time,
which means little on a machine with other work; so the processor time of one and of two workers
stands beside it: the difference is what the division costs.

The workers are threads; in the longer sweep, whose draws are small draws of ``Dense`` too, new
interpreters take over, whose start takes a second.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from comparison import Comparison

CLAIM = "Two workers: neighbours no slower than rivals with two threads, 1.8 times one worker"
MEMORY = 256 << 20
_GAIN = 1.8


def compare(*, quick: bool) -> Iterator[Comparison]:
    sizes = (500, 3000, 64) if quick else (10_000, 60_000, 784)
    one, two = (_in_own_process("nearest", count, sizes) for count in (1, 2))
    alone = _in_own_process("distance", 2, sizes)
    size = f"{sizes[0]:,} samples, {sizes[1]:,} rows, {sizes[2]} float32"
    ours = f"nearest, |cosine| and distance, 2 workers: {size}"
    ours_alone = f"nearest, distance alone, 2 workers: {size}"
    faiss, sklearn = version("faiss-cpu"), version("scikit-learn")
    for told_ours, mine, rival, name, factor, told in (
        (ours_alone, alone, "faiss", f"faiss {faiss}, 2 threads, distance alone", 1.0, "no slower"),
        (ours, two, "faiss_both", f"faiss {faiss}, 2 threads, both", 2.5, "2.5 times as fast"),
        (ours, two, "sklearn", f"scikit-learn {sklearn}, n_jobs=2, distance", 1.0, "no slower"),
    ):
        theirs = _in_own_process(rival, 2, sizes)
        yield Comparison(
            ours=told_ours,
            our_value=mine["wall"],
            theirs=name,
            their_value=theirs["wall"],
            unit="s",
            claimed=told,
            held=factor * mine["wall"] <= theirs["wall"],
        )
    yield Comparison(
        ours=f"{ours}: memory beyond the arrays",
        our_value=two["memory"] / 2**20,
        theirs="1 worker",
        their_value=one["memory"] / 2**20,
        unit="MiB",
        claimed=f"at most {MEMORY >> 20} MiB, as stated",
        held=two["memory"] <= MEMORY,
    )
    yield from _gains("nearest", one, two)
    full = (("audit", 4), ("plan", 4), ("sweep", 4), ("sweep", 50))
    for verb, scale in dict.fromkeys((verb, 1 if quick else scale) for verb, scale in full):
        name = f"sweep of {8 * scale} draws" if verb == "sweep" else verb
        yield from _gains(name, *(_in_own_process(verb, count, (scale,)) for count in (1, 2)))


def _gains(name: str, one: dict[str, float], two: dict[str, float]) -> Iterator[Comparison]:
    yield Comparison(
        ours=f"{name}, 2 workers",
        our_value=two["wall"],
        theirs="1 worker",
        their_value=one["wall"],
        unit="s",
        claimed=f"{_GAIN} times as fast",
        held=_GAIN * two["wall"] <= one["wall"],
    )
    yield Comparison(
        ours=f"{name}, 2 workers: processor time",
        our_value=two["cpu"],
        theirs="1 worker",
        their_value=one["cpu"],
        unit="CPU s",
        claimed="at most a tenth more",
        held=two["cpu"] <= 1.1 * one["cpu"],
    )


def _in_own_process(side: str, workers: int, sizes: tuple[int, ...]) -> dict[str, float]:
    threads = str(workers) if side == "sklearn" else "1"
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    env = {**os.environ, **dict.fromkeys(names, threads)}
    env["PYTHONPATH"] = f"{Path(__file__).parents[1]}{os.pathsep}{env.get('PYTHONPATH', '')}"
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPYCACHEPREFIX"] = _bytecode().name
    command = [sys.executable, __file__, side, str(workers), *map(str, sizes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


@cache
def _bytecode() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for bytecode, which is deleted at the end."""
    return tempfile.TemporaryDirectory()


def _search(side: str, workers: int, queries: Any, rows: Any) -> object:
    if side in ("nearest", "distance"):
        from twinseed.lanes import Place, placed
        from twinseed.neighbours import nearest

        with placed(Place(workers)):
            return nearest(queries, rows, memory=MEMORY, cosines=side == "nearest")
    if side == "sklearn":
        from sklearn.neighbors import NearestNeighbors

        index = NearestNeighbors(n_neighbors=1, algorithm="brute", n_jobs=workers).fit(rows)
        return index.kneighbors(queries)
    import faiss

    faiss.omp_set_num_threads(workers)
    flat = faiss.IndexFlatL2(rows.shape[1])
    flat.add(rows)
    found = [flat.search(queries, 1)]
    if side == "faiss_both":
        angles = faiss.IndexFlatIP(rows.shape[1])
        angles.add(rows / np.linalg.norm(rows, axis=1, keepdims=True))
        found += [angles.search(queries, 1), angles.search(-queries, 1)]
    return found


def _verb(name: str, workers: int, scale: float) -> Callable[[], object]:
    import twinseed as ts

    rng = np.random.default_rng(0)
    if name == "audit":
        roles = ("train_a", "train_b", "samples_a", "samples_b", "heldout")
        rows = {role: rng.standard_normal((int(1000 * scale), 100)) for role in roles}
        return lambda: ts.audit(**rows, rng=0, workers=workers)
    if name == "plan":
        pilot = rng.standard_normal((max(20, int(60 * scale)), 100)) * np.linspace(3, 1, 100)
        counts = {"resamples": max(10, int(10 * scale)), "splits": max(2, int(6 * scale))}
        return lambda: ts.plan(pilot, rng=0, workers=workers, progress=False, **counts)
    grid = {"n": [200, 400], "d": 300, "replicates": max(2, int(4 * scale))}
    engine = ts.Dense(seeds=64)
    return lambda: ts.simulate(
        ts.Spiked([2.0]), ts.Ridge(0.1), **grid, engine=engine, rng=0, workers=workers
    )


def _measured(side: str, workers: int, sizes: tuple[int, ...]) -> dict[str, float]:
    if side in ("audit", "plan", "sweep"):
        _verb(side, 1, 0.1)()  # loads what is loaded on first use
        run = _verb(side, workers, sizes[0])
    else:
        samples, rows, d = sizes
        rng = np.random.default_rng(0)
        train = rng.random((rows, d), dtype=np.float32)
        queries = rng.random((samples, d), dtype=np.float32)
        _search(side, workers, queries[:8], train[:256])  # loads what is loaded on first use

        def run() -> object:
            return _search(side, workers, queries, train)

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, busy = time.perf_counter(), _cpu()
    run()
    wall, cpu = time.perf_counter() - start, _cpu() - busy
    rise = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    unit = 1 if sys.platform == "darwin" else 1024
    return {"wall": wall, "cpu": cpu, "memory": float(rise * unit)}


def _cpu() -> float:
    """Return the processor time of this process and of the processes that it has ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


if __name__ == "__main__":
    side, workers, *sizes = sys.argv[1:]
    print(json.dumps(_measured(side, int(workers), tuple(map(int, sizes)))))
