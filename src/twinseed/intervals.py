"""The two ends of a 95 % interval, from a value and its standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Z95", "half_width", "interval95"]

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
