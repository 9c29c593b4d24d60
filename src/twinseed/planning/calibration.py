"""How far the theory of the estimate is off, by the pilot's own halves, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from twinseed.filters import Filter
from twinseed.planning.curves import CURVES, Curve, told
from twinseed.planning.groups import optimism
from twinseed.planning.halves import DRAWN_SEEDS, MOST_ROWS, drawn, halved, left_one_out
from twinseed.planning.pairs import SEEDS, Numbers, mean_of
from twinseed.populations import Estimated
from twinseed.readout import Estimate

__all__ = ["LEVEL", "NORMAL", "UNEVEN", "Calibrated", "Correction", "calibrated"]

Array = NDArray[np.float64]
Told = dict[str, Estimate]

LEVEL = 0.9
"""Nominal coverage of every band."""
NORMAL = 1.6448536269514722
"""Standard normal quantile of that level, two-sided."""
UNEVEN = 1.2
"""Noise of a sample covariance over that of Gaussian rows, from which the plan warns."""
_STEPS = 2.0 ** np.arange(-2, 6)
"""Numbers of rows, in units of the pilot, at which corrections and widths are found."""
_SIMULATED = 8.0
"""Numbers of rows up to which the estimate is simulated, in the same unit."""
_PRIOR = 0.5
"""How far theory is off before anything is measured, as a standard deviation."""
_SURE = 0.1
"""Relative error of a simulated excess from which it is not used."""
_FEW = 20.0
"""Expected number of samples on the rarer side below which a share is not used."""


@dataclass(frozen=True)
class Correction:
    """What is added to theory (or multiplies it) on the straight scale of a curve, along n.

    ``by`` and ``half``, the half width of the band, have log n as their first axis.
    """

    log_n: Array
    by: Array
    half: Array

    def at(self, n: Array) -> tuple[Array, Array]:
        """Interpolate both in log n; beyond the ends they stay as they are there."""
        return _interpolated(n, self.log_n, self.by), _interpolated(n, self.log_n, self.half)


def _interpolated(n: Array, log_n: Array, part: Array) -> Array:
    columns = part.reshape(log_n.size, -1).T
    found = [np.interp(np.log(n), log_n, column) for column in columns]
    return np.array(found).reshape(-1, n.size).T.reshape(n.size, *part.shape[1:])


@dataclass(frozen=True)
class Calibrated:
    """The corrections by curve, and what they rest on.

    ``factor`` is c: measured over planned odds ``(1 - q)/q`` of disagreement at ``rows`` rows for
    each model, ``splits`` halvings of the pilot; ``log_error`` is the standard error of log c.
    ``simulated`` lists the n at which Gaussian rows of the estimate were drawn.
    """

    corrections: dict[str, Correction]
    factor: float = 1.0
    log_error: float = math.nan
    splits: int = 0
    rows: int = 0
    simulated: tuple[int, ...] = ()


def calibrated(
    pilot: NDArray[np.generic],
    population: Estimated,
    resampled: Sequence[Estimated],
    filter: Filter,
    groups: Sequence[slice],
    splits: int,
    entropy: Sequence[int],
    advance: Callable[[int], None],
    unevenness: float,
) -> Calibrated:
    """Measure the halves of the pilot, simulate the estimate, and correct theory by both.

    Equations, on the straight scale of a curve: with T theory, D the simulated estimate, M the mean
    over halvings, and m the rows of a half, the plan is ``T(n) + [D(n) - T(n)] + w [M - D(m)]``.
    ``w = v/(v + V)`` weighs what was measured, of variance V, against what theory at a half may
    miss, of variance v: that of the plans of Gaussian pilots and a prior. The variance of the plan
    is ``w^2 V + (1 - w)^2 v``, with that of ``T(n) - w T(m)`` over Gaussian pilots and the noise of
    the draws. V is from a jackknife over groups of rows, with the noise of the halvings. It is at
    least that of ``T(n)`` over Gaussian pilots, times the unevenness of the rows. What the choice
    of the groups adds to a recovery is taken from it (see ``optimism``).
    """
    n = np.unique(np.maximum(np.rint(len(pilot) * _STEPS), 2.0))
    half = float(len(pilot) // 2) if not splits else float(min(len(pilot), MOST_ROWS) // 2)
    every = np.append(n, half)
    theory = {
        name: curve.straight(told(population, filter, every, groups))
        for name, curve in CURVES.items()
    }
    again = [told(one, filter, every, groups) for one in resampled]
    off = {
        name: np.array([curve.apart(curve.straight(one), theory[name]) for one in again])
        for name, curve in CURVES.items()
    }
    if not splits:
        corrections = {
            name: Correction(np.log(n), np.zeros(one.shape[1:])[:-1], NORMAL * _reach(one)[:-1])
            for name, one in off.items()
        }
        return Calibrated(corrections)
    halves = halved(pilot, filter, groups, splits, entropy, advance)
    simulated: dict[int, tuple[Numbers, Numbers]] = {}
    if rough(told(population, filter, every, groups)):
        reach = n[(n > half) & (n <= _SIMULATED * len(pilot))]
        for rows in (int(half), *reach.astype(int).tolist()):
            found = drawn(population, rows, filter, groups, splits, entropy)
            if found is not None:
                simulated[rows] = found
    quantile = float(student.ppf(0.5 + LEVEL / 2.0, halves.fewer.size - 1))
    corrections, factor, log_error = {}, 1.0, math.nan
    for name, curve in CURVES.items():
        straight, there = theory[name][:-1], theory[name][-1]
        whole = mean_of(halves.whole)
        start, start_noise, bend, bend_noise = _finite(
            curve, simulated, int(half), n, there, straight
        )
        there = curve.corrected(there, start)  # what is measured is held against the simulation
        without = curve.apart(curve.measured(halves.without, True), there)
        unsure = _jackknife(without) + _noise(curve, left_one_out(halves.whole), there, True)
        unsure = unsure + _rare(name, whole, halves.splits) / np.maximum(there, 1e-12) ** 2
        unsure = unsure + start_noise
        prior = _PRIOR**2 + _reach(off[name])[-1] ** 2
        weight = prior / (prior + unsure)
        by = weight * curve.apart(curve.measured(whole, True), there)
        further = _reach(off[name][:, :-1] - weight * off[name][:, -1:])
        luck = max(unevenness, 1.0) * _reach(off[name])[:-1] ** 2
        variance = np.maximum(weight**2 * unsure + further**2, luck) + bend_noise
        variance = variance + (1.0 - weight) ** 2 * _PRIOR**2
        total = bend + by
        if curve.relative:
            total, variance = (1.0 + bend) * (1.0 + by) - 1.0, variance * (1.0 + bend) ** 2
        if name == "recovery" and groups:
            rise, spread = (part[:, None] for part in optimism(population, resampled, n))
            total = (1.0 + total) * np.exp(-rise) - 1.0
            variance = np.maximum(variance, max(unevenness, 1.0) * spread**2)
        corrections[name] = Correction(np.log(n), total, quantile * np.sqrt(variance))
        if name == "convergence":
            factor, log_error = math.exp(-float(by)), float(np.sqrt(weight * unsure))
    return Calibrated(corrections, factor, log_error, halves.splits, int(half), tuple(simulated))


def _reach(off: Array) -> Array:
    """Return the standard deviation whose band holds nine in ten of these distances from 0."""
    if off[0].size == 0:
        return np.zeros(off.shape[1:])
    return np.asarray(np.quantile(np.abs(off), LEVEL, axis=0) / NORMAL)


def rough(theory: Told) -> bool:
    """Say whether any of the planned numbers is a leading order of theory somewhere."""
    return any(
        np.any(np.asarray(theory[name].status) == "leading order")
        for name in CURVES
        if np.asarray(theory[name].value).size
    )


def _finite(
    curve: Curve,
    simulated: dict[int, tuple[Numbers, Numbers]],
    half: int,
    n: Array,
    there: Array,
    straight: Array,
) -> tuple[Array, Array, Array, Array]:
    """Return how far simulated pairs are from theory at a half and along n, with the variances.

    Where nothing was drawn, or too little to tell, it stays as at the next smaller n. Variances are
    relative to what was simulated. Convergence
    is not simulated: what theory misses of it at a finite size is in the measured factor as well,
    whatever n is.
    """
    start, start_noise = np.zeros((2, *there.shape))
    bend, bend_noise = np.zeros((2, *straight.shape))
    if curve.name == "convergence" or half not in simulated:
        return start, start_noise, bend, bend_noise
    mean, others = simulated[half]
    if _told_apart(curve, mean, others, True, _PRIOR):
        start = curve.apart(curve.measured(mean, True), there)
        start_noise = _noise(curve, others, curve.measured(mean, True), True)
    for place, rows in enumerate(n.astype(int).tolist()):
        last = max(place - 1, 0)
        bend[place], bend_noise[place] = bend[last], bend_noise[last]
        most = _PRIOR if rows == half else _SURE
        if rows in simulated and _told_apart(curve, *simulated[rows], False, most):
            mean, others = simulated[rows]
            bend[place] = curve.apart(curve.measured(mean, False), straight[place])
            bend_noise[place] = _noise(curve, others, curve.measured(mean, False), False)
    first = next((place for place, rows in enumerate(n) if rows >= half), 0)
    bend[:first], bend_noise[:first] = bend[first], bend_noise[first]
    return start, start_noise, bend, bend_noise


def _told_apart(curve: Curve, mean: Numbers, others: Numbers, twins: bool, most: float) -> bool:
    """Say whether the draws tell an excess well enough to correct theory by it."""
    if not curve.name.startswith("memorisation"):
        return True
    value = curve.measured(mean, twins)
    share = float(mean.share)
    draws = 2.0 * DRAWN_SEEDS * others.gap.size
    if curve.name == "memorisation_share" and draws * min(share, 1.0 - share) < _FEW:
        return False
    return bool(value > 0.0 and np.sqrt(_noise(curve, others, value, twins)) < most)


def _rare(name: str, mean: Numbers, splits: int) -> float:
    """Variance of the log odds of a share that few samples are on the other side of."""
    if name != "memorisation_share":
        return 0.0
    draws = 2.0 * SEEDS * splits
    share = float(mean.share)
    return 1.0 / (draws * min(share, 1.0 - share) + 0.5)


def _noise(curve: Curve, others: Numbers, theory: Array, twins: bool) -> Array:
    """Variance of a mean over draws, from its leave-one-out means, in the unit of ``apart``."""
    return _jackknife(curve.apart(curve.measured(others, twins), theory))


def _jackknife(without: Array) -> Array:
    count = len(without)
    square = np.sum((without - without.mean(axis=0)) ** 2, axis=0)
    return np.asarray((count - 1) / count * square)
