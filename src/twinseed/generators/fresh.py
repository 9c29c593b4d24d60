"""The control that an audit must pass: real rows on which no generator was trained."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.checks import numeric_rows
from twinseed.errors import InputError
from twinseed.generators._base import checked_noise

__all__ = ["Fresh"]


class Fresh:
    """A perfect generator: returns fresh real rows in their order, one for each row of noise.

    Args:
        rows: real rows, (N, d), that are neither training nor held-out rows.

    Raises:
        InputError: rows that are not numbers, or more rows of noise than rows.

    >>> Fresh([[1.0, 2.0], [3.0, 4.0]]).sample(np.zeros((1, 2)))
    array([[1., 2.]])

    See also: ``Memoriser``.
    """

    def __init__(self, rows: ArrayLike) -> None:
        self._rows: NDArray[Any] = numeric_rows("rows", rows, at_least=1)

    def sample(self, noise: ArrayLike) -> Array:
        """Return as many rows as there are rows of noise.

        Args:
            noise: (seeds, d), at most N seeds; the numbers are not used.
        """
        z = checked_noise(noise, self._rows.shape[1])
        if len(z) > len(self._rows):
            raise InputError(
                "noise", f"must have at most {len(self._rows)} rows", len(z), "use fewer seeds"
            )
        return np.array(self._rows[: len(z)], dtype=np.float64)
