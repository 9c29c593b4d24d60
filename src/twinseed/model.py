"""The noun: a population, a filter, and how many samples of which dimension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.checks import whole
from twinseed.errors import InputError
from twinseed.filters import Filter, Ridge
from twinseed.populations import Population

__all__ = ["SpectralModel"]


@dataclass(frozen=True)
class SpectralModel:
    """The linear generator ``x = f(S) z`` trained on ``n`` rows of a ``d``-dimensional population.

    ``S`` is the sample covariance of ``n`` Gaussian rows (known mean; with an estimated mean use
    ``n - 1``), ``f`` the filter, ``z`` standard normal noise.

    Raises:
        InputError: ``n`` or ``d`` is not a whole number of at least 1, ``d`` is not the
            population's own dimension, or an argument is of the wrong kind.

    >>> import twinseed as ts
    >>> model = ts.SpectralModel(ts.Spiked([3.0]), ts.Ridge(0.1), n=200, d=100)
    >>> model.gamma, model.aspect_ratio
    (2.0, 0.5)
    """

    population: Population
    filter: Filter
    n: int
    d: int

    def __post_init__(self) -> None:
        require_population(self.population)
        require_filter("filter", self.filter)
        object.__setattr__(self, "n", whole("n", self.n, "pass the number of training rows"))
        object.__setattr__(self, "d", whole("d", self.d, "pass the number of columns"))
        self.population.spectrum(self.d)

    @property
    def gamma(self) -> float:
        """Sample complexity ``n/d``, the paper's control parameter."""
        return self.n / self.d

    @property
    def aspect_ratio(self) -> float:
        """``c = d/n``, the ratio of the random-matrix books."""
        return self.d / self.n

    @property
    def effective_dimension(self) -> float:
        """Participation ratio ``(tr Sigma)^2 / tr Sigma^2``: from 1 (one direction) to d."""
        mu: NDArray[np.float64] = self.population.eigenvalues(self.d)
        return float(mu.sum() ** 2 / np.dot(mu, mu))


def require_population(value: Any, argument: str = "population") -> Population:
    """Return ``value`` if it is a population."""
    if not isinstance(value, Population):
        raise InputError(
            argument, "must be a population", value, "pass ts.Spiked, ts.PowerLaw or ts.Atoms"
        )
    return value


def require_filter(argument: str, value: Any) -> Filter:
    """Return ``value`` if it is a filter object."""
    if not isinstance(value, Filter):
        raise InputError(argument, "must be a filter", value, f"pass an object, as in {Ridge(0.1)}")
    return value
