"""A population: a covariance, given to the theory and to the simulation by its spectrum."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from twinseed.arrays import Array
from twinseed.checks import whole
from twinseed.errors import InputError
from twinseed.identity import class_name, digest

__all__ = ["Population", "Spectrum", "merged", "require_population"]

Spectrum = tuple[Array, Array]
"""Distinct eigenvalues in rising order, and their weights, which sum to one."""

_LISTED = 10_000
"""Dimensions up to which every eigenvalue goes into a population's identity."""


class Population(ABC):
    """The covariance of the data, known through its eigenvalues.

    Everything in twinseed is invariant under rotations, so a population is its spectrum: a bulk of
    many directions, and a few isolated *factors*, single directions whose recovery is computed.
    Instances are immutable. Two populations are equal when their descriptions are equal.
    """

    @property
    @abstractmethod
    def factors(self) -> Array:
        """Population eigenvalues of the factors, largest first; repeated when they are equal."""

    @abstractmethod
    def spectrum(self, d: float) -> Spectrum:
        """Return the population spectrum at dimension ``d``.

        At a finite dimension each factor carries the weight 1/d; in the limit it carries none.

        Args:
            d: the dimension; ``math.inf`` gives the limit, and a load n/gamma need not be whole.
        """

    @abstractmethod
    def surroundings(self, factor: int, d: float) -> Spectrum:
        """Return the spectrum of all directions but one factor.

        At a finite dimension the weights then sum to less than one.

        Args:
            factor: number of the factor that is left out, from 0.
            d: the dimension, as in ``spectrum``.
        """

    @abstractmethod
    def eigenvalues(self, d: int) -> Array:
        """Return all eigenvalues, (d,): the factors first, then the others from large to small.

        Args:
            d: the dimension, a whole number.
        """

    @abstractmethod
    def description(self) -> Mapping[str, Any]:
        """Return what defines the population, ready for JSON."""

    @classmethod
    @abstractmethod
    def examples(cls) -> list[Self]:
        """Return a few instances that span the class; the law tests run over them."""

    @property
    def dimension(self) -> int | None:
        """The dimension; None for a population that is defined at any dimension."""
        return None

    def effective_dimension(self, d: int) -> float:
        """Participation ratio ``(tr Sigma)^2 / tr Sigma^2``: from 1 (one direction) to d.

        Args:
            d: the dimension, a whole number.

        >>> import twinseed as ts
        >>> ts.Spiked([]).effective_dimension(100)
        100.0
        """
        mu = self.eigenvalues(d)
        return float(mu.sum() ** 2 / np.dot(mu, mu))

    def sample(self, n: int, d: int, rng: np.random.Generator) -> Array:
        """Draw Gaussian rows, (n, d); column j has variance ``eigenvalues(d)[j]``.

        The population eigenvectors are the coordinate axes: no generality is lost, and factor k is
        column k.

        Args:
            n: number of rows.
            d: the dimension, a whole number.
            rng: the random generator of the draws.
        """
        rows = rng.standard_normal((n, d))
        rows *= np.sqrt(self.eigenvalues(d))
        return rows

    def _checked_dimension(self, d: int) -> int:
        size = whole("d", d, "pass the number of columns of the data")
        if self.dimension is not None and size != self.dimension:
            raise InputError(
                "d",
                f"must equal the dimension of the population, {self.dimension}",
                d,
                "leave d out, or build a population of the dimension that you want",
            )
        return size

    def identity(self, d: int) -> str:
        """Return a text that identifies the code: the class and a digest of the spectrum.

        A store keeps results under this text and the description, so a population whose code was
        edited is drawn again.

        Args:
            d: the dimension of the spectrum.
        """
        listed = self.eigenvalues(d) if d <= _LISTED else ()
        return f"{class_name(self)} {digest(*self.spectrum(d), self.factors, listed)}"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.description() == other.description()

    def __hash__(self) -> int:
        return hash(repr(self.description()))

    def __repr__(self) -> str:
        inside = ", ".join(
            f"{key}={value!r}" for key, value in self.description().items() if key != "kind"
        )
        return f"{type(self).__name__}({inside})"


def require_population(value: Any, argument: str = "population") -> Population:
    """Return ``value`` if it is a population."""
    if not isinstance(value, Population):
        raise InputError(
            argument, "must be a population", value, "pass ts.Spiked, ts.PowerLaw or ts.Atoms"
        )
    return value


def merged(values: Array, weights: Array) -> Spectrum:
    """Return a spectrum with equal atoms merged and empty ones dropped."""
    kept = weights > 0
    distinct, where = np.unique(values[kept], return_inverse=True)
    total = np.bincount(where, weights=weights[kept], minlength=distinct.size)
    return distinct, total / math.fsum(total)
