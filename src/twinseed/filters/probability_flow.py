"""The probability flow of the optimal linear denoiser, exact or divided into steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np

from twinseed.arrays import Array
from twinseed.checks import non_negative, positive
from twinseed.errors import InputError
from twinseed.filters._base import Filter
from twinseed.filters.samplers import Euler, Heun, Sampler

__all__ = ["ProbabilityFlow", "noise_levels"]

_LEAST = 1e-150
"""Noise levels lie above this number, and below its inverse."""


class ProbabilityFlow(Filter):
    """Probability flow of the optimal linear denoiser, between two noise levels.

    Equation: ``dx/dsigma = sigma/(lambda + sigma^2) x`` from ``x = sigma_max z`` at ``sigma_max``
    down to ``sigma_min``, whose exact map is

        f(lambda) = sigma_max sqrt((lambda + sigma_min^2) / (lambda + sigma_max^2)).

    Range: ``0 <= sigma_min < sigma_max``. ``sigma_min = 0`` leaves no noise in the samples
    (``f(0) = 0``). ``sigma_max`` to infinity gives ``Ridge(sigma_min^2)``; ``sigma_max`` near
    ``sigma_min`` gives noise of size ``sigma_min`` alone. Values lie between ``f(0) = sigma_min``
    and ``sigma_max``, and rise with ``lambda``.

    With ``sampler=Euler(steps)`` or ``Heun(steps)`` the flow is divided into steps on the geometric
    levels ``sigma_i = sigma_max (sigma_min/sigma_max)^(i/steps)``, as a diffusion model is sampled.
    The difference from the exact map is the error of the sampler. A sampler needs
    ``sigma_min > 0``.

    Args:
        sigma_min: the last noise level, zero or above, in units of the data (roots of eigenvalues).
        sigma_max: the first noise level, above ``sigma_min``, in the same units.
        sampler: ``ts.Euler(steps)`` or ``ts.Heun(steps)``; None for the exact flow.

    Raises:
        InputError: a level that is negative or not finite, ``sigma_max`` not above ``sigma_min``,
            ``sigma_min = 0`` with a sampler, or an object that is not a sampler.

    Source: Song et al., arXiv 2011.13456 (probability flow); Karras et al., arXiv 2206.00364,
    equation 1; Wang, Zavatone-Veth and Pehlevan, arXiv 2602.02908 (linear denoisers).

    >>> import numpy as np
    >>> ProbabilityFlow(1.0, 2.0)(np.array([0.0, 5.0, 1e9])).round(4)
    array([1.   , 1.633, 2.   ])
    >>> ProbabilityFlow(1.0, 2.0, sampler=Heun(4))(np.array([0.0, 5.0, 1e9])).round(4)
    array([1.   , 1.634, 2.   ])

    See also: ``EarlyStopping``, ``Euler``, ``Heun``, ``DenoiserFlow``.
    """

    analytic = True

    def __init__(self, sigma_min: float, sigma_max: float, sampler: Sampler | None = None) -> None:
        if sampler is not None and not isinstance(sampler, Sampler):
            raise InputError(
                "sampler",
                "must be a sampler or None",
                sampler,
                "pass ts.Euler(steps) or ts.Heun(steps), or None for the exact flow",
            )
        self._sigma_min, self._sigma_max = noise_levels(
            sigma_min, sigma_max, allow_zero=sampler is None
        )
        self._sampler = sampler

    @property
    def sampler(self) -> Sampler | None:
        """How the flow is divided into steps; None for the exact map."""
        return self._sampler

    def __call__(self, eigenvalues: Array) -> Array:
        low, high = self._sigma_min, self._sigma_max
        if self._sampler is not None:
            return high * self._sampler.gain(eigenvalues, low, high)
        return np.asarray(np.sqrt((eigenvalues + low**2) / (1.0 + eigenvalues / high / high)))

    @property
    def parameters(self) -> Mapping[str, float]:
        levels: dict[str, float] = {"sigma_min": self._sigma_min, "sigma_max": self._sigma_max}
        if self._sampler is not None:
            levels[f"{type(self._sampler).__name__.lower()}_steps"] = self._sampler.steps
        return levels

    def __repr__(self) -> str:
        sampler = "" if self._sampler is None else f", sampler={self._sampler!r}"
        return f"ProbabilityFlow({self._sigma_min!r}, {self._sigma_max!r}{sampler})"

    @classmethod
    def examples(cls) -> list[Self]:
        return [
            cls(0.0, 3.0),
            cls(0.3, 30.0),
            cls(0.3, 10.0, sampler=Euler(10)),
            cls(0.3, 10.0, sampler=Heun(10)),
        ]


def noise_levels(sigma_min: float, sigma_max: float, *, allow_zero: bool) -> tuple[float, float]:
    """Return two checked noise levels, the lower one first."""
    if allow_zero:
        low = non_negative("sigma_min", sigma_min, "pass the last noise level, zero or above")
    else:
        low = positive("sigma_min", sigma_min, "pass a last noise level above zero, such as 0.01")
    high = positive("sigma_max", sigma_max, "pass the first noise level, above sigma_min")
    for name, level in (("sigma_min", low), ("sigma_max", high)):
        if level != 0.0 and not _LEAST < level < 1.0 / _LEAST:
            raise InputError(
                name,
                f"must lie between {_LEAST:g} and {1.0 / _LEAST:g}, so that its square is a number",
                level,
                "rescale the data and the levels",
            )
    if high <= low:
        raise InputError(
            "sigma_max",
            f"must be above sigma_min, {low!r}",
            sigma_max,
            "pass the first, larger noise level as sigma_max",
        )
    return low, high
