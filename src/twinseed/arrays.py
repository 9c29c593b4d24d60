"""Turns numbers of many types into a numpy array."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError

__all__ = ["Array", "Flags", "Indices", "plain", "real_numbers"]

Array = NDArray[np.float64]
"""An array of numbers in double precision."""
Flags = NDArray[np.bool_]
"""An array of truth values."""
Indices = NDArray[np.int64]
"""An array of places in another array, or of numbers of rows."""

_DENSE = 1 << 27
"""A sparse matrix with at most this many entries is made dense: 1 GiB in float64."""

_REMEDIES = {
    "c": "pass the real parts and the imaginary parts in separate columns",
    "M": "turn times into numbers, such as seconds since the first",
    "m": "turn durations into numbers, such as seconds",
    "U": "turn text into numbers, or pass a data frame",
    "S": "turn text into numbers, or pass a data frame",
    "T": "turn text into numbers, or pass a data frame",
    "O": "pass only numbers, in rows of equal length",
}


def plain(argument: str, values: Any) -> NDArray[Any]:
    """Return ``values`` as ``numpy.ndarray``, or as ``numpy.memmap`` if they are one.

    Arrays, memory-mapped arrays and CPU tensors are not copied. Subclasses (``numpy.matrix``)
    become plain arrays of the same memory; masked arrays too, if no entry is masked. Of xarray's
    ``DataArray`` the values are used, a sparse matrix is made dense, and a tensor is copied to the
    host.

    Raises:
        InputError: a masked entry (with its place), a sparse matrix of more than 2^27 entries, what
            numpy cannot read as an array.

    >>> plain("rows", np.ma.array([[1, 2]], mask=False))
    array([[1, 2]])
    """
    try:
        return _plain(argument, values)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # the object may define ``__array__`` itself
        raise InputError(
            argument,
            f"must be readable as an array ({error})",
            type(values).__name__,
            "pass numbers in rows of equal length, a CPU tensor or a data frame",
        ) from error


def real_numbers(argument: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of real numbers unchanged; numbers of more than 8 bytes become float64."""
    kind = array.dtype.kind
    if kind not in "fiub":
        remedy = _REMEDIES.get(kind, "convert it to numbers")
        raise InputError(argument, "must hold real numbers", f"dtype {array.dtype}", remedy)
    if array.dtype.itemsize > 8:
        with np.errstate(over="ignore"):  # numbers that are too large become infinite: refused
            return array.astype(np.float64)
    return array


def _plain(argument: str, values: Any) -> NDArray[Any]:
    if isinstance(values, list | tuple) and any(
        isinstance(one, np.ma.MaskedArray) for one in values
    ):
        values = np.ma.stack(values)
    if isinstance(values, np.ma.MaskedArray):
        return _unmasked(argument, values)
    if type(values) is np.ndarray or isinstance(values, np.memmap):
        return values
    if isinstance(values, np.ndarray):
        return values.view(np.ndarray)
    if type(values).__module__.partition(".")[0] == "torch":
        tensor = values.detach().cpu()
        return np.asarray(tensor.float() if "bfloat16" in str(tensor.dtype) else tensor)
    if hasattr(values, "dims") and hasattr(values, "coords"):  # xarray
        if hasattr(values, "data_vars"):
            raise InputError(
                argument, "must be one array, not a data set", sorted(values), "pass one variable"
            )
        return plain(argument, values.values)
    if hasattr(values, "nnz") and hasattr(values, "todense"):
        if int(np.prod(values.shape, dtype=np.float64)) > _DENSE:
            raise InputError(
                argument,
                f"must have at most {_DENSE:,} entries if the array is sparse",
                f"shape {values.shape}",
                "pass fewer columns, or a dense array in a memory-mapped file",
            )
        return np.asarray(getattr(values, "toarray", values.todense)())
    return np.asarray(values)


def _unmasked(argument: str, values: Any) -> NDArray[Any]:
    hidden = np.argwhere(np.ma.getmaskarray(values))
    if len(hidden):
        place = ", ".join(str(int(i)) for i in hidden[0])
        raise InputError(
            f"{argument}[{place}]",
            "must not be masked",
            f"{len(hidden)} masked entries",
            "remove or impute the missing values first",
        )
    return np.asarray(values.data).view(np.ndarray)
