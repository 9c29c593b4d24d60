"""Groups of factors that a pilot cannot distinguish, and what their choice adds to a recovery."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.lanes import here, in_threads
from twinseed.planning.curves import recovered_group, recovery_gap
from twinseed.planning.halves import MOST_ROWS, kept_groups
from twinseed.planning.pairs import spanned
from twinseed.populations import Estimated
from twinseed.randomness import stream

__all__ = ["borders_on_bulk", "gap_errors", "group_of", "grouped", "optimism", "with_rising_low"]

_ONE_LEVEL = 0.1
"""Log of a ratio of eigenvalues below which every readout treats the eigenvalues as equal."""
_JUDGED = 3
"""Groups of a resampled population that are looked at."""


def grouped(factors: Array, errors: Array) -> tuple[slice, ...]:
    """Put a factor into the group of the factor before if both are equal within the error.

    Equal means within two standard errors of the log of their ratio, or within 10 %.

    Args:
        factors: the strengths of the factors, the strongest first.
        errors: standard errors of the log of each factor over the next.
    """
    if factors.size == 0:
        return ()
    apart = -np.diff(np.log(factors)) > np.maximum(2.0 * errors, _ONE_LEVEL)
    edges = [0, *(np.flatnonzero(apart) + 1).tolist(), factors.size]
    return tuple(slice(a, b) for a, b in itertools.pairwise(edges))


def group_of(groups: Sequence[slice], factor: int) -> int:
    """Return which group holds a factor; both are counted from 0."""
    return next(place for place, one in enumerate(groups) if factor < one.stop)


def borders_on_bulk(population: Estimated, group: slice) -> bool:
    """Say whether a group of factors is hardly stronger than the directions of the bulk.

    The group is then within two standard errors of the bulk. Its recovery is a leading order,
    because further directions of the same strength may be in the bulk.

    Args:
        population: the population that was estimated from the pilot.
        group: ranks of the factors of one group.
    """
    count = population.factors.size
    if group.stop < count or population.degrees is None:
        return False
    last, further = population.eigenvalues(population.dimension)[count - 1 : count + 1]
    return bool(further > 0.0 and np.log(last / further) < 2.0 * _gaussian_error(population))


def gap_errors(pilot: NDArray[Any], population: Estimated, entropy: Sequence[int]) -> Array:
    """Return standard errors of the log of each factor over the next, (factors - 1,).

    The errors come from the rows of the pilot; they are at least those of Gaussian rows.
    """
    count = population.factors.size
    least = np.full(max(count - 1, 0), _gaussian_error(population))
    if count < 2:
        return least
    return np.asarray(np.maximum(log_ratio_errors(pilot, count, entropy), least))


def optimism(
    population: Estimated,
    groups: Sequence[slice],
    errors: Array,
    resampled: Sequence[Estimated],
    n: Array,
) -> tuple[Array, Array]:
    """Return by how much the recovery of each group is planned too high, and the spread.

    Groups end where the pilot shows a gap, so that the gap is on average smaller in truth. Groups
    of the resampled populations show by how much: the median log of the planned over the true root
    of the odds of recovery, and the distance from this median that holds nine in ten, over 1.645.
    Groups whose gap is as wide, in standard errors, as the gap of the group in question count most.

    Args:
        population: the population that was estimated from the pilot.
        groups: ranks of the factors of each group.
        errors: standard errors of the log of each factor over the next.
        resampled: populations estimated from Gaussian pilots of the same size.
        n: training rows of each model.

    Returns:
        The median and the spread, (n, groups) each.
    """
    logs, gaps = [], []
    for one in resampled:
        error = np.full(max(one.factors.size - 1, 0), _gaussian_error(one))
        found = grouped(one.factors, error)
        for group in [held for held in found if held.stop < one.factors.size][:_JUDGED]:
            planned, true = (
                np.log(recovery_gap(recovered_group(model, group, n)))
                for model in (one, population)
            )
            logs.append(planned - true)
            gaps.append(_gap(one.factors, group, error))
    middle, spread = np.zeros((2, n.size, len(groups)))
    if logs:
        for place, group in enumerate(groups):
            own = _gap(population.factors, group, errors)
            weights = np.exp(-0.5 * np.minimum(np.abs(np.array(gaps) - own), 3.0) ** 2)
            middle[:, place] = _quantile(np.array(logs), weights, 0.5)
            away = np.abs(np.array(logs) - middle[:, place])
            spread[:, place] = _quantile(away, weights, 0.9) / 1.6448536269514722
    return middle, spread


def with_rising_low(straight: Array, by: Array, half: Array) -> Array:
    """Return half widths with which the lower ends of the bands never fall with n.

    The recovery rises with n, so that the lower end at fewer rows holds for more rows too.

    Args:
        straight: theory on the straight scale, (n, groups).
        by: the correction, which multiplies theory by ``1 + by``.
        half: half widths of the bands, relative to theory.
    """
    low = np.maximum.accumulate(straight * (1.0 + by - half), axis=0)
    return np.asarray(np.clip(1.0 + by - low / np.maximum(straight, 1e-12), 0.0, half))


def _gap(factors: Array, group: slice, errors: Array) -> float:
    """Return the smaller gap to the factors beside a group, in standard errors, at most 6."""
    apart = -np.diff(np.log(factors)) / np.maximum(errors, 1e-12)
    beside = [apart[one] for one in (group.start - 1, group.stop - 1) if 0 <= one < apart.size]
    return float(min([*beside, 6.0]))


def _quantile(values: Array, weights: Array, level: float) -> Array:
    """Return the weighted quantile along the first axis."""
    order = np.argsort(values, axis=0)
    reached = np.cumsum(weights[order], axis=0) >= level * weights.sum()
    sorted_values = np.take_along_axis(values, order, axis=0)
    return np.asarray(np.take_along_axis(sorted_values, reached.argmax(axis=0)[None], axis=0)[0])


def _gaussian_error(population: Estimated) -> float:
    return 2.0 / float(np.sqrt(population.degrees or 1))


def log_ratio_errors(pilot: NDArray[np.generic], count: int, entropy: Sequence[int]) -> Array:
    """Standard errors of the log of each leading eigenvalue over the next, by the jackknife.

    There is one error less than the ``count`` eigenvalues. The error is ``2/sqrt(n)`` for Gaussian
    rows, and may be much larger for other rows.
    """
    order = stream(entropy, "plan: groups of rows").permutation(len(pilot))[:MOST_ROWS]
    rows, groups = spanned(pilot[order]), kept_groups(order.size)

    def leading_logs(left_out: int) -> Array:
        kept = rows[np.arange(order.size) % groups != left_out]
        kept = kept - kept.mean(axis=0)
        tall = len(kept) > kept.shape[1]
        values = np.linalg.eigvalsh(kept.T @ kept if tall else kept @ kept.T)[::-1]
        return np.asarray(np.log(np.maximum(values[:count], values[0] * 1e-12)))

    logs = in_threads(leading_logs, range(groups), here().workers)
    apart = -np.diff(logs, axis=1)
    spread = np.sum((apart - apart.mean(axis=0)) ** 2, axis=0) * (groups - 1) / groups
    return np.asarray(np.sqrt(spread * order.size / len(pilot)))
