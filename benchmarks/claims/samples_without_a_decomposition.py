"""Samples ``f(S) z`` by Golub-Kahan steps beside the two dense roots, on the same data and noise.

All three start from the data rows and end with the samples: the rivals form ``S``, take its root
(``scipy.linalg.sqrtm``) or its decomposition (``scipy.linalg.eigh``), and multiply. A spike of 5
above an identity bulk, n = d. The cost of the steps depends on the ridge, that of the rivals does
not: .1 (about thirty steps) and 1 (eleven), and .1 again on float32 rows. Without any ridge the
root at n = d takes up to d steps, and a decomposition wins.

The flop limit of the steps is the time of their own products alone: two for each step, of the rows
with as many vectors, in the precision of the rows. (On float32 rows the first steps are in double
precision, which this limit does not count.)

CPU seconds, so that a busy machine disturbs the ratio less; with one BLAS thread they are times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

import twinseed as ts
from comparison import Comparison
from twinseed.arrays import Array
from twinseed.generators import KrylovGenerator

CLAIM = "32 samples at relative error 1e-6, without forming S or decomposing anything"
AIMS = {2000: {"sqrtm": 25.0, "eigh": 8.0}, 4000: {"sqrtm": 50.0, "eigh": 16.0}}
LIMIT = 1.5
SETTINGS = ((0.1, "float64"), (1.0, "float64"), (0.1, "float32"))
SEEDS, TOLERANCE = 32, 1e-6


def compare(*, quick: bool) -> Iterator[Comparison]:
    for size, aims in zip((60, 120) if quick else AIMS, AIMS.values(), strict=True):
        rng = np.random.default_rng(0)
        rows = ts.Spiked([5.0]).sample(size, size, rng).astype(np.float32)
        noise = rng.standard_normal((SEEDS, size))
        sqrtm, _ = timed(lambda rows=rows, noise=noise: by_sqrtm(rows, noise, 0.1))
        for ridge, kind in SETTINGS:
            model = KrylovGenerator(rows.astype(kind), ts.Ridge(ridge), TOLERANCE)
            ours, found = min(
                (timed(lambda model=model, noise=noise: model.apply(noise)) for _ in range(3)),
                key=lambda pair: pair[0],
            )
            limit = min(
                timed(lambda m=model, z=noise, k=found.steps: products(m.rows, z, k))[0]
                for _ in range(3)
            )
            yield Comparison(
                ours=f"KrylovGenerator, d = n = {size:,}, {kind}, ridge {ridge:g}",
                our_value=ours,
                theirs=f"its own products alone, {found.steps} steps of two",
                their_value=limit,
                unit="CPU s",
                claimed=f"at most {LIMIT:g} times as long",
                held=ours <= LIMIT * limit,
            )
            eigh, exact = timed(lambda r=ridge, x=rows, noise=noise: by_eigh(x, noise, r))
            error = furthest(found.samples, exact)
            for name, theirs in {"sqrtm": sqrtm, "eigh": eigh}.items():
                yield Comparison(
                    ours=f"KrylovGenerator, d = n = {size:,}, {kind}, ridge {ridge:g}: "
                    f"{found.steps} steps, relative error {error:.1e}, stated {found.error:.1e}",
                    our_value=ours,
                    theirs=f"scipy.linalg.{name}",
                    their_value=theirs,
                    unit="CPU s",
                    claimed=f"at least {aims[name]:g} times less, relative error in {TOLERANCE}",
                    held=theirs >= aims[name] * ours and error <= TOLERANCE,
                )


def timed(task: Callable[[], Any]) -> tuple[float, Any]:
    """Return the CPU seconds of a task and what it made."""
    start = time.process_time()
    made = task()
    return time.process_time() - start, made


def products(rows: NDArray[Any], noise: Array, steps: int) -> None:
    """Multiply by the rows as often as the steps do, and do nothing else."""
    right = noise.astype(rows.dtype)
    for _ in range(steps):
        left = right @ rows.T
        left @ rows


def by_sqrtm(rows: NDArray[Any], noise: Array, ridge: float) -> Array:
    return noise @ np.real(scipy.linalg.sqrtm(_ridged(rows, ridge)))


def by_eigh(rows: NDArray[Any], noise: Array, ridge: float) -> Array:
    values, vectors = scipy.linalg.eigh(_ridged(rows, ridge))
    return np.asarray(((noise @ vectors) * np.sqrt(values)) @ vectors.T)


def furthest(found: Array, exact: Array) -> float:
    """The largest relative error over the seeds."""
    return float(np.max(np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)))


def _ridged(rows: NDArray[Any], ridge: float) -> Array:
    n, d = rows.shape
    x = rows.astype(np.float64)
    return x.T @ x / n + ridge * np.eye(d)
