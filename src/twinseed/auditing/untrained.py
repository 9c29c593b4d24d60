"""Did the generators learn anything of the real rows, or are their samples shared noise alone?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.blocks import row_blocks
from twinseed.data.directions import GROUPS, principal
from twinseed.data.twins import Twins
from twinseed.intervals import student95
from twinseed.randomness import stream

__all__ = ["learned_share"]

_DIRECTIONS = 64
_FEWEST = 2 * GROUPS  # rows of each half, and seeds
_CLEAR = 5.0  # standard errors by which the real rows' variances have to differ


def learned_share(
    twins: Twins, rows: NDArray[Any], entropy: tuple[int, ...]
) -> IntervalEstimate | None:
    """Return how much of the real rows' inequality between directions the samples have.

    Equation: the leading directions u_k and variances l_k come from a random half of the real rows.
    Along u_k, w_k is the share of all variance that other rows have: the other half, or samples.
    The answer is ``cov(w, l)`` of the samples over ``cov(w, l)`` of the other half. Range: 0 where
    the samples vary alike in all directions, as noise does, or a multiple of it; about 1 where they
    vary as the real rows do; above 1 where they do so more unequally. A linear model with a ridge r
    has ``mean mu/(mean mu + r)``: 1 less its chance level of convergence. Shapes: ``rows`` (M, d)
    are all real rows.

    The interval leaves out groups of seeds (jackknife, Student's t); the real rows are held fixed.
    None where the real rows vary alike in all directions themselves, or are too few to tell.
    """
    half = len(rows) // 2
    if half < _FEWEST or twins.seeds < _FEWEST or twins.d < 2:
        return None
    draw = stream(entropy, "audit: halves of the real rows")
    order = draw.permutation(len(rows))
    found = principal(rows[np.sort(order[:half])], min(_DIRECTIONS, twins.d))
    if found.eigenvalues.size < 2:
        return None
    weights = found.eigenvalues - found.eigenvalues.mean()
    real = _slope(rows[np.sort(order[half:])], found.vectors, weights)
    value, error = _jackknifed(real, len(order) - half)
    if not value > _CLEAR * error:
        return None
    sides = [
        _slope(one, found.vectors, weights)
        for one in (twins.samples_a, twins.samples_b)
        if one is not None
    ]

    def both(kept: NDArray[np.bool_]) -> float:
        return float(np.mean([one(kept) for one in sides])) / value

    share, spread = _jackknifed(both, twins.seeds)
    reach = student95(GROUPS) * spread
    return IntervalEstimate(share, share - reach, share + reach)


def _slope(
    rows: NDArray[Any], vectors: Array, weights: Array
) -> Callable[[NDArray[np.bool_]], float]:
    """Return a function of which rows are kept: ``cov(w, l)`` of the shares of their variance."""
    count = len(rows)
    along, energy = np.empty((count, vectors.shape[1])), np.empty(count)
    mean = sum(block.sum(axis=0, dtype=np.float64) for _, block in row_blocks(rows, 1 << 18))
    for start, block in row_blocks(rows, 1 << 18):
        wide = block - mean / count
        along[start : start + len(block)] = wide @ vectors
        energy[start : start + len(block)] = np.einsum("ij,ij->i", wide, wide)

    def slope(kept: NDArray[np.bool_]) -> float:
        whole = float(energy[kept].mean())
        return float(weights @ along[kept].var(axis=0)) / whole if whole > 0 else 0.0

    return slope


def _jackknifed(statistic: Callable[[NDArray[np.bool_]], float], count: int) -> tuple[float, float]:
    """Return a statistic of all rows, and its standard error from leaving out every tenth."""
    labels = np.arange(count) % GROUPS
    value = statistic(labels >= 0)
    without = np.array([statistic(labels != group) for group in range(GROUPS)])
    spread = float(np.sum((without - without.mean()) ** 2))
    return value, math.sqrt((GROUPS - 1) / GROUPS * spread)
