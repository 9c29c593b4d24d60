"""Checks arguments; an error names the argument, the value and the remedy."""

from __future__ import annotations

import math
import numbers
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array, plain, real_numbers
from twinseed.blocks import row_blocks
from twinseed.errors import InputError

__all__ = [
    "LARGEST",
    "Loads",
    "Sizes",
    "finite_vector",
    "given_path",
    "grid_axis",
    "non_negative",
    "numeric_rows",
    "positive",
    "real",
    "refuse_positional",
    "whole",
    "whole_numbers",
]

Sizes = int | Sequence[int] | NDArray[np.integer[Any]] | NDArray[np.floating[Any]]
"""A number of rows or columns, or several that make a dimension."""

Loads = float | Sequence[float] | NDArray[np.integer[Any]] | NDArray[np.floating[Any]]
"""A sample complexity n/d, or several that make a dimension."""

LARGEST = 2**53
"""The largest size: up to this number a float distinguishes neighbouring whole numbers."""

_ROUNDING = 8 * sys.float_info.epsilon
"""A number of a grid that differs from a whole number by less (relatively) counts as whole."""

_MOST = 1e30
"""Values of rows are at most this large: their sixth powers, summed over rows, stay finite."""
_LEAST = 1e-30
"""The largest value of an array is at least this large, or zero."""


def positive(argument: str, value: Any, remedy: str, *, allow_infinite: bool = False) -> float:
    """Return ``value`` as a float if it is a number above zero."""
    number = real(argument, value, remedy)
    if math.isnan(number) or number <= 0 or (math.isinf(number) and not allow_infinite):
        raise InputError(argument, "must be a finite number above zero", value, remedy)
    return number


def non_negative(argument: str, value: Any, remedy: str) -> float:
    """Return ``value`` as a float if it is a finite number, zero or above."""
    number = real(argument, value, remedy)
    if not math.isfinite(number) or number < 0:
        raise InputError(argument, "must be a finite number, zero or above", value, remedy)
    return number


def whole(
    argument: str, value: Any, remedy: str, *, at_least: int = 1, at_most: int = LARGEST
) -> int:
    """Return ``value`` as an int if it is a whole number from ``at_least`` to ``at_most``.

    Integers of any size stay exact. A float must be below 2^53: larger floats do not distinguish
    neighbouring integers.
    """
    number = _plain(argument, value, remedy)
    if isinstance(number, numbers.Integral):
        found = int(number)
    elif (rounded := real(argument, number, remedy)).is_integer() and abs(rounded) < LARGEST:
        found = int(rounded)
    else:
        problem = f"must be a whole number, at least {at_least}"
        raise InputError(argument, problem, value, remedy)
    if found < at_least:
        raise InputError(argument, f"must be a whole number, at least {at_least}", value, remedy)
    if found > at_most:
        raise InputError(argument, f"must be a whole number, at most {at_most}", value, remedy)
    return found


def given_path(argument: str, value: Any, remedy: str) -> Path:
    """Return ``value`` as a path if it is a text or a path object."""
    if not isinstance(value, str | Path) or "\0" in str(value):
        raise InputError(argument, "must be a path", value, remedy)
    return Path(value)


def whole_numbers(
    argument: str, values: Any, remedy: str, *, at_least: int = 1, at_most: int = LARGEST
) -> tuple[int, ...]:
    """Return the whole numbers of a sequence or another iterable, each one checked."""
    try:
        entries = None if isinstance(values, str | bytes | bytearray) else list(values)
    except TypeError:
        entries = None
    if entries is None:
        raise InputError(argument, "must be a sequence of whole numbers", values, remedy)
    return tuple(
        whole(f"{argument}[{place}]", one, remedy, at_least=at_least, at_most=at_most)
        for place, one in enumerate(entries)
    )


def real(argument: str, value: Any, remedy: str) -> float:
    """Return ``value`` as a float if it is one real number; infinity and NaN pass.

    Texts, bytes, truth values, complex numbers and arrays with an axis are not numbers.
    """
    number = _plain(argument, value, remedy)
    try:
        return float(number)
    except (OverflowError, ValueError) as error:
        raise InputError(argument, "must be a number below 1.8e308", value, remedy) from error


def finite_vector(argument: str, values: ArrayLike, remedy: str) -> Array:
    """Return ``values`` as a 1-d float64 array if every entry is a finite number."""
    return _vector(argument, values, remedy)[0]


def grid_axis(
    argument: str, values: Any, remedy: str, *, whole_numbers: bool = False
) -> tuple[Array, bool]:
    """Return a grid axis of positive numbers, and whether it was passed as a single number.

    With ``whole_numbers`` each number must be a whole number below 2^53. A number that differs from
    a whole number only by rounding, as in ``np.geomspace(50, 800, 3)``, counts as whole.
    """
    axis, scalar = _vector(argument, values, remedy)
    if axis.size == 0:
        raise InputError(argument, "must not be empty", values, remedy)
    if np.any(axis <= 0):
        bad = float(axis[axis <= 0][0])
        raise InputError(argument, "must be above zero", bad, remedy)
    if whole_numbers:
        nearest = np.rint(axis)
        axis = np.where(np.abs(axis - nearest) <= _ROUNDING * axis, nearest, axis)
        for place, number in enumerate(axis.tolist()):
            whole(argument if scalar else f"{argument}[{place}]", number, remedy)
    if np.unique(axis).size != axis.size:
        raise InputError(argument, "must not repeat a value", values, remedy)
    return axis, scalar


def numeric_rows(
    argument: str, values: Any, *, at_least: int = 2, any_size: bool = False
) -> NDArray[Any]:
    """Return rows as a 2-d numeric array without copying; trailing axes are flattened.

    ``arrays.plain`` says which objects are accepted. Integers and float32 are not converted; a
    memory-mapped array stays memory-mapped. Object arrays are refused, because nothing is ever
    unpickled. The values are checked in blocks of rows, without a temporary array of the same size.
    Values above 1e30 are refused, and arrays whose largest value is below 1e-30, unless
    ``any_size`` is True: the order parameters need up to the sixth power of the values, which would
    not fit into float64.
    """
    array = real_numbers(argument, plain(argument, values))
    if array.ndim < 2:
        raise InputError(
            argument,
            "must have one row per sample and at least two axes",
            f"shape {array.shape}",
            f"reshape {argument} to (samples, features)",
        )
    shape = array.shape
    if array.ndim > 2:
        array = array.reshape(len(array), math.prod(shape[1:]))
    if len(array) < at_least or array.shape[1] < 1:
        raise InputError(
            argument,
            f"must have at least {at_least} rows and one column",
            f"shape {shape}",
            "pass more rows (rows are samples, columns are features)",
        )
    if array.dtype.kind == "f":
        largest = 0.0
        for start, block in row_blocks(array):
            size = max(float(block.max()), -float(block.min()))
            if not math.isfinite(size) or (size > _MOST and not any_size):
                _refuse(argument, start, block)
            largest = max(largest, size)
        if 0.0 < largest < _LEAST and not any_size:
            raise InputError(
                argument,
                f"must have a value of at least {_LEAST:g} in size: powers of smaller values "
                "are rounded to zero",
                f"{largest:g} as the largest",
                "multiply all arrays by the same number first",
            )
    return array


def refuse_positional(positional: tuple[Any, ...], call: str, right: str) -> None:
    """Raise for arguments without a name; ``right`` is an example of a correct call."""
    if positional:
        raise InputError(
            call,
            "takes arguments by name only",
            f"{len(positional)} without a name, the first a {type(positional[0]).__name__}",
            f"call {right}",
        )


def _refuse(argument: str, start: int, block: NDArray[Any]) -> None:
    """Raise for the first value that is not finite; if all are, for the first that is too large."""
    for bad, problem, remedy in (
        (~np.isfinite(block), "must be finite", "remove or impute the missing values first"),
        (
            np.abs(block) > _MOST,
            f"must be at most {_MOST:g} in size: powers of larger values are infinite",
            "divide all arrays by the same number first",
        ),
    ):
        if bad.any():
            row, column = (int(i) for i in np.argwhere(bad)[0])
            value = float(block[row, column])
            raise InputError(f"{argument}[{start + row}, {column}]", problem, value, remedy)


def _vector(argument: str, values: Any, remedy: str) -> tuple[Array, bool]:
    """Return finite numbers as a 1-d array, and whether a single number was passed."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.getmaskarray(values).any():
        bad = int(np.flatnonzero(np.ma.getmaskarray(values))[0])
        raise InputError(f"{argument}[{bad}]", "must not be masked", "a masked entry", remedy)
    if isinstance(values, list | tuple):
        # one by one: in a list, numpy turns truth values and masked values into numbers
        if any(isinstance(one, list | tuple) or np.ndim(one) > 0 for one in values):
            raise InputError(argument, "must be one-dimensional", values, remedy)
        found = [real(f"{argument}[{place}]", one, remedy) for place, one in enumerate(values)]
        scalar, vector = False, np.array(found, dtype=np.float64)
    else:
        array = _as_array(argument, values, remedy)
        scalar = array.ndim == 0
        if scalar:
            vector = np.array([real(argument, values, remedy)])
        elif array.dtype.kind == "O":
            return _vector(argument, array.tolist(), remedy)
        else:
            vector = array.astype(np.float64)
    if not np.all(np.isfinite(vector)):
        bad = int(np.flatnonzero(~np.isfinite(vector))[0])
        name = argument if scalar else f"{argument}[{bad}]"
        raise InputError(name, "must be finite", vector[bad], remedy)
    return vector, scalar


def _as_array(argument: str, values: Any, remedy: str) -> NDArray[Any]:
    """Return values that are not a list as an array of numbers or objects, of at most 1 axis."""
    try:
        if isinstance(values, bytearray | memoryview):
            raise TypeError
        array = np.asarray(values)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise InputError(argument, "must be numbers", values, remedy) from error
    if array.ndim > 1:
        raise InputError(argument, "must be one-dimensional", array.shape, remedy)
    if array.ndim == 1 and array.dtype.kind not in "iufO":
        raise InputError(argument, "must be numbers", f"dtype {array.dtype}", remedy)
    return array


def _plain(argument: str, value: Any, remedy: str) -> Any:
    """Return one real number as a Python number; numpy scalars and 0-d arrays are accepted."""
    number = value
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise InputError(argument, "must not be masked", "a masked number", remedy)
    if getattr(value, "shape", None) == () and callable(getattr(value, "item", None)):
        number = value.item()
    if isinstance(number, bool) or not isinstance(number, numbers.Real | Decimal):
        raise InputError(argument, "must be a number", value, remedy)
    return number
