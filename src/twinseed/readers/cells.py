"""The cells of one column in one table, and what no column may hold: two kinds, two units."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.errors import InputError
from twinseed.readers.numerals import Numerals, is_plain_number
from twinseed.readers.spelling import is_missing, number_word
from twinseed.readers.table import MISSING, Categories, Table

__all__ = ["Cells", "ColumnKind", "require_finite", "require_one_kind", "require_one_unit"]

_CODES = 3
"""Words among numbers: up to so many are a fault of the file, more are codes."""
_BEGINS = re.compile(r"[+-]?\d+([.,]\d+)?\s?[^\d\s-]{1,8}")
_MANY = 20
"""Different numbers, from which on a word among the numbers is a fault of the file."""


@dataclass(frozen=True)
class Cells:
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

    def counts_further(self) -> bool:
        """Tell whether there is a number other than 0 and 1, without writing numbers as words."""
        if isinstance(self.column, Categories) or self.letter != "n":
            return False
        return bool(np.any(~_absent(self.column) & (self.column != 0) & (self.column != 1)))

    def mapped(self, read: Mapping[str, float]) -> Array:
        """Return the cells as the numbers that their words stand for; others are missing."""
        if isinstance(self.column, Categories):
            lookup = np.array([read.get(word, np.nan) for word in self.column.values] or [np.nan])
            found: Array = lookup[self.column.codes]
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


@dataclass(frozen=True)
class ColumnKind:
    """What a column holds, and its cells of each table as numbers or as categories."""

    kind: str
    cells: Mapping[str, Array | Categories]
    order: tuple[str, ...] = ()
    note: str = ""


def require_one_kind(cells: list[Cells]) -> None:
    """Refuse words in one table beside numbers in another, and a few words among many numbers."""
    every = {word for one in cells for word in one.words()}
    if any(word[:1] == "0" and len(word) > 1 and word.isdigit() for word in every):
        return  # codes, such as those of places
    numbers, odd = set(), []
    only: dict[bool, Cells] = {}
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
    if len(numbers) >= _MANY and (unequal or len(strange) <= _CODES):
        one, word = (unequal or odd)[0]
        raise one.bad(
            word,
            "a word",
            "numbers",
            "correct the cell; if it means that the value is missing, write the word into the list "
            'missing of a schema file; if the column holds codes, write kind = "words" there',
        )
    if not numbers and len(strange) >= _MANY:
        parts = [_BEGINS.fullmatch(word) for word in strange]
        if all(parts) and any(part and part[1] for part in parts):
            one, word = odd[0]
            raise one.bad(
                word,
                "a number with letters behind it that are no unit known here",
                "such cells",
                'write plain numbers; or, if the column holds codes, write kind = "words" into a '
                "schema file",
            )


def require_one_unit(cells: list[Cells], read: Mapping[str, Numerals], plain: list[str]) -> None:
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


def require_finite(cells: list[Cells], found: Mapping[str, Array]) -> None:
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
