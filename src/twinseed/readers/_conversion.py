"""Arrays, tensors and data frames of several roles, as arrays that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import plain
from twinseed.errors import InputError
from twinseed.readers.table import MISSING, Categories, Column, Table, encoded

__all__ = ["as_arrays", "with_columns"]


def as_arrays(roles: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return every role as an array: tensors as they are, tables with categories encoded alike.

    Arrays and memory-mapped arrays pass untouched; so do CPU tensors, whose memory is shared. A
    data frame (pandas; polars and pyarrow by their ``to_pandas``) or a ``Table`` becomes numbers,
    see ``table.encoded``.

    Raises:
        InputError: what numpy cannot read, a column that is neither numbers nor text, tables whose
            columns differ, an array beside a table with text.

    >>> as_arrays({"train_a": [[1, 2]], "samples_a": [[3, 4]]})["samples_a"]
    array([[3, 4]])
    """
    return with_columns(roles)[0]


def with_columns(
    roles: Mapping[str, Any],
) -> tuple[dict[str, NDArray[Any]], tuple[Column, ...] | None]:
    """Return what ``as_arrays`` does, and the columns of the tables; None where no role is one.

    >>> with_columns({"train_a": Table(("size",), (np.array([3.0, 4.0]),))})[1]
    (Column(name='size', categories=()),)
    """
    read = {role: _read(role, given) for role, given in roles.items()}
    tables = {role: given for role, given in read.items() if isinstance(given, Table)}
    arrays = {role: given for role, given in read.items() if not isinstance(given, Table)}
    texts = [role for role, table in tables.items() if table.text]
    if texts and arrays:
        role = next(iter(arrays))
        raise InputError(
            role,
            f"must be a table, as {texts[0]} is one with columns of text",
            f"an array of shape {arrays[role].shape}",
            "pass tables with the same columns for every role",
        )
    numbers, columns = encoded(tables) if tables else ({}, None)
    return {role: numbers[role] if role in tables else arrays[role] for role in roles}, columns


def _read(role: str, given: Any) -> NDArray[Any] | Table:
    if isinstance(given, Table):
        return given
    try:
        named = _named_columns(given)
        if hasattr(given, "to_pandas") and named:
            given = given.to_pandas()
        if hasattr(given, "dtypes") and hasattr(given, "columns"):
            return _table(role, given)
    except InputError:
        raise
    except (AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            role,
            f"must be readable as a table ({error})",
            type(given).__name__,
            "pass numbers in rows of equal length, a CPU tensor or a data frame",
        ) from error
    return plain(role, given)


def _named_columns(given: Any) -> bool:
    """Return whether a data frame, or a labelled array, has names for its columns."""
    if hasattr(given, "dims") and hasattr(given, "coords"):  # xarray
        return len(given.dims) == 2 and list(given.dims)[1] in given.coords
    return True


def _table(role: str, frame: Any) -> Table:
    names = tuple(str(name) for name in frame.columns)
    columns = [_column(role, name, frame.iloc[:, place]) for place, name in enumerate(names)]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(role, "must have columns of different names", twice, "rename one of them")
    if not columns:
        raise InputError(role, "must have columns", "none", "pass a frame with columns")
    return Table(names, tuple(columns))


def _column(role: str, name: str, series: Any) -> NDArray[Any] | Categories:
    from pandas.api.types import is_bool_dtype, is_datetime64_any_dtype, is_numeric_dtype

    if is_bool_dtype(series.dtype) or is_numeric_dtype(series.dtype):
        numbers: NDArray[Any] = series.to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers
    missing = series.isna().to_numpy()
    values = series.to_numpy(dtype=object)
    text = [isinstance(value, str | bool) for value in values[~missing]]
    categories = series.dtype == "category" or all(text)
    if is_datetime64_any_dtype(series.dtype) or not categories:
        raise InputError(
            role,
            f"has a column {name!r} that is neither numbers nor text",
            f"dtype {series.dtype}",
            "turn it into numbers or text, or drop it",
        )
    pairs = zip(values, missing, strict=True)
    return Categories.of([MISSING if gap else str(value) for value, gap in pairs])
