"""A generator: an object that turns noise into samples."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.checks import numeric_rows
from twinseed.errors import InputError

__all__ = ["Generator", "checked_noise"]


class Generator(Protocol):
    """Turns rows of standard normal noise into samples, row by row, with no other randomness.

    Twins are two generators that are given the same noise.
    """

    def sample(self, noise: ArrayLike) -> Array:
        """Return one sample for each row of the noise.

        Args:
            noise: standard normal numbers, (seeds, d); the samples have the same shape.
        """
        ...


def checked_noise(noise: ArrayLike, d: int) -> Array:
    """Return the noise as float64 if it has ``d`` columns of finite numbers."""
    z = numeric_rows("noise", noise, at_least=1)
    if z.shape[1] != d:
        raise InputError(
            "noise", f"must have as many columns as the data, {d}", z.shape, f"draw (seeds, {d})"
        )
    return np.asarray(z, dtype=np.float64)
