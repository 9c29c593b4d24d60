"""The spiked covariance: an isotropic bulk and a few directions of larger variance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from twinseed.arrays import Array
from twinseed.checks import finite_vector, positive
from twinseed.errors import InputError
from twinseed.populations._base import Population, Spectrum, merged

__all__ = ["Spiked"]


class Spiked(Population):
    """Spiked covariance: a few factors over noise of equal variance.

    Equation: ``Sigma = bulk I + sum_k strengths[k] u_k u_k^T`` with orthonormal ``u_k``.
    Range: ``strengths[k] > -bulk``; 0 is no factor at all. A factor of strength beta over a unit
    bulk can be recovered when ``n/d > 1/beta^2``. ``strengths`` may be empty (pure noise) or hold
    equal values (then the factors are recovered as a subspace).

    Args:
        strengths: excess variance of each factor over the bulk, each above ``-bulk``; one number or
            a sequence.
        bulk: variance of all other directions, above zero.

    Raises:
        InputError: a strength is not a number above ``-bulk``, or ``bulk`` is not positive.

    Validity: the number of factors must stay far below the dimension.
    Source: Johnstone, Ann. Statist. 29 (2001); Maillard and Goldt, arXiv 2605.21402.

    >>> Spiked([3.0, 1.5]).factors
    array([4. , 2.5])

    See also: ``PowerLaw``, ``Atoms``, ``predict``, ``simulate``.
    """

    def __init__(self, strengths: Sequence[float] | float = (), bulk: float = 1.0) -> None:
        self._bulk = positive("bulk", bulk, "pass the variance of the noise directions")
        beta = finite_vector("strengths", strengths, "pass the excess variance of each factor")
        if np.any(beta <= -self._bulk):
            raise InputError(
                "strengths",
                f"must be above -bulk = {-self._bulk}",
                float(beta.min()),
                "pass strengths, not eigenvalues; a covariance has no negative eigenvalue",
            )
        if np.any(beta > np.finfo(np.float64).max - self._bulk):
            raise InputError(
                "strengths", "and bulk must have a finite sum", strengths, "rescale the data"
            )
        self._strengths = np.sort(beta)[::-1]

    @property
    def strengths(self) -> Array:
        """Excess variance of each factor over the bulk, largest first."""
        return self._strengths.copy()

    @property
    def bulk(self) -> float:
        """Variance of every direction that is not a factor."""
        return self._bulk

    @property
    def factors(self) -> Array:
        return self._bulk + self._strengths

    def spectrum(self, d: float) -> Spectrum:
        if math.isinf(d):
            return np.array([self._bulk]), np.array([1.0])
        self._checked_dimension(math.floor(d))
        share = np.full(self._strengths.size, 1.0 / d)
        values = np.append(self.factors, self._bulk)
        return merged(values, np.append(share, (d - share.size) / d))

    def surroundings(self, factor: int, d: float) -> Spectrum:
        return np.array([self._bulk]), np.array([1.0])

    def eigenvalues(self, d: int) -> Array:
        size = self._checked_dimension(d)
        return np.append(self.factors, np.full(size - self._strengths.size, self._bulk))

    def description(self) -> Mapping[str, Any]:
        return {"kind": "Spiked", "strengths": self._strengths.tolist(), "bulk": self._bulk}

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls([]), cls([3.0]), cls([8.0, 2.0], bulk=0.5)]

    def _checked_dimension(self, d: int) -> int:
        size = super()._checked_dimension(d)
        if size <= self._strengths.size:
            raise InputError(
                "d",
                f"must exceed the number of factors, {self._strengths.size}",
                d,
                "use a larger dimension or fewer factors",
            )
        return size
