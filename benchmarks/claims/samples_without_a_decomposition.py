"""Samples ``f(S) z`` by Golub-Kahan steps beside the two dense roots, on the same data and noise.

All three start from the data rows and end with the samples: the rivals form ``S``, take its root
(``scipy.linalg.sqrtm``) or its decomposition (``scipy.linalg.eigh``), and multiply. The filter is a
ridge of .1; without one the square root at n = d is as hard as it gets, and a decomposition wins.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

import twinseed as ts
from comparison import Comparison, best_of
from twinseed.generators import KrylovGenerator

CLAIM = "32 samples at relative error 1e-6, without forming S or decomposing anything"
AIMS = {2000: {"sqrtm": 25.0, "eigh": 8.0}, 4000: {"sqrtm": 50.0, "eigh": 16.0}}
SEEDS, RIDGE, TOLERANCE = 32, 0.1, 1e-6

Array = NDArray[np.float64]


def compare(*, quick: bool) -> Iterator[Comparison]:
    for size, aims in zip((60, 120) if quick else AIMS, AIMS.values(), strict=True):
        rng = np.random.default_rng(0)
        rows = ts.Spiked([5.0]).sample(size, size, rng)
        noise = rng.standard_normal((SEEDS, size))
        model = KrylovGenerator(rows, ts.Ridge(RIDGE), TOLERANCE)
        found = model.apply(noise)
        ours = best_of(3, lambda model=model, noise=noise: model.apply(noise))
        for name, dense in {"sqrtm": by_sqrtm, "eigh": by_eigh}.items():
            start = time.perf_counter()
            exact = dense(rows, noise)
            theirs = time.perf_counter() - start
            error = furthest(found.samples, exact)
            yield Comparison(
                ours=f"KrylovGenerator, d = n = {size:,}, {SEEDS} seeds, {found.steps} steps; "
                f"relative error {error:.1e}, estimated {found.error:.1e}",
                our_value=ours,
                theirs=f"scipy.linalg.{name}",
                their_value=theirs,
                unit="s",
                claimed=f"at least {aims[name]:g} times faster, relative error within {TOLERANCE}",
                held=theirs >= aims[name] * ours and error <= TOLERANCE,
            )


def by_sqrtm(rows: Array, noise: Array) -> Array:
    return noise @ np.real(scipy.linalg.sqrtm(_ridged(rows)))


def by_eigh(rows: Array, noise: Array) -> Array:
    values, vectors = scipy.linalg.eigh(_ridged(rows))
    return np.asarray(((noise @ vectors) * np.sqrt(values)) @ vectors.T)


def furthest(found: Array, exact: Array) -> float:
    """The largest relative error over the seeds."""
    return float(np.max(np.linalg.norm(found - exact, axis=1) / np.linalg.norm(exact, axis=1)))


def _ridged(rows: Array) -> Array:
    n, d = rows.shape
    return rows.T @ rows / n + RIDGE * np.eye(d)
