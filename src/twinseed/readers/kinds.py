"""What a column holds, decided from the cells of all tables together: numbers, words, dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError
from twinseed.readers.dates import DAY, dates_of, days, durations_of, packed_dates
from twinseed.readers.numerals import Numerals, is_plain_number, numerals
from twinseed.readers.reading import ColumnSchema
from twinseed.readers.spelling import is_missing, merged, no_words, number_word, yes_words
from twinseed.readers.table import MISSING, Categories, Table

__all__ = ["Kind", "kind_of"]

_CODES = 3
"""Words among numbers: up to so many are a fault of the file, more are codes."""
_MANY = 20
"""Different numbers, from which on a word among the numbers is a fault of the file."""


@dataclass(frozen=True)
class Kind:
    """What a column holds, and its cells of each table as numbers or as categories."""

    kind: str
    cells: Mapping[str, NDArray[np.float64] | Categories]
    order: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class _Cells:
    """The cells of one table's column: an array, or the words that occur in it."""

    role: str
    table: Table
    column: NDArray[Any] | Categories
    label: str

    @property
    def letter(self) -> str:
        """The kind of an array: "n" for numbers, "b", "M" or "m"; "w" for words."""
        if isinstance(self.column, Categories):
            return "w"
        return self.column.dtype.kind if self.column.dtype.kind in "bMm" else "n"

    def words(self) -> list[str]:
        """Return the different words that are not missing; numbers as words."""
        if isinstance(self.column, Categories):
            more = self.table.reading.missing
            return sorted(w for w in self.column.present if not is_missing(w, more))
        there = self.column[~_absent(self.column)]
        return sorted({number_word(str(value)) for value in there.tolist()})

    def mapped(self, read: Mapping[str, float]) -> NDArray[np.float64]:
        """Return the cells as the numbers that their words stand for; others are missing."""
        if isinstance(self.column, Categories):
            lookup = np.array([read.get(word, np.nan) for word in self.column.values] or [np.nan])
            found: NDArray[np.float64] = lookup[self.column.codes]
            return found
        return np.array([read.get(number_word(str(v)), np.nan) for v in self.column.tolist()])

    def renamed(self, names: Mapping[str, str]) -> Categories:
        """Return the cells as categories under other words; what is not named is missing."""
        if isinstance(self.column, Categories):
            new = Categories.of(names.get(word, MISSING) for word in self.column.values)
            return Categories(new.codes[self.column.codes], new.values)
        cells = (number_word(str(value)) for value in self.column.tolist())
        return Categories.of(names.get(word, MISSING) for word in cells)

    def bad(self, word: str, what: str, holds: str, remedy: str) -> InputError:
        """Return the error for a cell that is of another kind than its column."""
        row = 0
        if isinstance(self.column, Categories):
            row = int(np.argmax(self.column.codes == self.column.values.index(word)))
        return InputError(
            self.role,
            f"has {what} in {self.table.where(row)} of column {self.label}, which holds {holds}",
            self.table.cell(word, what),
            remedy,
        )


def kind_of(label: str, name: str, columns: Mapping[str, Any], tables: Mapping[str, Table]) -> Kind:
    """Return what a column holds in all tables, and its cells in each of them.

    Raises:
        InputError: numbers in one table and words in another, a word among numbers, dates that may
            be read in two ways, numbers in two units: named by column and line.
    """
    cells = [_Cells(role, tables[role], column, label) for role, column in columns.items()]
    about = next(iter(tables.values())).reading.column(name)
    if about.kind is not None and about.kind != "leave out":
        return _as_told(cells, about)
    letters = {one.letter for one in cells if one.letter != "w" or one.words()}
    if not letters:
        return _words(cells)
    ordered = [getattr(one.column, "ordered", False) for one in cells]
    if all(ordered):
        return _ordered(cells, _common_order(cells))
    ways: list[Callable[[list[_Cells], ColumnSchema], Kind | None]] = [_yes_no]
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
    _require_one_kind(cells)
    return _words(cells)


def _as_told(cells: list[_Cells], about: ColumnSchema) -> Kind:
    """Return a column as the schema wants it."""
    if about.kind in ("words", "label", "group"):
        return _words(cells)
    if about.kind == "ordered":
        return _ordered(cells, about.order)
    ways = {"number": _numbers, "yes/no": _yes_no, "date": _dates, "duration": _durations}
    way = ways[str(about.kind)]
    found = way(cells, about)
    if found is not None:
        return found
    for one in cells:
        for word in one.words():
            odd = Categories.of([word])
            if way([_Cells(one.role, one.table, odd, one.label)], about) is None:
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


def _yes_no(cells: list[_Cells], about: ColumnSchema) -> Kind | None:
    spelled: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for one in cells:
        for word in one.words():
            folded = number_word(word).casefold()
            if folded not in yes_words and folded not in no_words:
                return None
            spelled[folded in yes_words][word] = None
    written = [word for those in spelled.values() for word in those]
    if about.kind is None and all(is_plain_number(word) for word in written):
        return None
    shown = {}
    for truth, those in spelled.items():
        named = [word for word in those if not is_plain_number(word)]
        shown[truth] = named[0] if len(named) == 1 else ("yes" if truth else "no")
    names = {word: shown[truth] for truth, those in spelled.items() for word in those}
    several = any(len(those) > 1 for those in spelled.values())
    note = "yes and no are written in several ways, which are read as one" if several else ""
    return Kind("yes/no", {one.role: one.renamed(names) for one in cells}, note=note)


def _numbers(cells: list[_Cells], about: ColumnSchema) -> Kind | None:
    found: dict[str, NDArray[np.float64]] = {}
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
    _require_one_unit(cells, read, plain)
    _require_finite(cells, found)
    there = [values[~np.isnan(values)] for values in found.values()]
    if (
        about.kind is None
        and not read
        and len(there[0])
        and len(set(np.concatenate(there))) > _CODES
    ):
        moments = [packed_dates(values) for values in there]
        if all(one is not None for one in moments):
            for values in found.values():
                known = ~np.isnan(values)
                values[known] = packed_dates(values[known])
            return Kind("date", found, note="its numbers are dates, year, month and day in one")
    notes = []
    if any(one.percent.any() for one in read.values()):
        notes.append("per cents are read as parts of one")
    if any(one.thousands for one in read.values()):
        notes.append("digits in groups of three are read as thousands")
    units = sorted({unit for one in read.values() for unit in one.units if unit})
    if units:
        notes.append(f"numbers are in {units[0]}")
    if about.unit is not None:
        found = {role: values / about.unit for role, values in found.items()}
    return Kind("number", found, note="; ".join(notes))


def _dates(cells: list[_Cells], about: ColumnSchema) -> Kind | None:
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
        else:
            found[one.role] = days(one.column)
    if about.unit is not None:
        found = {role: values / about.unit for role, values in found.items()}
    return Kind("date", found, note="dates are read as days since 1970")


def _durations(cells: list[_Cells], about: ColumnSchema) -> Kind | None:
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
    return Kind(
        "duration",
        {role: values / unit for role, values in found.items()},
        note=f"times are read as seconds (a day is {DAY:,.0f})",
    )


def _ordered(cells: list[_Cells], order: tuple[str, ...]) -> Kind:
    place = {word: float(k) for k, word in enumerate(order)}
    for one in cells:
        for word in one.words():
            if word not in place:
                raise one.bad(
                    word, "a word that its order lacks", "an order of words", "add it to the order"
                )
    return Kind(
        "ordered",
        {one.role: one.mapped(place) for one in cells},
        order,
        f"{len(order)} ordered words are read as 0 to {len(order) - 1}",
    )


def _common_order(cells: list[_Cells]) -> tuple[str, ...]:
    """Return the longest order; shorter ones of other tables must follow it."""
    orders = [one.column.values for one in cells if isinstance(one.column, Categories)]
    longest = max(orders, key=len)
    for one, order in zip(cells, orders, strict=True):
        if [word for word in longest if word in order] != list(order):
            raise InputError(
                one.role,
                f"has another order of the words of column {one.label} than another table",
                "ordered categories",
                "give the column the same ordered categories in all tables",
            )
    return longest


def _words(cells: list[_Cells]) -> Kind:
    words = {one.role: _kept(one) for one in cells}
    names, otherwise = merged(words)
    note = ""
    if otherwise:
        note = f"{otherwise} of its words are written in two ways, which are read as one"
    return Kind("words", {one.role: one.renamed(names) for one in cells}, note=note)


def _kept(one: _Cells) -> list[str]:
    """Return the words of a column; "None" beside empty cells is a word of its own."""
    words = one.words()
    if not isinstance(one.column, Categories):
        return words
    gaps = {word for word in one.column.present if is_missing(word, one.table.reading.missing)}
    said = {word for word in gaps if word.casefold() == "none"} - {*one.table.reading.missing}
    return words + sorted(said if said != gaps else ())


def _require_one_kind(cells: list[_Cells]) -> None:
    """Refuse words in one table beside numbers in another, and a few words among many numbers."""
    numbers, odd = set(), []
    only: dict[bool, _Cells] = {}
    for one in cells:
        mine = one.words()
        kinds = {word: is_plain_number(word) for word in mine}
        if one.letter in "Mm" and mine:
            kinds = dict.fromkeys(mine, True)
        numbers |= {word for word, number in kinds.items() if number}
        odd += [(one, word) for word, number in kinds.items() if not number]
        if len(set(kinds.values())) == 1:
            only.setdefault(next(iter(kinds.values())), one)
    if len(only) == 2:
        text, number = only[False], only[True]
        raise InputError(
            text.role,
            f"has text in column {text.label}, which holds numbers in {number.role}",
            text.table.cell(text.words()[0], "text"),
            "make the column one kind in all tables",
        )
    strange = {word for _, word in odd}
    unequal = [(one, word) for one, word in odd if word[:1] in "<>≤≥"]
    zeros = any(word[:1] == "0" and word.isdigit() for word in strange)
    if len(numbers) >= _MANY and not zeros and (unequal or len(strange) <= _CODES):
        one, word = (unequal or odd)[0]
        raise one.bad(
            word,
            "a word",
            "numbers",
            "mend the cell; if it means that the value is missing, write the word into the list "
            'missing of a schema file; if the column holds codes, write kind = "words" there',
        )


def _require_one_unit(cells: list[_Cells], read: Mapping[str, Numerals], plain: list[str]) -> None:
    """Refuse per cents beside plain numbers, and two currencies or units."""
    by_role = {one.role: one for one in cells}
    shares = {role: numbers.percent for role, numbers in read.items()}
    for role, share in shares.items():
        other = [r for r in plain if r != role] + [r for r, s in shares.items() if not s.all()]
        if share.any() and (not share.all() or other):
            beside = role if not share.all() else other[0]
            raise InputError(
                role,
                f"has per cents in column {by_role[role].label}, beside plain numbers in {beside}",
                "numbers in two units",
                "write all numbers of the column with %, or all without",
            )
    units = {unit for numbers in read.values() for unit in numbers.units if unit}
    if len(units) > 1:
        role = next(role for role, numbers in read.items() if any(numbers.units))
        raise InputError(
            role,
            f"has numbers of several units in column {by_role[role].label} "
            f"({', '.join(sorted(units))})",
            "numbers in two units",
            "bring the column to one unit",
        )


def _require_finite(cells: list[_Cells], found: Mapping[str, NDArray[np.float64]]) -> None:
    for one in cells:
        endless = np.isinf(found[one.role])
        if endless.any():
            row = int(np.argmax(endless))
            raise InputError(
                one.role,
                f"has an infinite number in {one.table.where(row)} of column {one.label}",
                "infinity",
                "remove the row, or leave the cell empty",
            )


def _absent(column: NDArray[Any]) -> NDArray[np.bool_]:
    if column.dtype.kind in "Mm":
        return np.asarray(np.isnat(column))
    if column.dtype.kind == "f":
        return np.asarray(np.isnan(column))
    return np.zeros(len(column), dtype=bool)
