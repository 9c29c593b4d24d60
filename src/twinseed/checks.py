"""Checks of arguments: each raises an error that names the argument, the value and the remedy."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.errors import InputError

__all__ = [
    "finite_vector",
    "grid_axis",
    "non_negative",
    "numeric_rows",
    "positive",
    "row_blocks",
    "whole",
]


def positive(argument: str, value: Any, remedy: str, *, allow_infinite: bool = False) -> float:
    """Return ``value`` as a float if it is a number above zero."""
    number = _number(argument, value, remedy)
    if math.isnan(number) or number <= 0 or (math.isinf(number) and not allow_infinite):
        raise InputError(argument, "must be a finite number above zero", value, remedy)
    return number


def non_negative(argument: str, value: Any, remedy: str) -> float:
    """Return ``value`` as a float if it is a finite number, zero or above."""
    number = _number(argument, value, remedy)
    if not math.isfinite(number) or number < 0:
        raise InputError(argument, "must be a finite number, zero or above", value, remedy)
    return number


def whole(argument: str, value: Any, remedy: str, *, at_least: int = 1) -> int:
    """Return ``value`` as an int if it is a whole number not below ``at_least``."""
    number = _number(argument, value, remedy)
    if not math.isfinite(number) or number != math.floor(number) or number < at_least:
        raise InputError(argument, f"must be a whole number, at least {at_least}", value, remedy)
    return int(number)


def finite_vector(argument: str, values: ArrayLike, remedy: str) -> NDArray[np.float64]:
    """Return ``values`` as a 1-d float64 array if every entry is a finite number."""
    try:
        vector = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise InputError(argument, "must be numbers", values, remedy) from error
    if vector.ndim != 1:
        raise InputError(argument, "must be one-dimensional", vector.shape, remedy)
    if not np.all(np.isfinite(vector)):
        bad = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise InputError(f"{argument}[{bad}]", "must be finite", vector[bad], remedy)
    return vector


def grid_axis(argument: str, values: Any, remedy: str) -> tuple[NDArray[np.float64], bool]:
    """Return a grid axis of positive numbers, and whether it was given as a single number."""
    scalar = np.ndim(values) == 0
    axis = finite_vector(argument, values, remedy)
    if axis.size == 0:
        raise InputError(argument, "must not be empty", values, remedy)
    if np.any(axis <= 0):
        bad = float(axis[axis <= 0][0])
        raise InputError(argument, "must be above zero", bad, remedy)
    if np.unique(axis).size != axis.size:
        raise InputError(argument, "must not repeat a value", values, remedy)
    return axis, scalar


def numeric_rows(argument: str, values: Any, *, at_least: int = 2) -> NDArray[Any]:
    """Return rows as a 2-d numeric array without copying; trailing axes are flattened.

    Integers and float32 pass as they are (they are computed in float64 where it matters); a
    memory-mapped array stays one. Object arrays are refused: nothing is ever unpickled.
    Finiteness is checked in blocks of rows, so that no temporary of the array's size is made.
    """
    array = values if isinstance(values, np.ndarray) else np.asarray(values)
    if array.dtype == object or not (
        np.issubdtype(array.dtype, np.floating)
        or np.issubdtype(array.dtype, np.integer)
        or array.dtype == np.bool_
    ):
        raise InputError(
            argument, "must hold real numbers", f"dtype {array.dtype}", "convert it to numbers"
        )
    if array.ndim < 2:
        raise InputError(
            argument,
            "must have one row a sample and at least two axes",
            f"shape {array.shape}",
            "reshape it to (samples, features)",
        )
    if array.ndim > 2:
        array = array.reshape(len(array), -1)
    if len(array) < at_least or array.shape[1] < 1:
        raise InputError(
            argument,
            f"must have at least {at_least} rows and one column",
            f"shape {array.shape}",
            "give more samples (rows are samples, columns are features)",
        )
    if np.issubdtype(array.dtype, np.floating):
        for start, block in row_blocks(array):
            finite = np.isfinite(block)
            if not finite.all():
                row, column = (int(i) for i in np.argwhere(~finite)[0])
                raise InputError(
                    f"{argument}[{start + row}, {column}]",
                    "must be finite",
                    float(block[row, column]),
                    "remove or impute the missing values first",
                )
    return array


def row_blocks(array: NDArray[Any], size: int = 1 << 22) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield (first row, block of rows) with about ``size`` entries a block, without copying."""
    rows = max(1, size // array.shape[1])
    for start in range(0, len(array), rows):
        yield start, array[start : start + rows]


def _number(argument: str, value: Any, remedy: str) -> float:
    if isinstance(value, bool | np.bool_):
        raise InputError(argument, "must be a number", value, remedy)
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise InputError(argument, "must be a number", value, remedy) from error
