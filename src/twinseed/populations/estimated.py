"""A population that is estimated from a pilot data set."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.checks import finite_vector, whole
from twinseed.errors import InputError
from twinseed.populations._base import Population, Spectrum, merged
from twinseed.populations._deconvolution import Deconvolved, deconvolve, most_factors
from twinseed.populations._sample import PilotSpectrum, gaussian_spectrum, sample_spectrum

__all__ = ["Estimated", "estimate_population"]


class Estimated(Population):
    """A population estimated from a pilot data set; ``estimate_population`` returns one.

    Equation: ``Sigma`` has the given ``eigenvalues``, one per direction; the ``leading`` largest
    are factors, all others are the bulk.

    Args:
        eigenvalues: population eigenvalues, (d,), zero or above, not all zero, in any order.
        leading: how many of the largest eigenvalues are factors.
        degrees: degrees of freedom of the pilot; None if unknown.
        constant_columns: number of columns that never vary in the pilot.
        detectable: the least population eigenvalue that stands out of the bulk; None if unknown.

    Raises:
        InputError: a negative eigenvalue, only zeros, or as many factors as directions.

    >>> Estimated([1.0, 9.0, 1.0, 0.5], leading=1).factors
    array([9.])

    See also: ``estimate_population``, ``Atoms``.
    """

    def __init__(
        self,
        eigenvalues: ArrayLike,
        leading: int = 0,
        *,
        degrees: int | None = None,
        constant_columns: int = 0,
        detectable: float | None = None,
    ) -> None:
        mu = finite_vector(
            "eigenvalues", eigenvalues, "pass one population eigenvalue per direction"
        )
        if np.any(mu < 0) or not np.any(mu > 0):
            raise InputError(
                "eigenvalues",
                "must be zero or above, and not all zero",
                float(mu.min(initial=0.0)),
                "pass the eigenvalues of a covariance",
            )
        self._leading = whole("leading", leading, "pass how many factors to report", at_least=0)
        if self._leading >= mu.size:
            raise InputError(
                "leading",
                f"must be below the number of directions, {mu.size}",
                leading,
                "pass a smaller leading",
            )
        self._values = np.sort(mu)[::-1]
        self._degrees = degrees
        self._constant = constant_columns
        self._detectable = detectable

    @classmethod
    def of(cls, sample: PilotSpectrum, leading: int | None = None) -> Self:
        """Deconvolve a sample spectrum.

        Args:
            sample: the sample spectrum of a pilot.
            leading: how many factors to invert; None inverts the separated factors. Fewer factors
                are inverted where a third of the rank is less, or where one has no inverse.
        """
        if leading is not None:
            leading = min(leading, most_factors(sample.eigenvalues))
        found = deconvolve(sample.eigenvalues, sample.degrees, sample.directions, leading)
        bulk = _one_a_direction(found, sample.directions - found.factors.size)
        silent = np.zeros(sample.d - sample.directions)
        return cls(
            np.concatenate([found.factors, bulk, silent]),
            leading=found.factors.size,
            degrees=sample.degrees,
            constant_columns=sample.constant_columns,
            detectable=found.detectable,
        )

    @property
    def dimension(self) -> int:
        return int(self._values.size)

    @property
    def factors(self) -> Array:
        return self._values[: self._leading].copy()

    @property
    def degrees(self) -> int | None:
        """Degrees of freedom of the pilot: its rows, less one if the rows also gave the mean."""
        return self._degrees

    @property
    def constant_columns(self) -> int:
        """Columns that never vary in the pilot: directions of variance zero."""
        return self._constant

    @property
    def detectable(self) -> float | None:
        """Least population eigenvalue that would have stood out of the bulk in this pilot."""
        return self._detectable

    def spectrum(self, d: float) -> Spectrum:
        self._checked_dimension(self._finite(d))
        return merged(self._values, np.full(self._values.size, 1.0 / self._values.size))

    def surroundings(self, factor: int, d: float) -> Spectrum:
        self._checked_dimension(self._finite(d))
        values, counts = np.unique(np.delete(self._values, factor), return_counts=True)
        return values, counts / self._values.size

    def eigenvalues(self, d: int) -> Array:
        self._checked_dimension(d)
        return self._values.copy()

    def description(self) -> Mapping[str, Any]:
        return {
            "kind": "Estimated",
            "d": self.dimension,
            "factors": [float(f"{mu:.6g}") for mu in self.factors],
            "sha256": hashlib.sha256(self._values.tobytes()).hexdigest()[:16],
        }

    def resampled(self, rng: np.random.Generator) -> Estimated:
        """Estimate again, from a Gaussian pilot of the same size drawn from this population.

        The spread of such estimates shows how uncertain the estimate is. (Drawing the rows of the
        pilot with replacement would be wrong: repeated rows lower the rank, and with n of order d
        they change the spectrum.)

        Args:
            rng: the random generator of the draw.
        """
        if self._degrees is None:
            raise InputError("degrees", "must be known", None, "pass the rows of the pilot")
        varying = self._values[self._values > 0]
        drawn = gaussian_spectrum(varying, self._degrees, rng)
        sample = PilotSpectrum(drawn, self._degrees, self.dimension, varying.size, self._constant)
        return Estimated.of(sample, self._leading)

    @classmethod
    def examples(cls) -> list[Self]:
        return [
            cls(np.concatenate([[12.0, 5.0], np.linspace(1.5, 0.5, 118)]), leading=2),
            cls(np.concatenate([np.geomspace(20.0, 0.05, 140), np.zeros(10)])),
        ]

    def _finite(self, d: float) -> int:
        if math.isinf(d):
            raise InputError(
                "d", "must be finite for an estimate", d, f"leave d out, or pass {self.dimension}"
            )
        return int(d)


def estimate_population(
    data: ArrayLike, *, leading: int | None = None, known_mean: bool = False
) -> Estimated:
    """Estimate the population spectrum from a pilot data set, however few its rows.

    Equation: with the sample's companion transform ``m(-zeta)`` and ``kappa = 1/m``, the population
    solves ``kappa - zeta = (1/n) sum_j kappa mu_j/(kappa + mu_j)`` for every zeta > 0. First each
    sample eigenvalue lambda that stands out of the bulk is inverted by itself,
    ``mu = -1/m(lambda)`` over the other eigenvalues. The equation is linear in the number of
    directions at each mu, so non-negative least squares solve for the bulk. Range: at most as many
    factors as a third of the rank, and at most 32.

    Args:
        data: the pilot, (n, ...), at least 8 rows; n may be below or above d. Axes after the first
            are flattened.
        leading: how many factors to invert; by default those that are separated from the bulk. The
            inverse of a factor within the bulk means little.
        known_mean: pass True if the rows are centred by a mean that was not computed from them.

    Returns:
        A population of the data's dimension. Columns that never vary are directions of variance
        zero, and so is missing rank; both count in d.

    Raises:
        InputError: fewer than 8 rows, a value that is not finite, rows that never vary, or rows
            that repeat each other (a sample of independent rows does not).

    Validity: independent rows, n and d of 60 or more; with 40 rows the estimate is biased. Heavier
    tails than a Gaussian's widen the spectrum. Population eigenvalues below 1e-3 of the bulk's mean
    cannot be distinguished.
    Source: El Karoui, Ann. Statist. 36 (2008), for the inversion; Bai and Silverstein, Ann. Probab.
    32 (2004), Theorem 1.1, for its correction at finite n.

    >>> import numpy as np
    >>> import twinseed as ts
    >>> pilot = ts.Spiked([8.0]).sample(100, 200, np.random.default_rng(1))
    >>> ts.estimate_population(pilot).factors.round(1)
    array([8.2])

    See also: ``plan``, ``predict``, ``Atoms``.
    """
    sample = sample_spectrum(data, known_mean=known_mean)
    if leading is None:
        return Estimated.of(sample)
    asked = whole("leading", leading, "pass how many factors to invert", at_least=0)
    found = Estimated.of(sample, asked)
    if found.factors.size < asked:
        raise InputError(
            "leading",
            f"must be at most {found.factors.size} for this pilot",
            leading,
            "ask for fewer factors, or pass a pilot of more rows",
        )
    return found


def _one_a_direction(found: Deconvolved, size: int) -> Array:
    """Return the bulk as ``size`` eigenvalues, one per direction, from its quantile function."""
    ends = np.append(0.0, np.cumsum(found.counts))
    ends *= size / ends[-1]
    mass = np.append(0.0, np.cumsum(np.diff(ends) * found.values))
    return np.asarray(np.diff(np.interp(np.arange(size + 1), ends, mass))[::-1])
