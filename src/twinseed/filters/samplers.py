"""Samplers: how a probability flow is divided into steps, so that theory shows their error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from twinseed.arrays import Array
from twinseed.checks import whole
from twinseed.errors import InputError

__all__ = ["Euler", "Heun", "Sampler", "require_sampler"]

Denoise = Callable[[Array, float], Array]
"""Estimates the clean rows from noisy rows, all at one noise level."""


@dataclass(frozen=True)
class Sampler(ABC):
    """A one-step method for ``dx/dsigma = sigma/(lambda + sigma^2) x`` with ``steps`` steps.

    The noise levels are geometric, ``sigma_i = sigma_max (sigma_min/sigma_max)^(i/steps)``: each
    step lowers the noise by the same factor. Instances are immutable.

    Args:
        steps: number of steps, at least 1.
    """

    steps: int

    def __post_init__(self) -> None:
        steps = whole("steps", self.steps, "pass the number of steps of the sampler, at least 1")
        object.__setattr__(self, "steps", steps)

    @abstractmethod
    def step(self, eigenvalues: Array, high: float, low: float) -> Array:
        """Return the factor by which one step multiplies ``x``, for the optimal linear denoiser.

        A subclass writes the factor as a quotient of sums of positive terms, which loses no digits
        when the levels are far apart.

        Args:
            eigenvalues: sample eigenvalues, (k,), zero or above; the factors have the same shape.
            high: the noise level before the step.
            low: the noise level after the step, in the same units (roots of eigenvalues).
        """

    @abstractmethod
    def advance(self, x: Array, denoise: Denoise, high: float, low: float) -> Array:
        """Return the rows after one step along ``dx/dsigma = (x - D(x, sigma))/sigma``.

        The denoiser D is any function. The linear denoiser ``lambda/(lambda + sigma^2)`` multiplies
        the rows by ``step``.

        Args:
            x: rows at noise level ``high``, (N, ...).
            denoise: ``D(rows, sigma)``, an estimate of the clean rows in the shape of the rows.
            high: the noise level before the step.
            low: the noise level after the step, in units of the data.
        """

    def gain(self, eigenvalues: Array, sigma_min: float, sigma_max: float) -> Array:
        """Return the product of ``step`` over all steps from ``sigma_max`` down to ``sigma_min``.

        Args:
            eigenvalues: sample eigenvalues, (k,), zero or above.
            sigma_min: the last noise level, above zero.
            sigma_max: the first noise level, above ``sigma_min``.
        """
        levels = np.geomspace(sigma_max, sigma_min, self.steps + 1).tolist()
        product = np.ones_like(eigenvalues)
        for high, low in pairwise(levels):
            product *= self.step(eigenvalues, high, low)
        return product


class Euler(Sampler):
    """Euler's method: one evaluation of the denoiser per step, with an error of order 1/steps.

    Equation: ``x <- x [1 - (high - low) a(high)]``, ``a(sigma) = sigma/(lambda + sigma^2)``.
    Range: ``steps`` from 1 (one step to the denoised mean with a little noise) to infinity (the
    exact flow). Each factor lies between ``low/high`` (at ``lambda = 0``, where Euler is exact) and
    1, and rises with ``lambda``. Euler never gives more variance than the exact flow.

    Args:
        steps: number of steps, at least 1.

    Raises:
        InputError: ``steps`` is not a whole number of at least 1.

    Source: Song et al., arXiv 2011.13456 (the probability flow); Karras et al., arXiv 2206.00364,
    equation 1 at ``sigma(t) = t`` (the same flow by its noise level).

    >>> import numpy as np
    >>> Euler(1).gain(np.array([0.0, 1.0]), 1.0, 3.0).round(4)
    array([0.3333, 0.4   ])

    See also: ``Heun``, ``ProbabilityFlow``, ``DenoiserFlow``.
    """

    def step(self, eigenvalues: Array, high: float, low: float) -> Array:
        first = eigenvalues / high / high
        return np.asarray((first + low / high) / (1.0 + first))

    def advance(self, x: Array, denoise: Denoise, high: float, low: float) -> Array:
        clean = denoise(x, high)
        return clean + (low / high) * (x - clean)


class Heun(Sampler):
    """Heun's method: two evaluations of the denoiser per step, with an error of order 1/steps^2.

    Equation: ``x <- x [1 - (high - low)/2 {a(high) + a(low) (1 - (high - low) a(high))}]``,
    ``a(sigma) = sigma/(lambda + sigma^2)``. Range: ``steps`` from 1 to infinity, the exact flow.
    Each factor lies between ``low/high`` (at ``lambda = 0``, where Heun is exact) and 1, and rises
    with ``lambda``.

    Args:
        steps: number of steps, at least 1.

    Raises:
        InputError: ``steps`` is not a whole number of at least 1.

    Source: Karras et al., arXiv 2206.00364, algorithm 1.

    >>> import numpy as np
    >>> Heun(1).gain(np.array([0.0, 1.0]), 1.0, 3.0).round(4)
    array([0.3333, 0.5   ])

    See also: ``Euler``, ``ProbabilityFlow``, ``DenoiserFlow``.
    """

    def step(self, eigenvalues: Array, high: float, low: float) -> Array:
        first, second = eigenvalues / high / high, eigenvalues / low / low
        clean, noise = first / (1.0 + first), 1.0 / (1.0 + first)
        above = clean * second + (3.0 * clean + noise * second) / 2.0 + noise * (low / high)
        return np.asarray(above / (1.0 + second))

    def advance(self, x: Array, denoise: Denoise, high: float, low: float) -> Array:
        # In place: the arrays of a batch of rows are large, and making one costs time. Half a step
        # of Euler is the mean of x and guess. Arrays that the denoiser was given are not changed.
        guess = x - denoise(x, high)
        guess *= low / high - 1.0
        guess += x
        second = guess - denoise(guess, low)
        second *= (1.0 - high / low) / 2.0
        reached = x + guess
        reached *= 0.5
        reached += second
        return reached


def require_sampler(sampler: object) -> None:
    """Raise ``InputError`` for an object that is not a sampler."""
    if not isinstance(sampler, Sampler):
        remedy = "pass ts.Euler(steps) or ts.Heun(steps)"
        raise InputError("sampler", "must be a sampler", sampler, remedy)
