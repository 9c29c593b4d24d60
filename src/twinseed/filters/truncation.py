"""Truncation: keep the leading directions of the sample, drop all others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from twinseed.arrays import Array
from twinseed.checks import non_negative, whole
from twinseed.errors import InputError
from twinseed.filters._base import Filter, SpectrumSeen

__all__ = ["Truncation"]


class Truncation(Filter):
    """Principal component truncation: the plain square root on the leading directions alone.

    Equation: ``f(lambda) = sqrt(lambda)`` for ``lambda >= threshold``, else 0. If ``rank`` is
    passed instead, the threshold follows from each sample spectrum, so that the ``rank`` leading
    directions are kept.
    Range: ``threshold >= 0``; 0 is the plain square root, with a threshold above the spectrum every
    sample is zero. ``rank`` from 1; a rank of at least the number of non-zero eigenvalues keeps
    every direction.

    Args:
        rank: number of leading directions to keep, at least 1.
        threshold: the least eigenvalue to keep, zero or above, in units of the eigenvalues. Pass
            either ``rank`` or ``threshold``.

    Raises:
        InputError: neither or both are given, or one is out of range; in a call, a rank that has
            not been adapted to a spectrum.

    Source: probabilistic and classical principal component analysis; the eigenvalues that are kept
    follow the law of Marchenko and Pastur 1967.

    >>> import numpy as np
    >>> Truncation(threshold=2.0)(np.array([1.0, 2.0, 9.0]))
    array([0.    , 1.4142..., 3.    ])
    >>> three = SpectrumSeen(np.array([1.0, 2.0, 9.0]), np.full(3, 1 / 3), n=5, d=3)
    >>> Truncation(rank=1).adapted(three)
    Truncation(threshold=5.5)

    See also: ``Shrinkage``, ``Ridge``, ``Filter``.
    """

    def __init__(self, rank: int | None = None, *, threshold: float | None = None) -> None:
        if (rank is None) == (threshold is None):
            raise InputError(
                "rank, threshold",
                "must not both be passed or both be left out",
                (rank, threshold),
                "pass Truncation(rank=10) or Truncation(threshold=1.0)",
            )
        self._rank: int | None = None
        self._threshold: float | None = None
        if threshold is None:
            self._rank = whole("rank", rank, "pass how many leading directions to keep")
        else:
            self._threshold = non_negative(
                "threshold", threshold, "pass the least eigenvalue to keep, zero or above"
            )

    @property
    def rank(self) -> int | None:
        """How many directions are kept; None if a threshold was passed."""
        return self._rank

    @property
    def threshold(self) -> float | None:
        """The least eigenvalue that is kept; None for a rank, until ``adapted`` finds it."""
        return self._threshold

    def __call__(self, eigenvalues: Array) -> Array:
        return np.where(eigenvalues >= self._known_threshold(), np.sqrt(eigenvalues), 0.0)

    @property
    def breaks(self) -> tuple[float, ...]:
        """The threshold; none at zero, where the square root does not jump."""
        threshold = self._known_threshold()
        return (threshold,) if threshold > 0 else ()

    @property
    def analytic_part(self) -> tuple[float, Callable[..., Any]]:
        return self._known_threshold(), np.sqrt

    def adapted(self, spectrum: SpectrumSeen) -> Truncation:
        """Return the truncation by threshold that keeps ``rank`` of the spectrum's directions.

        On data the threshold lies halfway between the least eigenvalue that is kept and the next.
        On a spectrum of quadrature nodes the mass ``rank/d`` lies above the threshold, by linear
        interpolation with half of each node's weight on either side (the same rule).

        Args:
            spectrum: all sample eigenvalues, with their weights.

        Raises:
            InputError: the threshold would separate equal eigenvalues, or ``d`` is infinite.
        """
        if self._rank is None:
            return self
        return Truncation(threshold=_cut(spectrum, self._rank))

    def _known_threshold(self) -> float:
        if self._threshold is None:
            raise InputError(
                "filter",
                "keeps a fixed number of directions, so the filter needs the whole sample "
                "spectrum first",
                self,
                "call filter.adapted(spectrum), as LinearGenerator.fit does",
            )
        return self._threshold

    @property
    def parameters(self) -> Mapping[str, float]:
        if self._rank is not None:
            return {"rank": self._rank}
        return {"threshold": self._known_threshold()}

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(threshold=0.0), cls(threshold=1.0), cls(rank=20)]


def _cut(spectrum: SpectrumSeen, rank: int) -> float:
    """Return the threshold that keeps ``rank`` of ``d`` directions, zero where it keeps all."""
    if math.isinf(spectrum.d):
        raise InputError(
            "rank",
            "has no meaning in the limit of infinitely many directions",
            rank,
            "pass n and d, or use Truncation(threshold=...)",
        )
    positive = spectrum.values > 0
    falling = spectrum.values[positive][::-1]
    counts = spectrum.d * spectrum.weights[positive][::-1]
    if rank > counts.sum() - 1e-6:
        return 0.0
    if not np.allclose(counts, 1.0, rtol=0, atol=1e-6):
        return float(np.interp(rank, np.cumsum(counts) - counts / 2, falling))
    kept, dropped = float(falling[rank - 1]), float(falling[rank])
    if kept == dropped:
        raise InputError(
            "rank",
            f"must not separate equal eigenvalues, here {kept!r}",
            rank,
            "choose a rank with a gap after it",
        )
    middle = dropped + (kept - dropped) / 2
    return middle if middle > dropped else kept
