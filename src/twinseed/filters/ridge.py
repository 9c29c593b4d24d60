"""The ridge filter: the regularised square root of the sample covariance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np

from twinseed.arrays import Array
from twinseed.checks import non_negative
from twinseed.filters._base import Filter

__all__ = ["Ridge"]


class Ridge(Filter):
    """Square root of the sample covariance with a ridge.

    Equation: ``f(lambda) = sqrt(lambda + strength)``. Range: ``strength >= 0``; 0 is the plain
    square root (the model reproduces the sample covariance), at infinity the samples are pure
    noise. A model with covariance ``a S + b I`` has the same memorisation, convergence and recovery
    as ``strength = b/a``, because these three do not depend on the scale of the samples.

    Args:
        strength: the ridge, zero or above, in units of the eigenvalues.

    Raises:
        InputError: a strength that is negative or not a finite number.

    Source: Maillard and Goldt, arXiv 2605.21402 (the regularised model). The same ``f`` is the
    probability-flow map of the optimal linear denoiser stopped at noise ``sqrt(strength)``.

    >>> import numpy as np
    >>> Ridge(1.0)(np.array([0.0, 3.0]))
    array([1., 2.])

    See also: ``ProbabilityFlow``, ``EarlyStopping``, ``Truncation``, ``Shrinkage``, ``predict``.
    """

    analytic = True

    def __init__(self, strength: float = 0.0) -> None:
        self._strength = non_negative("strength", strength, "pass a ridge of zero or above")

    @property
    def strength(self) -> float:
        """The ridge, in units of the eigenvalues."""
        return self._strength

    def __call__(self, eigenvalues: Array) -> Array:
        return np.asarray(np.sqrt(eigenvalues + self._strength))

    @property
    def parameters(self) -> Mapping[str, float]:
        return {"ridge": self._strength}

    def __repr__(self) -> str:
        return f"Ridge(strength={self._strength!r})"

    @classmethod
    def examples(cls) -> list[Self]:
        return [cls(0.0), cls(0.1), cls(1.0)]
