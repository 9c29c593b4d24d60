"""``.csv`` and its kin: a matrix of numbers, or a table of cells of text."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise, takewhile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.readers._encodings import opened_text, text_encoding
from twinseed.readers._separators import NAMES, cells_of, is_value, separator_of
from twinseed.readers.numerals import decimal_marks, is_plain_number
from twinseed.readers.source import Source
from twinseed.readers.spelling import is_missing
from twinseed.readers.table import MISSING, Categories, Table

__all__ = ["counts", "read_csv", "tabulated", "with_header"]

_LONGEST = 1 << 26
"""Characters of a line: enough for millions of numbers."""
_LOOKED = 100
"""Lines that say what separates the cells."""
_REMEDY = "write the table again, one line per row, every line with as many cells"


def read_csv(source: Source) -> NDArray[Any] | Table:
    """Return numbers, as a matrix where there is no header, or a table.

    The separator is the one of comma, semicolon, tab and bar that gives every line as many cells. A
    first line without a number is the header; a first line of numbers is a row, unless it counts
    the columns. One that mixes them is a header where a word stands above numbers.
    """
    if source.path.stat().st_size > source.limit:
        size = source.path.stat().st_size
        raise source.bad(f"has {size:,} bytes, over {source.limit:,}", "convert it to .npy")
    encoding = text_encoding(source)
    try:
        with opened_text(source, encoding) as file:
            skipped, separator = _start(source, file)
        matrix = None if skipped else _matrix(source, encoding, separator)
        if matrix is not None:
            return matrix
        with opened_text(source, encoding) as file:
            lines = islice(_lines(source, file), skipped, None)
            reader = csv.reader(_named(lines), delimiter=separator, strict=True)
            rows = ((skipped + reader.line_num, row) for row in reader)
            return tabulated(source, rows, separator)
    except (UnicodeDecodeError, csv.Error) as error:
        raise source.bad(f"must hold lines of text in UTF-8 ({error})", _REMEDY) from error


def tabulated(
    source: Source, numbered: Iterable[tuple[int, list[str]]], separator: str = ","
) -> NDArray[Any] | Table:
    """Return lines of cells, each with its number, as a table of words and numbers."""
    rows: list[list[str]] = []
    lines: list[int] = []
    for line, row in numbered:
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if rows and len(cells) != len(rows[0]):
            raise source.bad(
                f"must hold lines of equal length; line {line} has {len(cells)} cells, "
                f"the first {len(rows[0])}; cells are separated by {NAMES.get(separator, 'tabs')}",
                f"{_REMEDY}; the option separator names another separator",
            )
        rows.append(cells)
        lines.append(line)
    if not rows:
        raise source.bad("must hold lines of numbers", "save some rows below the header")
    names = _header(source, rows)
    if names is not None and len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise source.bad(f"has several columns of the name {twice!r}", "rename one of them")
    if names is not None:
        rows, lines = rows[1:], lines[1:]
    if not rows:
        raise source.bad("must hold lines of numbers", "save some rows below the header")
    by_column = list(zip(*rows, strict=True))
    decimal = source.reading.decimal or _decimal(by_column, separator)
    columns = tuple(_column(cells, decimal) for cells in by_column)
    if names is None and not any(isinstance(column, Categories) for column in columns):
        return np.stack([np.asarray(column) for column in columns], axis=1)
    return Table(names, columns, np.array(lines, dtype=np.int64), decimal)


def with_header(rows: NDArray[Any]) -> Table:
    """Return a matrix whose first line names the columns."""
    names = tuple(f"{value:g}" for value in rows[0].tolist())
    columns = tuple(np.ascontiguousarray(column) for column in rows[1:].T)
    return Table(names, columns, np.arange(2, len(rows) + 1))


def counts(rows: NDArray[Any]) -> bool:
    """Say whether the first line of numbers counts the columns, from 0 or from 1.

    Where the second line counts on, both are rows.

    >>> counts(np.array([[0, 1, 2], [7, 7, 7]])), counts(np.array([[0, 2, 3], [7, 7, 7]]))
    (True, False)
    >>> counts(np.arange(6).reshape(2, 3))
    False
    """
    count, width = rows[0] - rows[0][0], rows.shape[1]
    if len(rows) < 2 or width < 3 or rows[0][0] not in (0, 1):
        return False
    on = np.array_equal(rows[1], rows[0] + width)
    return not on and np.array_equal(count, np.arange(width))


def _lines(source: Source, file: IO[str]) -> Iterator[str]:
    """Yield the lines of a file; one that would fill the memory is refused."""
    while line := file.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise source.bad(f"has a line of more than {_LONGEST:,} characters", _REMEDY)
        yield line


def _start(source: Source, file: IO[str]) -> tuple[int, str]:
    """Return how many lines come before the table, and what separates its cells.

    Before it may stand ``sep=;``, as Excel writes it, and lines that start with #. The last of
    these is the header, as numpy writes it, if it has as many cells as the line below.
    """
    lines = _lines(source, file)
    start: list[str] = []
    skipped, said = 0, source.reading.separator
    for line in lines:
        mark = re.fullmatch(r"sep=(.)\s*", line)
        if mark and not start:
            skipped, said = skipped + 1, said or mark[1]
        elif line.strip():
            start.append(line)
        elif not start:
            skipped += 1
        if len(start) >= _LOOKED:
            break
    comments = list(takewhile(lambda line: line.lstrip().startswith("#"), start))
    below = start[len(comments) :]
    if not comments or not below:
        return skipped, said or separator_of(source, start)
    separator = said or separator_of(source, below)
    width = len(cells_of(below[0], separator))
    named = width > 1 and len(cells_of(comments[-1], separator)) == width
    extra = len(comments) - named
    if extra:
        lines_are = (
            "1 line that starts with # is" if extra == 1 else f"{extra} lines that start with # are"
        )
        source.notes.append(f"{lines_are} skipped")
    return skipped + extra, separator


def _named(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines, the first without the # that numpy puts before a header."""
    first = next(lines, "")
    yield first.lstrip().removeprefix("#").lstrip() if first.lstrip()[:1] == "#" else first
    yield from lines


def _matrix(source: Source, encoding: str, separator: str) -> NDArray[Any] | Table | None:
    """Return lines of numbers, or None if they are not all numbers, or a header says otherwise."""
    with opened_text(source, encoding) as file, warnings.catch_warnings():
        warnings.simplefilter("error")  # numpy only warns of a table without lines
        lines = (line for line in _lines(source, file) if line.strip())
        first = next(lines, "")
        if first.lstrip().startswith("#"):
            return None
        cells = cells_of(first, separator)
        numbers = [is_plain_number(cell) for cell in cells]
        named = not any(map(is_value, cells)) and all(cells) and source.reading.header is not False
        if not named and (not all(numbers) or source.reading.header):
            return None
        some = [next(lines, "") for _ in range(50)]
        if any(_zeros_first(cell) for line in some for cell in cells_of(line, separator)):
            return None
        every = (line for part in ((first,) * (not named), some, lines) for line in part if line)
        try:
            rows: NDArray[Any] = np.loadtxt(
                every, delimiter=separator, ndmin=2, comments=None, quotechar='"'
            )
        except UnicodeDecodeError:
            raise
        except (ValueError, UserWarning):
            return None
    if not named:
        return rows
    if len(cells) != rows.shape[1]:
        raise source.bad(f"has {len(cells)} names and {rows.shape[1]} columns", _REMEDY)
    return Table(tuple(cells), tuple(rows.T), np.arange(2, len(rows) + 2), ".")


def _zeros_first(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == "0" and cell.isdigit()


def _header(source: Source, rows: list[list[str]]) -> tuple[str, ...] | None:
    """Return the names of the columns if the first line holds them."""
    first = rows[0]
    said = source.reading.header
    if said is None:
        values = [is_value(cell) for cell in first]
        if all(values) and first:
            return None
        if not any(values) or _count_up(first) or _stands_above(rows):
            said = True
        else:
            raise source.bad(
                "mixes numbers and text in its first line, which may be a header or a row",
                "put a line of names above it, without numbers; or say which it is with the option "
                "header",
            )
    if not said:
        return None
    return tuple(cell or f"Unnamed: {place}" for place, cell in enumerate(first))


def _count_up(cells: list[str]) -> bool:
    """Say whether the numbers among names count up, as the index and the years of a table do."""
    numbers = [float(cell) for cell in cells if is_plain_number(cell)]
    steps = {b - a for a, b in pairwise(numbers)}
    return len(numbers) == sum(map(is_value, cells)) and steps == {1.0}


def _stands_above(rows: list[list[str]]) -> bool:
    """Say whether a word of the first line stands above numbers alone."""
    for place, word in enumerate(rows[0]):
        if is_missing(word) or is_value(word):
            continue
        below = [row[place] for row in rows[1:_LOOKED] if not is_missing(row[place])]
        if below and all(map(is_value, below)):
            return True
    return False


def _decimal(columns: list[tuple[str, ...]], separator: str) -> str | None:
    """Return the decimal mark of a file, if its cells prove one."""
    marks: set[str] = set()
    for cells in columns:
        marks |= decimal_marks(dict.fromkeys(cells[:1000]))
    if len(marks) == 1:
        return marks.pop()
    return "." if separator == "," and not marks else None


def _column(cells: tuple[str, ...], decimal: str | None) -> NDArray[Any] | Categories:
    """Return numbers if every cell that is not empty is one; empty numbers are NaN."""
    if any(cells) and not any(_zeros_first(cell) for cell in cells):
        try:
            if decimal != "," or not any("." in cell for cell in cells):
                return np.array([float(cell) if cell else np.nan for cell in cells])
        except ValueError:
            pass
    return Categories.of(cell or MISSING for cell in cells)
