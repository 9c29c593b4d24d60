"""Power-law spectra, as the covariance of natural images and of many other data has."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from twinseed.arrays import Array
from twinseed.checks import non_negative, whole
from twinseed.errors import InputError
from twinseed.populations._base import Population, Spectrum, merged

__all__ = ["PowerLaw"]

_LARGEST = 10**7
"""The largest dimension: every eigenvalue is listed."""


class PowerLaw(Population):
    """Power-law spectrum with unit mean.

    Equation: ``mu_k = d k^-exponent / sum_j j^-exponent``, k = 1..d, so that the trace is ``d``.
    Range: ``exponent >= 0``; 0 is the identity, images have exponents from 1 to 2.

    Args:
        exponent: the decay of the eigenvalues, zero or above.
        d: the dimension, from 2 to ten million.
        leading: how many of the leading eigenvectors are factors, at most d - 1.

    Raises:
        InputError: a negative exponent, or a dimension below 2 or above ten million.

    Source: Maillard and Goldt, arXiv 2605.21402 (their section on power laws).

    >>> PowerLaw(1.0, 4).eigenvalues(4)
    array([1.92, 0.96, 0.64, 0.48])

    See also: ``Spiked``, ``Atoms``, ``predict``.
    """

    def __init__(self, exponent: float, d: int, *, leading: int = 5) -> None:
        self._exponent = non_negative("exponent", exponent, "pass the decay of the eigenvalues")
        self._d = whole(
            "d", d, "pass the dimension, from 2 to ten million", at_least=2, at_most=_LARGEST
        )
        number = whole("leading", leading, "pass how many factors to report", at_least=0)
        self._leading = min(number, self._d - 1)
        raw = np.arange(1, self._d + 1, dtype=np.float64) ** -self._exponent
        self._values = raw * (self._d / math.fsum(raw))

    @property
    def exponent(self) -> float:
        """How fast the eigenvalues decay with their rank."""
        return self._exponent

    @property
    def dimension(self) -> int:
        return self._d

    @property
    def factors(self) -> Array:
        return self._values[: self._leading].copy()

    def spectrum(self, d: float) -> Spectrum:
        self._checked_dimension(self._finite(d))
        return merged(self._values, np.full(self._d, 1.0 / self._d))

    def surroundings(self, factor: int, d: float) -> Spectrum:
        self._checked_dimension(self._finite(d))
        others = np.delete(self._values, factor)
        return others, np.full(others.size, 1.0 / self._d)

    def eigenvalues(self, d: int) -> Array:
        self._checked_dimension(d)
        return self._values.copy()

    def description(self) -> Mapping[str, Any]:
        return {
            "kind": "PowerLaw",
            "exponent": self._exponent,
            "d": self._d,
            "leading": self._leading,
        }

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(0.5, 200), cls(1.0, 300), cls(1.5, 200, leading=2)]

    def _finite(self, d: float) -> int:
        if math.isinf(d):
            raise InputError(
                "d", "must be finite for a power law", d, f"leave d out, or pass {self._d}"
            )
        return int(d)
