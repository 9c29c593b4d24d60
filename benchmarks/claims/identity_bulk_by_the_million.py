"""Convergence of the identity bulk: one vectorised call beside quadrature, pair by pair.

The rivals do what one does without twinseed: the Marchenko-Pastur density, times sqrt(lambda + r),
through ``scipy.integrate.quad``. They are timed on a part of the same pairs, and the seconds are
for one pair: CPU seconds, so that a busy machine disturbs the ratio less. scikit-rmt needs an older
numpy and runs in an environment of its own; it is asked for gamma > 1 alone, since its density
loses the atom at 0 below.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import pi, sqrt
from pathlib import Path

import numpy as np
from scipy.integrate import quad

from comparison import Comparison
from twinseed.arrays import Array
from twinseed.coupling.marchenko_pastur import mean_root

CLAIM = "A million (gamma, ridge) pairs in one call, 1,000 times faster a pair than quad"
AIM = 1000.0
NOTE = (
    "The time of a pair was divided on a busy core: about 40 of 110 ns go into the nodes of the "
    "quadrature, 13 for each pair on average. Each node costs a square root (1.4 ns where the "
    "arrays lie in the cache: the limit of this processor), a division (0.4 ns) and three "
    "additions. The other parts are: 30 ns to sort the pairs by their number of nodes and to move "
    "them, 10 ns to find this number, and 10 ns for the elliptic integrals of the 1.5 % of all "
    "pairs that lie at n = d almost without a ridge."
)
ROOT = Path(__file__).parents[2]
SCIKIT_RMT = ROOT / ".venv-rmt" / "bin" / "python"


def convergence(gamma: Array, ridge: Array) -> Array:
    """q of the identity bulk: the square of the mean root, over the energy."""
    return mean_root(gamma, ridge) ** 2 / (1.0 + ridge)


def compare(*, quick: bool) -> Iterator[Comparison]:
    pairs, some, few = (20_000, 100, 10) if quick else (1_000_000, 3000, 300)
    rng = np.random.default_rng(0)
    gamma = 10.0 ** rng.uniform(-4.0, 4.0, pairs)
    ridge = np.where(rng.random(pairs) < 0.25, 0.0, 10.0 ** rng.uniform(-8.0, 3.0, pairs))
    ours = min(cpu_seconds(lambda: convergence(gamma, ridge))[0] for _ in range(5)) / pairs

    known = convergence(gamma[:some], ridge[:some])
    loops = {
        "numpy scalars, as one writes it": (gamma[:some], ridge[:some], np.sqrt),
        "Python floats and math.sqrt, tuned": (gamma[:some].tolist(), ridge[:some].tolist(), sqrt),
    }
    for how, (gammas, ridges, root) in loops.items():
        spent, looped = cpu_seconds(partial(by_quads, gammas, ridges, root))
        theirs = spent / some
        yield Comparison(
            ours=f"convergence(gamma, ridge), {pairs:,} pairs in one call, for each pair",
            our_value=ours,
            theirs=f"loop over scipy.integrate.quad, {how} ({some} pairs); "
            + _furthest(looped, known),
            their_value=theirs,
            unit="CPU s",
            claimed=f"at least {AIM:,.0f} times faster",
            held=theirs >= AIM * ours,
        )

    above = np.flatnonzero(gamma > 1.0)[:few]
    if not SCIKIT_RMT.exists():
        print("  scikit-rmt: not compared, make builds its environment: make bench")
        return
    done = subprocess.run(
        [SCIKIT_RMT, Path(__file__).parents[1] / "peers" / "scikit_rmt.py"],
        input=json.dumps([gamma[above].tolist(), ridge[above].tolist()]),
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    found = np.array(answer["convergence"])
    yield Comparison(
        ours=f"convergence(gamma, ridge), {pairs:,} pairs in one call, for each pair",
        our_value=ours,
        theirs=f"scikit-rmt {answer['version']}, density and quad ({few} pairs, gamma > 1); "
        + _furthest(found, convergence(gamma[above], ridge[above])),
        their_value=answer["seconds"] / few,
        unit="CPU s",
        claimed=f"at least {AIM:,.0f} times faster",
        held=answer["seconds"] / few >= AIM * ours,
    )


def cpu_seconds(task: Callable[[], Array]) -> tuple[float, Array]:
    start = time.process_time()
    made = task()
    return time.process_time() - start, made


def by_quads(
    gammas: Iterable[float], ridges: Iterable[float], root: Callable[[float], float]
) -> Array:
    return np.array([by_quad(*pair, root) for pair in zip(gammas, ridges, strict=True)])


def by_quad(gamma: float, ridge: float, root: Callable[[float], float]) -> float:
    """The textbook way: the density of the Marchenko-Pastur law, integrated, and the atom at 0."""
    aspect = 1.0 / gamma
    lower, upper = (1.0 - root(aspect)) ** 2, (1.0 + root(aspect)) ** 2

    def integrand(x: float) -> float:
        return root((upper - x) * (x - lower)) * root(x + ridge) / (2.0 * pi * aspect * x)

    mean = quad(integrand, lower, upper)[0] + max(0.0, 1.0 - gamma) * root(ridge)
    return float(mean * mean / (1.0 + ridge))


def _furthest(theirs: Array, ours: Array) -> str:
    return f"furthest relative difference {np.max(np.abs(theirs / ours - 1.0)):.1e}"
