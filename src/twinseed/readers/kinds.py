"""What a column holds, decided from the cells of all tables together: numbers, words, dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from twinseed.arrays import Array
from twinseed.errors import InputError
from twinseed.readers.cells import (
    Cells,
    ColumnKind,
    require_finite,
    require_one_kind,
    require_one_unit,
)
from twinseed.readers.dates import DAY, dates_of, days, durations_of, packed_dates
from twinseed.readers.numerals import Numerals, is_plain_number, numerals, stands_apart
from twinseed.readers.reading import ColumnSchema
from twinseed.readers.table import Categories, Table
from twinseed.readers.wording import common_order, ordered, words_kind, yes_no

__all__ = ["kind_of"]

_FEW = 3
"""So few different numbers are not taken for dates."""


def kind_of(
    label: str, name: str, columns: Mapping[str, Any], tables: Mapping[str, Table]
) -> ColumnKind:
    """Return what a column holds in all tables, and its cells in each of them.

    Raises:
        InputError: numbers in one table and words in another, a word among numbers, dates that may
            be read in two ways, numbers in two units: named by column and line.
    """
    cells = [Cells(role, tables[role], column, label) for role, column in columns.items()]
    about = next(iter(tables.values())).reading.column(name)
    if about.kind is not None and about.kind != "leave out":
        return _as_told(cells, about)
    letters = {one.letter for one in cells if one.letter != "w" or one.words()}
    if not letters:
        return words_kind(cells)
    in_order = [getattr(one.column, "ordered", False) for one in cells]
    if all(in_order):
        return ordered(cells, common_order(cells))
    ways: list[Callable[[list[Cells], ColumnSchema], ColumnKind | None]] = [yes_no]
    if letters <= {"n", "w"}:
        ways += [_numbers]
    if letters <= {"M", "w"}:
        ways += [_dates]
    if letters <= {"m", "w"}:
        ways += [_durations]
    for way in ways:
        found = way(cells, about)
        if found is not None:
            return found
    require_one_kind(cells)
    return words_kind(cells)


def _as_told(cells: list[Cells], about: ColumnSchema) -> ColumnKind:
    """Return a column as the schema wants it."""
    if about.kind in ("words", "label", "group"):
        return words_kind(cells)
    if about.kind == "ordered":
        return ordered(cells, about.order)
    ways = {"number": _numbers, "yes/no": yes_no, "date": _dates, "duration": _durations}
    way = ways[str(about.kind)]
    found = way(cells, about)
    if found is not None:
        return found
    for one in cells:
        for word in one.words():
            odd = Categories.of([word])
            if way([Cells(one.role, one.table, odd, one.label)], about) is None:
                raise one.bad(
                    word,
                    "a cell of another kind",
                    f"{about.kind} in the schema",
                    "change the kind in the schema; or, if the cell means that a value is missing, "
                    "write its word into the list missing of the schema",
                )
    raise InputError(
        cells[0].role,
        f"has a column {cells[0].label} that cannot be read as {about.kind}",
        "the schema",
        "change the kind in the schema",
    )


def _numbers(cells: list[Cells], about: ColumnSchema) -> ColumnKind | None:
    found: dict[str, Array] = {}
    read: dict[str, Numerals] = {}
    plain = []
    for one in cells:
        if isinstance(one.column, Categories):
            words = one.words()
            numbers = numerals(words, one.table.reading.decimal or one.table.decimal)
            if isinstance(numbers, int):
                return None
            if words:
                read[one.role] = numbers
            found[one.role] = one.mapped(dict(zip(words, numbers.values.tolist(), strict=True)))
            if numbers.unclear:
                raise one.bad(
                    next(word for word in words if "," in word),
                    "a comma that may stand before decimals or between thousands",
                    "numbers",
                    'write decimal = "," or decimal = "." into a schema file',
                )
        else:
            values = one.column.astype(np.float64)
            gaps = [float(w) for w in one.table.reading.missing if is_plain_number(w)]
            found[one.role] = np.where(np.isin(values, gaps), np.nan, values)
            if not np.isnan(found[one.role]).all():
                plain.append(one.role)
    require_one_unit(cells, read, plain)
    require_finite(cells, found)
    there = [values[~np.isnan(values)] for values in found.values()]
    if about.kind is None and not read and len(there[0]) and len(set(np.concatenate(there))) > _FEW:
        moments = {role: _packed(values) for role, values in found.items()}
        dates = {role: one for role, one in moments.items() if one is not None}
        if len(dates) == len(found):
            return ColumnKind(
                "date", dates, note="its numbers are dates, year, month and day in one"
            )
    notes = []
    if stands_apart(np.concatenate(there)):
        notes.append(
            "one number occurs many times, far from all others; if it means that the value is "
            "missing, write it into the list missing of a schema file"
        )
    if any(one.percent.any() for one in read.values()):
        notes.append("per cents are read as parts of one")
    if any(one.thousands for one in read.values()):
        notes.append("groups of three digits, k, M and the like are read as thousands and millions")
    units = sorted({unit for one in read.values() for unit in one.units if unit})
    if units:
        notes.append(f"numbers are in {units[0]}")
    if about.unit is not None:
        found = {role: values / about.unit for role, values in found.items()}
    return ColumnKind("number", found, note="; ".join(notes))


def _dates(cells: list[Cells], about: ColumnSchema) -> ColumnKind | None:
    texts = [one for one in cells if isinstance(one.column, Categories)]
    words = {one.role: one.words() for one in texts}
    words = {role: those for role, those in words.items() if those}
    read = dates_of(words, about.format) if words else {}
    if isinstance(read, tuple):
        one = next(one for one in texts if one.role in words)
        raise one.bad(
            words[one.role][0],
            "a date that may be read as day and month, or as month and day",
            "dates",
            f'write format = "{read[0]}" or format = "{read[1]}" for this column into a schema',
        )
    if read is None:
        return None
    found = {}
    for one in cells:
        if isinstance(one.column, Categories):
            known = words.get(one.role, [])
            moments = read[one.role].tolist() if known else []
            found[one.role] = one.mapped(dict(zip(known, moments, strict=True)))
        elif one.letter == "M":
            found[one.role] = days(one.column)
        else:
            moments = _packed(one.column.astype(np.float64))
            if moments is None:
                return None
            found[one.role] = moments
    if about.unit is not None:
        found = {role: values / about.unit for role, values in found.items()}
    return ColumnKind("date", found, note="dates are read as days since 1970")


def _packed(values: Array) -> Array | None:
    """Return numbers such as 20200131 as days since 1970, and missing numbers as NaN."""
    known = ~np.isnan(values)
    moments = packed_dates(values[known])
    if moments is None:
        return None
    found = np.full(len(values), np.nan)
    found[known] = moments
    return found


def _durations(cells: list[Cells], about: ColumnSchema) -> ColumnKind | None:
    found = {}
    for one in cells:
        if isinstance(one.column, Categories):
            words = one.words()
            seconds = durations_of(words)
            if seconds is None:
                return None
            found[one.role] = one.mapped(dict(zip(words, seconds.tolist(), strict=True)))
        else:
            whole = one.column.astype("timedelta64[us]").astype(np.int64) / 1e6
            found[one.role] = np.where(np.isnat(one.column), np.nan, whole)
    unit = about.unit or 1.0
    return ColumnKind(
        "duration",
        {role: values / unit for role, values in found.items()},
        note=f"times are read as seconds (a day is {DAY:,.0f})",
    )
