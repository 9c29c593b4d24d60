"""Weighted means over many candidates, in blocks: no weight overflows, and the best is never 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Numbers", "RunningMean"]

Numbers = NDArray[np.floating[Any]]


class RunningMean:
    """The posterior mean ``sum_k w_k v_k / sum_k w_k``, ``w_k = exp(score_k/sigma^2)``.

    Candidates come in blocks. The largest score so far is subtracted before the scores are divided
    by ``sigma^2``, so the best candidate has the weight 1 at each sigma, however small.
    """

    def __init__(self, sigma: float, dtype: np.dtype[Any]) -> None:
        # where 1/sigma^2 overflows, the best candidate alone has a weight
        self._scale = min(1.0 / sigma / sigma, float(np.finfo(dtype).max))
        # a smaller weight (1e-19 in single precision) counts as this one: tiny numbers are slow
        self._least = 0.5 * float(np.log(np.finfo(dtype).tiny))
        self._dtype = dtype
        self._best: Numbers | None = None
        self._sums: list[Numbers] = []

    def add(self, scores: Numbers, values: Sequence[Numbers]) -> None:
        """Add a block of candidates: scores (groups, queries, m), which are overwritten.

        ``values`` has an array (m, v + 1) for each group; its last column is the number of times
        that each candidate counts.
        """
        best = scores.max(axis=-1, keepdims=True)
        if self._best is not None:
            np.maximum(best, self._best, out=best)
        sums = [
            weights @ one for weights, one in zip(self._weights(scores, best), values, strict=True)
        ]
        if self._best is not None:
            for total, old, lower in zip(
                sums, self._sums, self._weights(self._best, best), strict=True
            ):
                total += lower * old
        self._best, self._sums = best, sums

    def means(self) -> list[Numbers]:
        """Return the means of each group, (queries, v)."""
        return [total[:, :-1] / total[:, -1:] for total in self._sums]

    def _weights(self, scores: Numbers, best: Numbers) -> Numbers:
        scores -= best
        below: Numbers = scores.astype(self._dtype, copy=False)
        with np.errstate(over="ignore"):
            below *= self._scale
        np.maximum(below, self._least, out=below)
        return np.exp(below, out=below)
