"""Identifies a user's class by its name and its values on fixed numbers.

Results are kept under the name and the parameters of a filter. A filter that its author has edited
may have the same name and parameters as before. The digest distinguishes the two versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from twinseed.errors import InputError

__all__ = ["called", "class_name", "digest", "plain"]

_BITS = 24


def class_name(value: object) -> str:
    """Return the module and the qualified name of an object's class.

    >>> class_name(3)
    'builtins.int'
    """
    return f"{type(value).__module__}.{type(value).__qualname__}"


def called(function: object) -> str:
    """Return the name of a function; of another object that is called, the name of its class."""
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def digest(*arrays: ArrayLike) -> str:
    """Return 16 hexadecimal digits that change with the numbers, and not with their last bits.

    Numbers are rounded to 24 bits, so that another processor gives the same digest. A relative
    change below 1e-7 does not change the digest.

    >>> digest([1.0, 2.0]) == digest([1.0, 2.0 + 1e-15]), digest([1.0]) == digest([1.001])
    (True, False)
    """
    sha = hashlib.sha256()
    for array in arrays:
        numbers = np.atleast_1d(np.asarray(array, dtype=np.float64))
        finite = np.isfinite(numbers)
        mantissa, exponent = np.frexp(np.where(finite, numbers, 0.0))
        parts = (np.rint(mantissa * 2**_BITS), exponent, np.where(finite, 0, np.sign(numbers)))
        sha.update(str(numbers.shape).encode())
        for part in parts:
            sha.update(np.nan_to_num(part, nan=2.0).astype(np.int64).tobytes())
    return sha.hexdigest()[:16]


def plain(argument: str, value: Any) -> Any:
    """Return a description with Python's numbers in place of numpy's, ready for JSON.

    Raises:
        InputError: a part is not a finite number, a text, a truth value or a list of these.

    >>> import numpy as np
    >>> plain("filter", {"rank": np.int64(3), "levels": np.array([0.5])})
    {'rank': 3, 'levels': [0.5]}
    """
    if isinstance(value, Mapping):
        return {str(name): plain(f"{argument}: {name}", part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(argument, part) for part in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(argument, value.tolist())
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and np.isfinite(value):
        return float(value)
    raise InputError(
        argument,
        "must be described by finite numbers and texts",
        value,
        "return such values from `parameters` or `description()`",
    )
