"""What a generator is: something that turns noise into samples."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.checks import numeric_rows
from twinseed.errors import InputError

__all__ = ["Generator", "checked_noise"]


class Generator(Protocol):
    """Turns rows of standard normal noise into samples, row by row, with no other randomness.

    Twins are two generators that are given the same noise.
    """

    def sample(self, noise: ArrayLike) -> NDArray[np.float64]:
        """Return one sample for each row of the noise; (seeds, d) for (seeds, d)."""
        ...


def checked_noise(noise: ArrayLike, d: int) -> NDArray[np.float64]:
    """Return noise as float64 if it is finite numbers in ``d`` columns."""
    z = numeric_rows("noise", noise, at_least=1)
    if z.shape[1] != d:
        raise InputError(
            "noise", f"must have as many columns as the data, {d}", z.shape, "draw (seeds, d)"
        )
    return np.asarray(z, dtype=np.float64)
