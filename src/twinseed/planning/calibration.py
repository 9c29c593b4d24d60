"""How far theory is from what the halves of the pilot show, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.filters import Filter
from twinseed.planning.curves import CURVES, Curve, told
from twinseed.planning.divided import together
from twinseed.planning.finite import PRIOR, finite_size, jackknife, noise, rough
from twinseed.planning.gaussian import GaussianPilot, affordable, gaussian_pilots, planned
from twinseed.planning.groups import optimism, with_rising_low
from twinseed.planning.halves import (
    LEFT_OUT,
    MOST_ROWS,
    PilotHalves,
    drawn,
    draws_of,
    from_results,
    halvings,
    left_one_out,
)
from twinseed.planning.normality import moments, oddness
from twinseed.planning.pairs import SEEDS, Numbers, mean_of, spanned
from twinseed.populations import Estimated
from twinseed.randomness import stream

__all__ = ["LEVEL", "NORMAL", "UNEVEN", "Calibrated", "Correction", "calibrated"]

LEVEL = 0.9
"""Nominal coverage of every band."""
NORMAL = 1.6448536269514722
"""Standard normal quantile of that level, two-sided."""
UNEVEN = 1.2
"""Noise of a sample covariance over the noise for Gaussian rows, above which the plan warns."""
_STEPS = 2.0 ** np.arange(-2, 6)
"""Numbers of rows, in units of the pilot, at which corrections and widths are computed."""
_SIMULATED = 8.0
"""Largest number of rows at which Gaussian rows are simulated, in the same unit."""
DRIFT = {
    "convergence": 0.06,
    "memorisation_ratio": 0.15,
    "memorisation_share": 0.15,
    "recovery": 0.06,
}
"""Standard deviation, per root of a doubling of n, of the change of what theory misses.

From the tables that were looked at in the coverage study: the correction of six tables whose rows
are not Gaussian changes by about this much."""


@dataclass(frozen=True)
class Correction:
    """What is added to theory, or multiplies theory, on the straight scale of a curve, along n.

    Args:
        log_n: logarithms of the training rows.
        by: the correction, with n on the first axis.
        half: half the width of the band, with n on the first axis.
        relative: whether the correction multiplies theory; if not, it is added.
    """

    log_n: Array
    by: Array
    half: Array
    relative: bool

    def at(self, n: Array) -> tuple[Array, Array]:
        """Interpolate the correction and the half width in log n; beyond the ends both stay."""
        return _interpolated(n, self.log_n, self.by), _interpolated(n, self.log_n, self.half)


def _interpolated(n: Array, log_n: Array, part: Array) -> Array:
    columns = part.reshape(log_n.size, -1).T
    found = [np.interp(np.log(n), log_n, column) for column in columns]
    return np.array(found).reshape(-1, n.size).T.reshape(n.size, *part.shape[1:])


@dataclass(frozen=True)
class Calibrated:
    """The corrections of theory by order parameter, and what the corrections rest on.

    Args:
        corrections: the correction of each order parameter, by name.
        factor: c, the measured over the planned odds ``(1 - q)/q`` of disagreement.
        log_error: standard error of log c.
        splits: number of halvings of the pilot; 0 means that theory is not corrected.
        rows: rows of one half.
        simulated: the n at which Gaussian rows of the estimated population were drawn.
        oddness: how sure it is that the rows are not Gaussian, from 0 to 1.
        excess: factor on the variance that Gaussian pilots show, 1 or more: by how much more the
            halves of this pilot vary, times the unevenness of its rows.
    """

    corrections: dict[str, Correction]
    factor: float = 1.0
    log_error: float = math.nan
    splits: int = 0
    rows: int = 0
    simulated: tuple[int, ...] = ()
    oddness: float = 0.0
    excess: float = 1.0


def calibrated(
    pilot: NDArray[np.generic],
    population: Estimated,
    filter: Filter,
    groups: Sequence[slice],
    errors: Array,
    resamples: int,
    splits: int,
    entropy: Sequence[int],
    advance: Callable[[int], None],
    unevenness: float,
) -> Calibrated:
    """Measure the halves of the pilot, simulate the estimate, and correct theory by both.

    Equations, on the straight scale of a curve: with T theory, D the simulated estimate, M the mean
    over halvings, and m the rows of a half, the plan is ``T(n) + [D(n) - T(n)] + w [M - D(m)]``.
    ``w = v/(v + V)`` weighs M, of variance V, against what theory may miss at m, of variance v.

    The band. Gaussian pilots drawn from the estimate are planned in the same way, and show the
    variance of the plan for Gaussian rows. The jackknife over groups of rows says how much more
    the halves of this pilot vary than those of Gaussian pilots, and multiplies that variance; so
    does the unevenness of the rows. For rows that are not Gaussian, what theory misses may change
    with n: the variance grows with each doubling of n (see ``DRIFT``).

    Args:
        pilot: rows of the data.
        population: the population that was estimated from the pilot.
        filter: the regularisation of the models.
        groups: ranks of the factors that have one recovery.
        errors: standard errors of the log of each factor over the next.
        resamples: number of Gaussian pilots.
        splits: number of halvings of the pilot; 0 leaves theory uncorrected.
        entropy: the seed.
        advance: called with the number of Gaussian pilots and halvings done since its last call.
        unevenness: noise of the covariance over that of Gaussian rows.
    """
    n = np.unique(np.maximum(np.rint(len(pilot) * _STEPS), 2.0))
    size = min(len(pilot), MOST_ROWS)
    half = float(len(pilot) // 2) if not splits else float(size // 2)
    every = np.append(n, half)
    order = stream(entropy, "plan: groups of rows").permutation(len(pilot))
    rows = spanned(pilot[order[:MOST_ROWS]])  # the rows that are halved
    share = affordable(len(rows), rows.shape[1], splits) if splits else 0.0
    number = int(max(min(splits, 4), round(splits * share))) if splits else 0
    estimates = told(population, filter, every, groups)
    reach = n[(n >= half) & (n <= _SIMULATED * len(pilot))].astype(int).tolist()
    if not splits or not rough(estimates):
        reach = []
    draws = {one: draws_of(population, one, filter, groups, number, entropy) for one in reach}
    able = {one: part for one, part in draws.items() if part is not None}
    parts = [
        gaussian_pilots(population, len(pilot), resamples, every, filter, groups, entropy, share),
        halvings(
            rows, filter, population.dimension, groups, number, entropy, round(share * LEFT_OUT)
        ),
        *able.values(),
    ]
    again, of_rows, *of_draws = together(parts, entropy, advance)
    simulated = {one: drawn(found) for one, found in zip(able, of_draws, strict=True)}
    drawn_pilots = [planned(one) for one in again]
    theory = {name: curve.straight(estimates) for name, curve in CURVES.items()}
    curves = {name: curve.corrects(theory[name]) for name, curve in CURVES.items()}
    if not splits:
        return Calibrated(
            {
                name: Correction(
                    np.log(n), *_uncorrected(curve, drawn_pilots, theory[name]), curve.relative
                )
                for name, curve in curves.items()
            }
        )
    halves = from_results(of_rows, len(rows) // 2)
    usual = [one.moments for one in drawn_pilots if one.moments is not None]
    odd = oddness(moments(rows), usual)
    corrections, factor, log_error, excess = {}, 1.0, math.nan, 1.0
    for name, curve in curves.items():
        straight = theory[name][:-1]
        bend, bend_noise = finite_size(curve, simulated, n, straight)
        by, bias, variance, error, more = _corrected(
            curve,
            halves,
            [(one.theory[name], one.halves) for one in drawn_pilots],
            theory[name],
            unevenness,
        )
        doublings = np.log2(np.maximum(n / half, 1.0)).reshape(-1, *(1,) * (straight.ndim - 1))
        variance = variance + bend_noise + odd * DRIFT[name] ** 2 * doublings
        total = bend + by - bias
        if curve.relative:
            total, variance = (1.0 + bend) * (1.0 + by - bias) - 1.0, variance * (1.0 + bend) ** 2
        if name == "recovery" and groups:
            resampled = [one.estimate for one in drawn_pilots]
            rise, spread = optimism(population, groups, errors, resampled, n)
            total = (1.0 + total) * np.exp(-rise) - 1.0
            variance = np.maximum(variance, max(unevenness, 1.0) * spread**2)
        half_width = NORMAL * np.sqrt(variance)
        if name == "recovery":
            half_width = with_rising_low(straight, total, half_width)
        corrections[name] = Correction(np.log(n), total, half_width, curve.relative)
        if name == "convergence":
            factor, log_error, excess = math.exp(-float(by)), float(error), float(more)
    return Calibrated(
        corrections, factor, log_error, halves.splits, int(half), tuple(simulated), odd, excess
    )


def _uncorrected(
    curve: Curve, again: Sequence[GaussianPilot], theory: Array
) -> tuple[Array, Array]:
    """Return no correction, and the half width by the theory of Gaussian pilots alone."""
    off = np.array([curve.apart(one.theory[curve.name], theory) for one in again])
    return np.zeros(theory.shape)[:-1], NORMAL * _reach(off)[:-1]


def _corrected(
    curve: Curve,
    halves: PilotHalves,
    again: Sequence[tuple[Array, PilotHalves | None]],
    theory: Array,
    unevenness: float,
) -> tuple[Array, Array, Array, Array, Array]:
    """Return the weighed correction, the bias and the variance along n, the error, and the excess.

    ``again`` has the theory and the halves of each Gaussian pilot; the last entry of a theory is
    at the rows of a half.
    """
    others = [(one, found) for one, found in again if found is not None]
    start = np.zeros(theory[-1].shape)
    if curve.name != "convergence":  # the halves of Gaussian pilots, about the mean of the pilot
        start = curve.apart(_mean(curve, _pooled([found for _, found in others])), theory[-1])
    there = curve.corrected(theory[-1], start)
    of_gaussians, alone, from_theory, unlike = [], [], [], []
    for one, found in others:
        at_half = curve.corrected(one[-1], start)
        alone.append(curve.apart(_mean(curve, found), there))
        from_theory.append(curve.apart(_mean(curve, found), at_half))
        unlike.append(noise(curve, left_one_out(found.whole), at_half, True))
        if found.without is not None:
            of_gaussians.append(_jackknifed(curve, found, at_half))
    usual = np.maximum(np.mean(of_gaussians, axis=0), 1e-12)
    more = np.maximum(_jackknifed(curve, halves, there) / usual, 1.0) * max(unevenness, 1.0)
    # Gaussian pilots are halved fewer times, which has a noise of its own
    surplus = np.mean(unlike, axis=0) * (1.0 - others[0][1].splits / halves.splits)
    unsure = more * np.maximum(_reach(np.array(alone)) ** 2 - surplus, surplus)
    off = np.array([curve.apart(one, theory) for one, _ in again])
    prior = PRIOR**2 + _reach(off)[-1] ** 2
    weight = prior / (prior + unsure)
    planned = np.array(
        [
            curve.apart(curve.corrected(one[:-1], weight * by), theory[:-1])
            for (one, _), by in zip(again, from_theory, strict=True)
        ]
    )
    bias = np.median(planned, axis=0)
    square = np.maximum(_reach(planned - bias) ** 2 - weight**2 * surplus, weight**2 * surplus)
    error = np.sqrt(weight * more) * _reach(np.array(from_theory))
    variance = more * square + (1.0 - weight) ** 2 * PRIOR**2
    by = weight * curve.apart(_mean(curve, halves), there)
    return by, bias, variance, error, more


def _jackknifed(curve: Curve, halves: PilotHalves, theory: Array) -> Array:
    """Return the variance of the mean over halvings, by the jackknife over groups of rows."""
    assert halves.without is not None
    return jackknife(curve.apart(curve.measured(halves.without, True), theory))


def _pooled(several: Sequence[PilotHalves]) -> PilotHalves:
    """Return the halvings of several pilots as if they were halvings of one."""
    parts = zip(*(vars(one.whole).values() for one in several), strict=True)
    return PilotHalves(Numbers(*(np.concatenate(part) for part in parts)), None, several[0].rows)


def _mean(curve: Curve, halves: PilotHalves) -> Array:
    """Return the mean over halvings on the straight scale; a share is kept from 0 and from 1.

    Half a sample counts on each side.
    """
    mean = mean_of(halves.whole)
    draws = 2.0 * SEEDS * halves.splits
    share = (mean.share * draws + 0.5) / (draws + 1.0)
    return curve.measured(replace(mean, share=share), True)


def _reach(off: Array) -> Array:
    """Return the standard deviation whose band holds nine in ten of these distances from 0."""
    if off[0].size == 0:
        return np.zeros(off.shape[1:])
    return np.asarray(np.quantile(np.abs(off), LEVEL, axis=0) / NORMAL)
