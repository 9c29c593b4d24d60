"""The control that must pass: real rows that were never trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.checks import numeric_rows
from twinseed.errors import InputError
from twinseed.generators._base import checked_noise

__all__ = ["Fresh"]


class Fresh:
    """Returns fresh rows in their order, one for each row of noise: a perfect generator.

    The rows must be neither training nor held-out rows. Shapes: rows (N, d); noise (seeds, d) with
    at most N seeds, whose values are not used.

    Raises:
        InputError: rows that are not numbers, or more seeds than rows.

    >>> Fresh([[1.0, 2.0], [3.0, 4.0]]).sample(np.zeros((1, 2)))
    array([[1., 2.]])
    """

    def __init__(self, rows: ArrayLike) -> None:
        self._rows: NDArray[Any] = numeric_rows("rows", rows, at_least=1)

    def sample(self, noise: ArrayLike) -> NDArray[np.float64]:
        """Return as many rows as there are rows of noise."""
        z = checked_noise(noise, self._rows.shape[1])
        if len(z) > len(self._rows):
            raise InputError(
                "noise", f"must have at most {len(self._rows)} rows", len(z), "use fewer seeds"
            )
        return np.array(self._rows[: len(z)], dtype=np.float64)
