"""A sweep of small cells beside a plain loop over the same work, and two workers beside one.

The overhead of a cell is all that the loop lacks: a stream and a key of its own, the journey to a
worker and back, and a place in the store. It is counted in CPU seconds of all processes, started
interpreters included, so that a busy machine does not change it. The gain of a second worker is
given twice: in wall time, which needs two idle cores, and as CPU seconds of one process over those
of the busiest of three, which is what idle cores would make of it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from comparison import Comparison
from twinseed.sweep import Cell, Job, Store, run

CLAIM = "A cell of a stored sweep costs at most 5 ms, and two workers are 1.7 times one"
OVERHEAD, GAIN = 5.0, 1.7
JOB = Job("benchmark", "1", (0,))


def small(rng: np.random.Generator) -> Mapping[str, Any]:
    """What a draw returns: some thirty numbers with their statuses."""
    return {f"variable {i}": [float(rng.standard_normal()), "ok"] for i in range(30)}


def long(size: int, rng: np.random.Generator) -> Mapping[str, Any]:
    """Some milliseconds of linear algebra."""
    return {"values": np.linalg.svd(rng.standard_normal((size, size)))[1].tolist()}


def compare(*, quick: bool) -> Iterator[Comparison]:
    count = 200 if quick else 10_000
    loop = [partial(small, np.random.default_rng(i)) for i in range(count)]
    plain = 1e3 * spent(lambda: [work() for work in loop])[1] / count
    for workers in (1, 2):
        sweep = partial(swept, [Cell(small, {"cell": i}) for i in range(count)], workers)
        ours = 1e3 * spent(sweep)[1] / count
        yield Comparison(
            ours=f"sweep of {count:,} cells with a store, workers={workers}",
            our_value=ours,
            theirs="plain loop over the same work",
            their_value=plain,
            unit="CPU ms",
            claimed=f"at most {OVERHEAD:g} ms more a cell (it is {ours - plain:.2g})",
            held=ours - plain <= OVERHEAD,
        )
    count, size = (20, 20) if quick else (2_000, 200)
    cells = [Cell(partial(long, size), {"cell": i}) for i in range(count)]
    one, alone, _ = spent(partial(swept, cells, 1))
    two, driver, children = spent(partial(swept, cells, 2), apart=True)
    for unit, ours, theirs in (("s", two, one), ("CPU s", max(driver, children / 2), alone)):
        yield Comparison(
            ours=f"two workers, {count:,} cells"
            + (f", the busiest process (load {os.getloadavg()[0]:.1f})" if unit != "s" else ""),
            our_value=ours,
            theirs="one",
            their_value=theirs,
            unit=unit,
            claimed=f"at least {GAIN} times less",
            held=theirs >= GAIN * ours,
        )


def swept(cells: list[Cell], workers: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "store.db", JOB) as store:
        run(JOB, cells, store=store, workers=workers)


def spent(task: Callable[[], object], *, apart: bool = False) -> tuple[float, float, float]:
    """Return wall seconds, and CPU seconds of this process (or of all) and of its children."""
    before, start = os.times(), time.perf_counter()
    task()
    wall, after = time.perf_counter() - start, os.times()
    here = after.user + after.system - before.user - before.system
    children = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return wall, here if apart else here + children, children
