"""Are both sample files the same samples, perhaps in other units or rounded?"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.data.twins import Twins

__all__ = ["Sameness", "sameness"]

_MOST = 1000  # seeds compared, in their order in the files
_COLUMNS = 2048
_UNEXPLAINED = 1e-6  # share of a column's variance that rounding to 16-bit floats leaves
_NOTHING = 1e-18  # of the largest variance of a column: less is rounding
_WHOLE = 0.02  # of a step: how far a value may lie from a multiple of the step
_HALF = 0.75  # of a step: how far rounding moves a value, and the fitted line is off
_EQUAL = 1e-4  # spread of the logarithms of the scales of equal files
_WIDER = 1.5  # times the spread that separate models of Gaussian columns have ...
_LEVEL = 1e-6  # ... and exceed with this probability


class Sameness(StrEnum):
    """How the files are the same."""

    EQUAL = "the two files hold the same samples"
    ROUNDED = "the two files hold the same samples, up to rounding"
    SCALED = "the two files hold the same samples, in other units (another scale or offset)"


def sameness(twins: Twins) -> Sameness | None:
    """Return how the samples of B are those of A, seed by seed; None where they are not.

    Equation: in each column j, B is fitted by ``s_j A + t_j``. The files are the same where every
    column leaves at most 1e-6 of its variance (0.01/n, if that is less), or where every value lies
    within half a step of the line, for values that are multiples of a step (``np.round``, images of
    256 grey values). Twins of honest models differ by more: 1 - q is about 1/(4n) in each column at
    least, unless each column is modelled by itself. For such models ``log s_j`` has a spread of
    ``1/sqrt(n)`` over the columns, while files in other units have the same s_j in all columns, or
    very different ones; so a scale is named where the spread is below 1e-4, or above 1.5 times what
    such models exceed once in a million times. Of a single column only equal files are named.

    Validity: the first 1,000 seeds and 2,048 columns. A matrix that mixes the columns is not looked
    for: honest linear twins differ by one.

    >>> a, train = np.random.default_rng(0).standard_normal((2, 50, 3))
    >>> print(sameness(Twins(a, np.round(a, 1), train)))
    the two files hold the same samples, up to rounding
    """
    if twins.samples_b is None:
        return None
    every = max(1, -(-twins.d // _COLUMNS))
    a, b = (
        np.asarray(rows[:_MOST, ::every], dtype=np.float64)
        for rows in (twins.samples_a, twins.samples_b)
    )
    if np.array_equal(a, b):
        return Sameness.EQUAL
    steps = np.array([_steps(a), _steps(b)])
    power_a, power_b = (one.var(axis=0) for one in (a, b))
    if np.all(_close(b - a, power_b, steps.max(axis=0), 0.5, twins.n)):
        return Sameness.ROUNDED
    varies_a, varies_b = _varies(power_a), _varies(power_b)
    both = varies_a & varies_b
    if not both.any():
        return None
    a, b = (one - one.mean(axis=0) for one in (a, b))
    scale = np.divide(np.mean(a * b, axis=0), power_a, out=np.zeros(both.size), where=both)
    scale[~both] = np.median(scale[both])
    step = np.maximum(steps[1], np.abs(scale) * steps[0])
    # a column that varies in neither file says nothing, and one that rounding made still is close
    close = _close(b - scale * a, power_b, step, _HALF, twins.n) | ~(varies_a | varies_b)
    if not np.all(close):
        return None
    error = step[both] / np.sqrt(12.0 * len(a) * power_b[both])
    return Sameness.SCALED if _rescaled(np.log(np.abs(scale[both])), error, twins.n) else None


def _close(off: Array, power: Array, step: Array, half: float, n: int) -> NDArray[np.bool_]:
    """Return in which columns values are off by no more than rounding makes them."""
    little = np.mean(off**2, axis=0) <= min(_UNEXPLAINED, 0.01 / n) * power
    within = np.abs(off).max(axis=0) <= half * step * (1.0 + 1e-6)
    return np.asarray(little | within)


def _varies(power: Array) -> NDArray[np.bool_]:
    """Return in which columns the variance is more than rounding, beside the largest."""
    return np.asarray(power > _NOTHING * power.max())


def _rescaled(logs: Array, error: Array, n: int) -> bool:
    """Whether these scales are those of one file in other units, not of separate models."""
    if logs.size < 2:
        return False
    spread = float(logs.std())
    one = spread <= _EQUAL + 6.0 * float(error.max())
    many = float(scipy.special.chdtri(logs.size - 1, _LEVEL)) / logs.size
    return one or spread > _WIDER * np.sqrt(many / n)


def _steps(rows: Array) -> Array:
    """Return the step of each column; still columns have the smallest of the others."""
    found = np.array([_step(column) for column in rows.T])
    moving = np.ptp(rows, axis=0) > 0
    known = found[moving]
    if known.size and np.all(known > 0):
        found[~moving] = known.min()
    return found


def _step(values: NDArray[Any]) -> float:
    """Return the step of which all differences of values are multiples; 0 where there is none."""
    levels = np.unique(values)
    gaps = np.diff(levels)
    # levels that only rounding separates are one level
    gaps = gaps[gaps > 1e-9 * np.abs(levels).max()]
    if gaps.size == 0:
        return 0.0
    step = float(gaps.min())
    counted = (levels - levels[0]) / step
    whole = np.abs(counted - np.rint(counted)).max() <= _WHOLE
    return step if whole else 0.0
