"""How far would another pair of models lie? The spread of agreement from pair to pair."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.estimates import IntervalEstimate
from twinseed.data.directions import principal
from twinseed.intervals import student95
from twinseed.randomness import stream

__all__ = ["Redraws", "redraws"]

_PAIRS = 24
_DIRECTIONS = 96  # in which the models are redrawn
_ROWS = 2000  # of each half, at most
_FEWEST = 8


@dataclass(frozen=True)
class Redraws:
    """How agreement differs from one pair of models to the next, each trained on other rows."""

    pairs: int
    """Pairs of matched linear models that were drawn."""
    spread: float
    """Standard deviation over these pairs of ``log(1 - q)``, q their convergence."""

    def another(self, agreement: float) -> IntervalEstimate:
        """Return where another pair of such models would lie, beside a pair with this agreement.

        Equation: ``1 - (1 - agreement) exp(-+ t sqrt(2) spread)``, a 95 % prediction interval for a
        second draw of the same law: the root of two counts both pairs.
        """
        reach = math.sqrt(2.0) * student95(self.pairs) * self.spread
        gap = max(0.0, 1.0 - agreement)
        return IntervalEstimate(
            agreement, max(-1.0, 1.0 - gap * math.exp(reach)), 1.0 - gap * math.exp(-reach)
        )


def redraws(
    rows: NDArray[Any], total: int, n: int, gap: float, entropy: tuple[int, ...]
) -> Redraws | None:
    """Draw pairs of disjoint halves of the real rows, and fit the linear model to each half.

    Equation: two halves with covariances S_A and S_B make twins of convergence q, ``1 - q =
    tr (S_A^1/2 - S_B^1/2)^2 / tr (S_A + S_B)``, over all seeds at once. ``rows`` are the real
    rows, or a sample of them, of ``total``; a half has as many as a model saw, ``n``, in
    proportion. Redrawn are the leading 96 directions; ``gap`` is 1 - q of the matched linear model
    in all of them, and what the leading ones do not explain of it is taken as fixed; NaN: nothing.

    Cost: 24 pairs of decompositions of 96 x 96 matrices, and products of at most 2,000 rows.

    Validity: pairs are drawn from the same real rows, so that they share rows: where few rows
    decide, as with heavy tails, other rows would differ by more. It is the spread of linear models:
    that of trained networks, which also differ by their initial weights, is larger. None with fewer
    than 8 rows a half.
    """
    half = min(int(n * len(rows) / max(total, 1)), len(rows) // 2, _ROWS)
    if half < _FEWEST:
        return None
    found = principal(rows, min(_DIRECTIONS, rows.shape[1]))
    wide = np.asarray(rows, dtype=np.float64) @ found.vectors
    energy = float(np.sum(np.var(rows, axis=0, dtype=np.float64)))
    if energy == 0.0:
        return None
    draw = stream(entropy, "audit: other pairs of models")
    gaps = []
    for _ in range(_PAIRS):
        order = draw.permutation(len(wide))
        one, other = (_root(wide[part]) for part in (order[:half], order[half : 2 * half]))
        gaps.append(float(np.sum((one - other) ** 2)) / 2.0 / energy)
    if min(gaps) <= 0.0:
        return None
    rest = 0.0 if math.isnan(gap) else max(0.0, gap - float(np.mean(gaps)))
    return Redraws(_PAIRS, float(np.std(np.log(np.array(gaps) + rest), ddof=1)))


def _root(rows: Array) -> Array:
    """Return the square root of the covariance of rows."""
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(rows, rowvar=False)))
    found: Array = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return found
