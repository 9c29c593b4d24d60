"""A linear denoiser whose training stops early: directions not learnt yet stay noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Self

import numpy as np
import scipy

from twinseed.arrays import Array
from twinseed.checks import non_negative
from twinseed.filters._base import Filter
from twinseed.filters.probability_flow import noise_levels

__all__ = ["EarlyStopping"]

_SMALL = 1e-8
"""Below this, ``Ein(x) = x`` to the last digit."""

_LARGE = 1.0
"""Above this, ``E1`` keeps more digits of a difference than ``Ein``."""


class EarlyStopping(Filter):
    """Probability flow of a linear denoiser after a finite time of training.

    Equation: at each noise level gradient flow on ``E|W y - x|^2 / 2``, ``y = x + sigma z``, from
    ``W = 0`` gives ``W = lambda/(lambda + sigma^2) (1 - exp(-time (lambda + sigma^2)))``. The flow
    ``dx/dsigma = (1 - W)/sigma x`` from ``sigma_max`` down to ``sigma_min`` is then the map

        f = sigma_max exp(-{e^(-time lambda) [log(s1/s0) + Ein(time s0) - Ein(time s1)]
                            - Ein(time (lambda + s0)) + Ein(time (lambda + s1))} / 2),

    ``s0 = sigma_min^2``, ``s1 = sigma_max^2``, ``Ein`` the entire exponential integral.
    Range: ``time`` from 0, an untrained denoiser (``f = sigma_min``: every step shrinks the noise),
    to infinity, a trained denoiser (``ProbabilityFlow(sigma_min, sigma_max)``).
    ``0 < sigma_min < sigma_max``; at a fixed time ``f`` vanishes with ``sigma_min``.
    ``f(0) = sigma_min`` at every time, and ``f`` rises with ``lambda`` and ``time``.

    Args:
        time: training time, zero or above, in units of one over the eigenvalues.
        sigma_min: the last noise level, above zero, in units of the data.
        sigma_max: the first noise level, above ``sigma_min``.

    Raises:
        InputError: a time that is negative or not finite, or levels that are out of order.

    Validity: full-batch gradient flow of a linear denoiser that starts at zero.
    Source: Wang, Zavatone-Veth and Pehlevan, arXiv 2602.02908, and Bonnaire et al., arXiv
    2505.17638 (training time as a regulariser); ``Ein(x) = E1(x) + log x + Euler's constant``,
    NIST Digital Library of Mathematical Functions, equation 6.2.4.

    >>> import numpy as np
    >>> EarlyStopping(1.0, 0.1, 10.0)(np.array([0.0, 0.5, 5.0])).round(4)
    array([0.1   , 0.2753, 2.1561])

    See also: ``ProbabilityFlow``, ``Ridge``, ``predict``.
    """

    analytic = True

    def __init__(self, time: float, sigma_min: float, sigma_max: float) -> None:
        self._time = non_negative("time", time, "pass the training time, zero or above")
        self._sigma_min, self._sigma_max = noise_levels(sigma_min, sigma_max, allow_zero=False)

    @property
    def time(self) -> float:
        """The training time, in units of one over the eigenvalues."""
        return self._time

    def __call__(self, eigenvalues: Array) -> Array:
        # Ein, unlike E1, neither diverges as time -> 0 nor overflows as time -> infinity:
        # the logarithms of the two square roots and of the four E1 cancel on paper.
        time, low, high = self._time, self._sigma_min, self._sigma_max
        with np.errstate(over="ignore", under="ignore"):
            unlearnt = np.exp(-time * eigenvalues) * _e1_between(time, low**2, high**2)
        learnt = _ein(time, eigenvalues + high**2) - _ein(time, eigenvalues + low**2)
        return np.asarray(high * np.exp(-(unlearnt + learnt) / 2.0))

    @property
    def parameters(self) -> Mapping[str, float]:
        return {"time": self._time, "sigma_min": self._sigma_min, "sigma_max": self._sigma_max}

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(0.3, 0.3, 10.0), cls(3.0, 0.1, 10.0), cls(1e3, 0.3, 3.0)]


def _e1_between(time: float, low: float, high: float) -> float:
    """Return ``E1(time low) - E1(time high)``: ``log(high/low)`` at time 0."""
    if time * low > _LARGE:
        return float(scipy.special.exp1(time * low) - scipy.special.exp1(time * high))
    levels = np.array([low, high])
    return math.log(high / low) - float(np.diff(_ein(time, levels))[0])


def _ein(time: float, level: Array) -> Array:
    """Return ``Ein(time level)``; the product may overflow or underflow, its logarithm may not."""
    with np.errstate(over="ignore", under="ignore"):
        x = np.asarray(time * level)
    small = np.abs(x) < _SMALL
    if small.all():
        return x
    tail = scipy.special.exp1(np.where(small, _SMALL, x))
    return np.where(small, x, tail + (math.log(time) + np.log(level)) + np.euler_gamma)
