"""Convergence of 100,000 distinct atoms at 100 loads: one call beside what one would write instead.

The rivals: a loop of ``scipy.optimize.brentq`` over the fixed point, its sum over the atoms
vectorised, on the same quadrature nodes (a few nodes of one load, scaled up); and a dense Monte
Carlo of twins, brought to the accuracy of the limit at d = n by the law of large numbers (seconds
of a draw at a size that fits, times the draws that an error of 1e-4 takes; theory has 1e-12). The
last rows show the cost against the number of atoms.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from scipy.optimize import brentq

import twinseed as ts
from comparison import Comparison, best_of
from twinseed.arrays import Array
from twinseed.coupling import kappa

CLAIM = "100,000 distinct atoms at 100 loads in one call under 3 s; cost linear in the atoms"
SECONDS = 3.0
ACCURACY = 1e-4
NODES = 300
"""Quadrature nodes of one load; ours takes about as many."""


def compare(*, quick: bool) -> Iterator[Comparison]:
    atoms, loads, some, size = (2_000, 5, 3, 60) if quick else (100_000, 100, 5, 400)
    mu = spectrum(atoms)
    n = np.geomspace(atoms / 100, 100 * atoms, loads)
    ours = best_of(2, lambda: predicted(mu, n))
    what = f"predict, {atoms:,} atoms x {loads} loads, every variable"
    yield Comparison(
        what, ours, "the aim", SECONDS, "s", f"under {SECONDS:g} s", held=ours < SECONDS
    )

    zeta = np.geomspace(1e-3, 1e3, some)
    start = time.perf_counter()
    looped = np.array([by_brentq(z, mu, float(atoms)) for z in zeta])
    theirs = (time.perf_counter() - start) / some * NODES * loads
    weights = np.full(atoms, 1.0 / atoms)
    apart = np.abs(looped / kappa(zeta, (mu, weights), atoms, atoms) - 1.0).max()
    yield Comparison(
        what,
        ours,
        f"brentq a node, vectorised over atoms ({some} nodes, scaled to {NODES} x {loads}); "
        f"furthest relative difference {apart:.1e}",
        theirs,
        "s",
        "faster",
        held=theirs > ours,
    )

    drawn, one = monte_carlo(size)
    draws = max((drawn / ACCURACY) ** 2, 2.0)
    yield Comparison(
        f"{what}, for each load",
        ours / loads,
        f"dense twins at d = n = {size}, {draws:,.0f} draws for an error of {ACCURACY:g} "
        f"(standard deviation {drawn:.1e} a draw)",
        one * draws,
        "s",
        "faster",
        held=one * draws > ours / loads,
    )

    sizes = [1_000, 2_000] if quick else [10_000, 100_000, 1_000_000]
    seconds = [best_of(2, lambda m=m: predicted(spectrum(m), np.array([m]))) for m in sizes]
    for (small, fast), (large, slow) in zip(
        zip(sizes, seconds, strict=True), zip(sizes[1:], seconds[1:], strict=False), strict=False
    ):
        yield Comparison(
            f"predict, one load, {small:,} atoms",
            fast,
            f"the same, {large:,} atoms",
            slow,
            "s",
            f"at most {large // small} times as long: linear in the atoms",
            held=slow <= large / small * fast,
        )


def spectrum(atoms: int) -> Array:
    """Distinct eigenvalues over about four decades."""
    return np.exp(np.random.default_rng(0).normal(0.0, 1.0, atoms))


def predicted(mu: Array, n: Array) -> object:
    return ts.predict(ts.Atoms(mu), gamma=n / mu.size, d=mu.size)


def by_brentq(zeta: float, mu: Array, n: float) -> float:
    aspect = mu.size / n

    def excess(root: float) -> float:
        return float(root - zeta - aspect * np.mean(root * mu / (root + mu)))

    return float(brentq(excess, zeta, zeta + aspect * mu.mean(), xtol=1e-300, rtol=1e-12))


def monte_carlo(size: int) -> tuple[float, float]:
    """Standard deviation of q over draws of twins, and the seconds of one draw."""
    mu = np.quantile(spectrum(100_000), (np.arange(size) + 0.5) / size)
    engine = ts.Dense(seeds=64, wasserstein_limit=0)
    start = time.perf_counter()
    draws = 8
    found = ts.simulate(
        ts.Atoms(mu), n=size, replicates=draws, d=size, rng=0, engine=engine, progress=False
    )
    seconds = (time.perf_counter() - start) / draws
    return float(found.convergence_se) * np.sqrt(draws), seconds
