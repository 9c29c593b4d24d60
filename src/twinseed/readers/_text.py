"""``.csv``: a matrix of numbers, or a table with columns of text."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers.source import Source
from twinseed.readers.table import MISSING, Categories, Table

__all__ = ["read_csv"]

_LONGEST = 1 << 26
"""Characters of a line: enough for millions of numbers."""
_REMEDY = "write the table again, one line a row, every line with as many cells"


def read_csv(source: Source) -> NDArray[Any] | Table:
    """Return numbers, as a matrix where there is no header, or a table.

    A first line without a number is the header; a first line of numbers is a row. One that mixes
    them is refused: it could be either.
    """
    size = source.path.stat().st_size
    if size > source.limit:
        raise source.bad(f"has {size:,} bytes, over {source.limit:,}", "convert it to .npy")
    try:
        with source.path.open(encoding="utf-8-sig", newline="") as file:
            first = next((line for line in _lines(source, file) if line.strip()), "")
        names = _header(source, first)
        matrix = _matrix(source, skip=names is not None)
        if matrix is None:
            return _table(source, names)
    except (UnicodeDecodeError, csv.Error) as error:
        raise source.bad(f"must hold lines of text in UTF-8 ({error})", _REMEDY) from error
    if names is None:
        return matrix
    if len(names) != matrix.shape[1]:
        raise source.bad(f"has {len(names)} names and {matrix.shape[1]} columns", _REMEDY)
    return Table(names, tuple(matrix.T))


def _lines(source: Source, file: IO[str]) -> Iterator[str]:
    """Yield the lines of a file; one that would fill the memory is refused."""
    while line := file.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise source.bad(f"has a line of more than {_LONGEST:,} characters", _REMEDY)
        yield line


def _matrix(source: Source, skip: bool) -> NDArray[Any] | None:
    """Return lines of numbers, or None if they are not all numbers."""
    with source.path.open(encoding="utf-8-sig") as file, warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy only warns of a table without lines
        lines = (line for line in _lines(source, file) if line.strip())
        if skip:
            next(lines, None)
        try:
            table: NDArray[Any] = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None)
        except UnicodeDecodeError:
            raise
        except (ValueError, UserWarning):
            return None
    return table


def _table(source: Source, names: tuple[str, ...] | None) -> Table:
    rows: list[list[str]] = []
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.reader(_lines(source, file), strict=True):
            if not any(cell.strip() for cell in row):
                continue
            if rows and len(row) != len(rows[0]):
                raise source.bad(
                    f"must hold lines of equal length; line {len(rows) + 1} has {len(row)} cells, "
                    f"the first {len(rows[0])}",
                    _REMEDY,
                )
            rows.append([cell.strip() for cell in row])
    body = rows[1:] if names is not None else rows
    if not body:
        raise source.bad("must hold lines of numbers", "save some rows below the header")
    columns = tuple(_column([row[place] for row in body]) for place in range(len(body[0])))
    return Table(names, columns)


def _column(cells: list[str]) -> NDArray[Any] | Categories:
    """Return numbers if every cell that is not empty is one; empty numbers are NaN."""
    if any(cells):
        try:
            return np.array([float(cell) if cell else np.nan for cell in cells])
        except ValueError:
            pass
    return Categories.of([cell or MISSING for cell in cells])


def _header(source: Source, line: str) -> tuple[str, ...] | None:
    cells = tuple(cell.strip() for row in csv.reader([line], strict=True) for cell in row)
    numbers = [_is_number(cell) for cell in cells]
    if cells and all(numbers):
        return None
    if any(numbers):
        raise source.bad(
            f"mixes numbers and text in its first line ({line.strip()[:40]})",
            "put a line of names above it, without numbers",
        )
    if "" in cells:
        raise source.bad(
            f"has no name for column {cells.index('') + 1}",
            "name it; leave the column out if it only counts the rows",
        )
    return cells


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
