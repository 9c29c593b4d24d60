"""The two ends of a 95 % interval, from a value and its standard error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Z95", "half_width", "interval95", "student95", "wilson"]

T = TypeVar("T", float, "NDArray[np.float64]")

Z95 = 1.959963984540054
"""Half width of a 95 % interval in standard errors: the 0.975 quantile of a standard normal."""


def half_width(se: T) -> T:
    """Return the half width of the 95 % interval of a value whose standard error is ``se``.

    >>> round(half_width(0.5), 3)
    0.98
    """
    return se * Z95


def interval95(value: T, se: T) -> tuple[T, T]:
    """Return the two ends of the 95 % interval of a number, or of each number of an array.

    >>> low, high = interval95(1.0, 0.5)
    >>> round(low, 3), round(high, 3)
    (0.02, 1.98)
    """
    half = half_width(se)
    return value - half, value + half


def student95(draws: int) -> float:
    """Return the half width of a 95 % interval in standard errors that come from few ``draws``.

    Equation: the 0.975 quantile of Student's law with ``draws - 1`` degrees of freedom.

    >>> round(student95(2), 2), round(student95(10), 2), round(student95(10**6), 2)
    (12.71, 2.26, 1.96)
    """
    import scipy

    return float(scipy.special.stdtrit(draws - 1, 0.975))


def wilson(share: float, number: float, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's limits of a share of ``number`` independent cases, ``z`` errors wide.

    >>> low, high = wilson(0.0, 50)
    >>> low, round(high, 3)
    (0.0, 0.071)
    """
    z2 = z * z / number
    centre = (share + z2 / 2) / (1 + z2)
    half = math.sqrt(max(share * (1 - share) * z2 + z2 * z2 / 4, 0.0)) / (1 + z2)
    low, high = max(centre - half, 0.0), min(centre + half, 1.0)
    return low if share > 0.0 else 0.0, high if share < 1.0 else 1.0
