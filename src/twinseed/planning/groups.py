"""Groups of factors that a pilot cannot tell apart, and what their choice does to a plan."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.planning.curves import recovered_group, recovery_gap
from twinseed.planning.halves import MOST_ROWS, kept_groups
from twinseed.planning.pairs import spanned
from twinseed.populations import Estimated
from twinseed.randomness import stream

__all__ = ["grouped", "optimism", "pilot_groups"]

Array = NDArray[np.float64]

_ONE_LEVEL = 0.1
"""Log of a ratio of eigenvalues that every readout takes for equal."""
_JUDGED = 3
"""Groups of a resampled population that are looked at."""


def grouped(factors: Array, errors: Array) -> tuple[slice, ...]:
    """Group the factors of which each is within two standard errors of the one before, or 10 %.

    ``errors`` are those of the log of each factor over the next.
    """
    if factors.size == 0:
        return ()
    apart = -np.diff(np.log(factors)) > np.maximum(2.0 * errors, _ONE_LEVEL)
    edges = [0, *(np.flatnonzero(apart) + 1).tolist(), factors.size]
    return tuple(slice(a, b) for a, b in itertools.pairwise(edges))


def pilot_groups(
    pilot: NDArray[Any], population: Estimated, entropy: Sequence[int]
) -> tuple[slice, ...]:
    """Group the factors by the errors of the pilot's eigenvalues, at least those of Gaussians."""
    count = population.factors.size
    least = np.full(max(count - 1, 0), _gaussian_error(population))
    errors = np.maximum(log_ratio_errors(pilot, count, entropy), least) if count > 1 else least
    return grouped(population.factors, errors)


def optimism(
    population: Estimated, resampled: Sequence[Estimated], n: Array
) -> tuple[Array, Array]:
    """By how much the recovery of groups is planned too high, and the spread of that, along n.

    Groups end where the pilot shows a gap, so that the gap is on average smaller in truth. Groups
    of the resampled populations show by how much: the median log of the planned over the true root
    of the odds of recovery, with the distance from it that holds nine in ten, over 1.645.
    """
    logs = []
    for one in resampled:
        found = grouped(one.factors, np.array(_gaussian_error(one)))
        for group in [held for held in found if held.stop < one.factors.size][:_JUDGED]:
            planned, true = (
                np.log(recovery_gap(recovered_group(model, group, n)))
                for model in (one, population)
            )
            logs.append(planned - true)
    if not logs:
        return np.zeros(n.size), np.zeros(n.size)
    middle = np.median(logs, axis=0)
    spread = np.quantile(np.abs(np.array(logs) - middle), 0.9, axis=0) / 1.6448536269514722
    return np.asarray(middle), np.asarray(spread)


def _gaussian_error(population: Estimated) -> float:
    return 2.0 / float(np.sqrt(population.degrees or 1))


def log_ratio_errors(pilot: NDArray[np.generic], count: int, entropy: Sequence[int]) -> Array:
    """Standard errors of the log of each leading eigenvalue over the next, by the jackknife.

    Of ``count`` eigenvalues, so that there is one error less. For Gaussian rows they are
    ``2/sqrt(n)``; eigenvalues of other rows may be much less sure.
    """
    order = stream(entropy, "plan: groups of rows").permutation(len(pilot))[:MOST_ROWS]
    rows, groups = spanned(pilot[order]), kept_groups(order.size)
    logs = []
    for left_out in range(groups):
        kept = rows[np.arange(order.size) % groups != left_out]
        kept = kept - kept.mean(axis=0)
        tall = len(kept) > kept.shape[1]
        values = np.linalg.eigvalsh(kept.T @ kept if tall else kept @ kept.T)[::-1]
        logs.append(np.log(np.maximum(values[:count], values[0] * 1e-12)))
    apart = -np.diff(logs, axis=1)
    spread = np.sum((apart - apart.mean(axis=0)) ** 2, axis=0) * (groups - 1) / groups
    return np.asarray(np.sqrt(spread * order.size / len(pilot)))
