"""Populations with any discrete spectrum."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.checks import finite_vector, whole
from twinseed.errors import InputError
from twinseed.populations._base import Population, Spectrum, merged

__all__ = ["Atoms"]

_SPELLED_OUT = 64


class Atoms(Population):
    """A discrete population spectrum: eigenvalue ``values[j]`` for a share ``weights[j]``.

    Equation: ``H = sum_j weights[j] delta(values[j])``. Range: ``values >= 0``, not all zero;
    ``weights > 0`` with sum one. Equal values are merged. At a finite dimension the weights are
    rounded to whole numbers of directions (largest remainders), for theory and simulation alike.
    The ``leading`` largest atoms are reported as factors. Each of these atoms must be a single
    direction, so ``d`` must be finite and the weight must be 1/d.

    Args:
        values: population eigenvalues, shape (k,), zero or above.
        weights: share of the directions per value, shape (k,), with sum one; equal shares if left
            out.
        leading: how many of the largest values are factors.

    Raises:
        InputError: a negative value, only zeros, weights of another length, negative or not
            summing to one; a leading atom that is not a single direction.

    >>> Atoms([1.0, 4.0], [0.75, 0.25]).eigenvalues(8)
    array([4., 4., 1., 1., 1., 1., 1., 1.])

    See also: ``Spiked``, ``PowerLaw``, ``estimate_population``.
    """

    def __init__(
        self, values: ArrayLike, weights: ArrayLike | None = None, *, leading: int = 0
    ) -> None:
        mu = finite_vector("values", values, "pass the population eigenvalues")
        if mu.size == 0:
            raise InputError("values", "must not be empty", values, "pass the eigenvalues")
        if np.any(mu < 0):
            raise InputError(
                "values",
                "must be zero or above",
                float(mu.min()),
                "set rounding errors to zero; a covariance has no negative eigenvalue",
            )
        if not np.any(mu > 0):
            raise InputError(
                "values", "must not all be zero", 0.0, "pass at least one eigenvalue above zero"
            )
        if weights is None:
            share = np.full(mu.size, 1.0 / mu.size)
        else:
            share = finite_vector("weights", weights, "pass a share for each value")
            if share.size != mu.size:
                raise InputError(
                    "weights",
                    f"must have one entry per value, {mu.size}",
                    share.size,
                    "pass one weight for each value",
                )
            if np.any(share < 0):
                raise InputError(
                    "weights", "must be zero or above", float(share.min()), "leave its value out"
                )
            total = math.fsum(share)
            if abs(total - 1.0) > 1e-9:
                raise InputError("weights", "must sum to one", total, "divide them by their sum")
        self._values, self._weights = merged(mu, share)
        self._leading = whole("leading", leading, "pass how many factors to report", at_least=0)
        if self._leading >= self._values.size and self._leading > 0:
            raise InputError(
                "leading",
                f"must be below the number of distinct values, {self._values.size}",
                leading,
                "pass a smaller leading; equal values count as one atom",
            )

    @property
    def factors(self) -> Array:
        return self._values[::-1][: self._leading].copy()

    def spectrum(self, d: float) -> Spectrum:
        if self._leading == 0 and (math.isinf(d) or d != math.floor(d)):
            return self._values.copy(), self._weights.copy()
        return merged(self._values, self._multiplicities(d) / d)

    def surroundings(self, factor: int, d: float) -> Spectrum:
        counts = self._multiplicities(d)
        counts[-1 - factor] = 0
        kept = counts > 0
        return self._values[kept], counts[kept] / d

    def eigenvalues(self, d: int) -> Array:
        counts = self._multiplicities(d)
        return np.repeat(self._values, counts)[::-1].copy()

    def description(self) -> Mapping[str, Any]:
        if self._values.size <= _SPELLED_OUT:
            inside: dict[str, Any] = {
                "values": self._values.tolist(),
                "weights": self._weights.tolist(),
            }
        else:
            raw = self._values.tobytes() + self._weights.tobytes()
            inside = {"atoms": self._values.size, "sha256": hashlib.sha256(raw).hexdigest()}
        if self._leading:
            inside["leading"] = self._leading
        return {"kind": "Atoms", **inside}

    @classmethod
    def examples(cls) -> list[Self]:
        return [
            cls([1.0, 5.0], [0.75, 0.25]),
            cls([0.0, 1.0, 10.0], [0.25, 0.5, 0.25]),
            cls(np.linspace(0.5, 3.0, 40)),
        ]

    def _multiplicities(self, d: float) -> NDArray[np.int64]:
        """Directions of each atom at dimension ``d``."""
        if math.isinf(d) or d != math.floor(d):
            raise InputError(
                "d",
                "must be a finite whole number, because each factor is one direction",
                d,
                "pass d, the number of columns",
            )
        d = self._checked_dimension(int(d))
        exact = self._weights * d
        counts = np.floor(exact + 1e-9).astype(np.int64)
        remainder = exact - counts
        short = d - int(counts.sum())
        counts[np.argsort(-remainder, kind="stable")[:short]] += 1
        if not np.any(counts[self._values > 0]):
            raise InputError(
                "d",
                f"must be larger: rounded to {d} directions, no eigenvalue is above zero",
                d,
                "use a larger dimension",
            )
        top = counts[::-1][: self._leading]
        if np.any(top != 1):
            raise InputError(
                "leading",
                f"needs leading atoms of one direction each, but at d = {d} the numbers of "
                "directions are",
                top.tolist(),
                "give each leading atom the weight 1/d, or pass a smaller leading",
            )
        return counts
