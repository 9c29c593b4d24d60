"""Arrays, tensors and data frames of several roles, as arrays that can be compared."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import plain
from twinseed.errors import InputError, MissingExtraError, needs
from twinseed.readers._arrow import table_of_arrow
from twinseed.readers._objects import require_names_alike, rows_of
from twinseed.readers.arranging import without_gaps
from twinseed.readers.encoding import encoded
from twinseed.readers.labelled import rows_of_labelled
from twinseed.readers.reading import ReadOptions
from twinseed.readers.table import Columns, Table

__all__ = ["as_arrays", "table_of", "with_columns"]


def as_arrays(roles: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return every role as an array: tensors unchanged, tables with categories encoded alike.

    Arrays and memory-mapped arrays pass untouched; so do CPU tensors, whose memory is shared. A
    data frame (pandas, polars, pyarrow: whatever offers an Arrow stream) or a ``Table`` becomes
    numbers, see ``encoding.encoded``.

    Raises:
        InputError: what numpy cannot read, a column that is neither numbers nor text, tables whose
            columns differ, an array beside a table with text.

    >>> as_arrays({"train_a": [[1, 2]], "samples_a": [[3, 4]]})["samples_a"]
    array([[3, 4]])
    """
    return with_columns(roles)[0]


def with_columns(
    roles: Mapping[str, Any],
) -> tuple[dict[str, NDArray[Any]], Columns | None]:
    """Return what ``as_arrays`` does, and the columns of the tables; None where no role is one.

    The columns carry ``notes``: how the tables were read, and what was left out.

    >>> import numpy as np
    >>> with_columns({"train_a": Table(("size",), (np.array([3.0, 4.0]),))})[1]
    (Column(name='size', categories=()),)
    """
    require_names_alike(roles)
    read = {role: _read(role, given) for role, given in roles.items()}
    tables = {role: given for role, given in read.items() if isinstance(given, Table)}
    arrays = {role: given for role, given in read.items() if not isinstance(given, Table)}
    if not tables:
        return _arrays(arrays), None
    arrays = {role: plain(role, rows) for role, rows in arrays.items()}
    numbers, columns = encoded(tables, all_columns=bool(arrays))
    texts = [one for one in columns if one.categories]
    if texts and arrays:
        role = next(iter(arrays))
        raise InputError(
            role,
            f"must be a table, as {next(iter(tables))} is one, with words or missing values in "
            f"column {texts[0].name!r}",
            f"an array of shape {arrays[role].shape}",
            "pass tables with the same columns for every role",
        )
    return {role: numbers[role] if role in tables else arrays[role] for role in roles}, columns


def _arrays(read: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return arrays without the columns that are missing everywhere; a warning says so."""
    notes: dict[str, list[str]] = {role: [] for role in read}
    found = without_gaps(dict(read), notes)
    told = list(dict.fromkeys(note for those in notes.values() for note in those))
    if told:
        warnings.warn(f"{', '.join(read)}: {'; '.join(told)}", UserWarning, stacklevel=2)
    return {role: plain(role, rows) for role, rows in found.items()}


def table_of(frame: Any, reading: ReadOptions | None = None, role: str = "frame") -> Table:
    """Return a data frame as a table, with the options by which it is read.

    A frame is what offers its columns as an Arrow stream: pandas, polars, pyarrow, duckdb.

    Raises:
        InputError: a column that is neither numbers, words, dates nor durations; two of one name.
        MissingExtraError: pyarrow, which reads the frame, is not installed.

    >>> import numpy as np
    >>> table_of(Table(("age",), (np.array([3.0]),)), ReadOptions(keep=("age",))).reading.keep
    ('age',)
    """
    found = _read(role, frame)
    if not isinstance(found, Table):
        raise InputError(role, "must be a data frame", type(frame).__name__, "pass one")
    return found if reading is None else replace(found, reading=reading)


def _read(role: str, given: Any) -> Any:
    """Return a table, an array, or an array that is masked."""
    if isinstance(given, Table | np.ma.MaskedArray):
        return given
    try:
        if hasattr(given, "to_pandas") and hasattr(given, "coords") and _named_columns(given):
            given = given.to_pandas()
        if hasattr(given, "collect_schema") and hasattr(given, "collect"):  # a lazy frame of polars
            given = given.collect()
        if hasattr(given, "__arrow_c_stream__") and hasattr(given, "columns"):
            return _table(role, given)
        if hasattr(given, "dims") and hasattr(given, "coords"):
            given = rows_of_labelled(role, given)
        given = rows_of(role, given)
    except (InputError, MissingExtraError):
        raise
    except (AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            role,
            f"must be readable as a table ({error})",
            type(given).__name__,
            "pass numbers in rows of equal length, a CPU tensor or a data frame",
        ) from error
    if isinstance(given, list | tuple) and any(map(np.ma.isMaskedArray, given)):
        return np.ma.stack(given)
    return given if isinstance(given, np.ma.MaskedArray) else plain(role, given)


def _named_columns(given: Any) -> bool:
    """Return whether a labelled array has names for its columns."""
    return len(given.dims) == 2 and list(given.dims)[1] in given.coords


def _table(role: str, frame: Any) -> Table:
    with needs("pyarrow", "formats", "Reading a data frame"):
        import pyarrow
    names = [str(name) for name in getattr(frame, "column_names", frame.columns)]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(role, "must have columns of different names", twice, "rename one of them")
    if not names:
        raise InputError(role, "must have columns", "none", "pass a frame with columns")

    def refuse(problem: str, remedy: str) -> InputError:
        return InputError(role, problem, type(frame).__name__, remedy)

    try:
        table = frame if isinstance(frame, pyarrow.Table) else pyarrow.table(frame)
    except (pyarrow.ArrowException, TypeError, ValueError) as error:
        odd = next((name for name in frame.columns if not _fits_arrow(frame[name])), names[0])
        raise refuse(
            f"has a column {str(odd)!r} that is neither numbers nor text ({error})",
            "turn it into numbers or text, or drop it",
        ) from error
    return table_of_arrow(refuse, table)


def _fits_arrow(column: Any) -> bool:
    import pyarrow

    try:
        pyarrow.array(column)
    except (pyarrow.ArrowException, TypeError, ValueError):
        return False
    return True
