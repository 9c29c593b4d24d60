"""What a finite number of rows and columns adds to theory, by simulated pairs of models."""

from __future__ import annotations

import numpy as np

from twinseed.arrays import Array
from twinseed.planning.curves import CURVES, Curve
from twinseed.planning.halves import DRAWN_SEEDS
from twinseed.planning.pairs import Numbers
from twinseed.readout import Estimate

__all__ = ["PRIOR", "finite_size", "jackknife", "noise", "rough"]

PRIOR = 0.5
"""How far theory is off before anything is measured, as a standard deviation."""
_SURE = 0.1
"""Relative error of a simulated excess from which it is not used."""
_FEW = 20.0
"""Expected number of samples on the rarer side below which a share is not used."""


def rough(theory: dict[str, Estimate]) -> bool:
    """Say whether any of the planned numbers is a leading order of theory somewhere."""
    return any(
        np.any(np.asarray(theory[name].status) == "leading order")
        for name in CURVES
        if np.asarray(theory[name].value).size
    )


def finite_size(
    curve: Curve, simulated: dict[int, tuple[Numbers, Numbers]], n: Array, straight: Array
) -> tuple[Array, Array]:
    """Return how far simulated pairs are from theory along n, with the variance of that.

    Where nothing was drawn, or too little to be used, the distance is that at the next smaller n.
    The convergence is not simulated: what theory misses at a finite size is in the measured
    correction as well, whatever n is.

    Args:
        curve: the planned number.
        simulated: for each simulated n the mean over pairs of models, and the means without each.
        n: training rows of each model, rising.
        straight: theory along n, on the straight scale.
    """
    bend, bend_noise = np.zeros((2, *straight.shape))
    if curve.name == "convergence" or not simulated:
        return bend, bend_noise
    first = min(simulated)
    for place, rows in enumerate(n.astype(int).tolist()):
        last = max(place - 1, 0)
        bend[place], bend_noise[place] = bend[last], bend_noise[last]
        most = PRIOR if rows == first else _SURE
        if rows in simulated and _usable(curve, *simulated[rows], most):
            mean, others = simulated[rows]
            bend[place] = curve.apart(curve.measured(mean, False), straight[place])
            bend_noise[place] = noise(curve, others, curve.measured(mean, False), False)
    begin = next((place for place, rows in enumerate(n) if rows >= first), 0)
    bend[:begin], bend_noise[:begin] = bend[begin], bend_noise[begin]
    return bend, bend_noise


def _usable(curve: Curve, mean: Numbers, others: Numbers, most: float) -> bool:
    """Say whether the draws tell an excess well enough to correct theory by it."""
    if not curve.name.startswith("memorisation"):
        return True
    value = curve.measured(mean, False)
    share = float(mean.share)
    draws = 2.0 * DRAWN_SEEDS * others.gap.size
    if curve.name == "memorisation_share" and draws * min(share, 1.0 - share) < _FEW:
        return False
    return bool(value > 0.0 and np.sqrt(noise(curve, others, value, False)) < most)


def noise(curve: Curve, others: Numbers, theory: Array, twins: bool) -> Array:
    """Variance of a mean over draws, from its leave-one-out means, in the unit of ``apart``."""
    return jackknife(curve.apart(curve.measured(others, twins), theory))


def jackknife(without: Array) -> Array:
    count = len(without)
    square = np.sum((without - without.mean(axis=0)) ** 2, axis=0)
    return np.asarray((count - 1) / count * square)
