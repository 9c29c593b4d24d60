"""Tables as they were read: columns of numbers, words, dates, and where each row stood."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError, escaped
from twinseed.readers.dates import shown_date
from twinseed.readers.reading import ReadOptions

__all__ = ["MISSING", "Categories", "Column", "Columns", "Table", "notes_of", "words_of"]

MISSING = "(missing)"
"""What a category that is not there is called."""

ONE = 1 / math.sqrt(2)
"""The entry of a row's own category: rows that differ in it alone are at distance 1."""

_ROUNDING = 1e-3


@dataclass(frozen=True)
class Categories:
    """A column of words: row i holds ``values[codes[i]]``; ``ordered``: from the least word up."""

    codes: NDArray[np.int64]
    """The place in ``values`` of the word of each row, shape (rows,)."""
    values: tuple[str, ...]
    """The different words."""
    ordered: bool = False
    """Whether ``values`` run from the least to the largest word."""

    @classmethod
    def of(cls, words: Iterable[str]) -> Categories:
        """Return words as categories, numbered as they occur.

        Args:
            words: the word of each row.
        """
        numbered: dict[str, int] = {}
        codes = [numbered.setdefault(word, len(numbered)) for word in words]
        return cls(np.array(codes, dtype=np.int64), tuple(numbered))

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def present(self) -> set[str]:
        """The words that occur."""
        return {self.values[code] for code in np.unique(self.codes)}


@dataclass(frozen=True)
class Column:
    """A column of a table as it was encoded: numbers, or an entry for each of its categories.

    ``kind`` says what the cells were: "number", "words", "yes/no", "date" (days since 1970),
    "duration" (seconds), "ordered" (0 for the first word of ``order``), or "missing", a column that
    says where another one had no value.

    >>> colour = Column("colour", ("blue", "red"))
    >>> colour.width, colour.shown(np.array([0.0, 0.707])), colour.shown(np.array([0.3, 0.5]))
    (2, 'red', 'most like red')
    >>> Column("visit", kind="date").shown(np.array([18262.0]))
    '2020-01-01'
    """

    name: str
    """The name of the column in the table."""
    categories: tuple[str, ...] = ()
    """The words of a column of words, in the order of its entries; empty for numbers."""
    kind: str = field(default="number", compare=False, repr=False)
    """What the cells were."""
    order: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """The words of an ordered column, from the least to the largest."""

    def __post_init__(self) -> None:
        """Escape the words, which reach terminals and pages from here."""
        for name, words in (("categories", self.categories), ("order", self.order)):
            object.__setattr__(self, name, tuple(map(escaped, words)))
        object.__setattr__(self, "name", escaped(self.name))
        if self.categories and self.kind == "number":
            object.__setattr__(self, "kind", "words")

    @property
    def width(self) -> int:
        """How many entries of a row it takes."""
        return max(1, len(self.categories))

    @property
    def names(self) -> tuple[str, ...]:
        """What to call each of these entries."""
        return tuple(f"{self.name}: {one}" for one in self.categories) or (self.name,)

    def shown(self, entries: NDArray[Any]) -> float | str:
        """Return a row's number, or its category; generators may give entries in between.

        Args:
            entries: the entries of the row that belong to the column, shape (width,).
        """
        if self.kind == "date":
            return shown_date(float(entries[0]))
        if self.order:
            return self.order[int(np.clip(np.rint(entries[0]), 0, len(self.order) - 1))]
        if not self.categories:
            return float(entries[0])
        likely = int(np.argmax(entries))
        apart = np.abs(entries - ONE * (np.arange(self.width) == likely)).max()
        return (
            self.categories[likely] if apart < _ROUNDING else f"most like {self.categories[likely]}"
        )


class Columns(tuple[Column, ...]):
    """The columns of encoded tables; ``notes`` are sentences on how the tables were read.

    >>> Columns([Column("age")], notes=["column 'id' is left out: it names rows"]).notes
    ("column 'id' is left out: it names rows",)
    """

    notes: tuple[str, ...]
    left_out: tuple[str, ...]
    """Names of the columns that are not compared."""

    def __new__(
        cls, columns: Iterable[Column], notes: Iterable[str] = (), left_out: Iterable[str] = ()
    ) -> Self:
        made = super().__new__(cls, columns)
        made.notes = tuple(map(escaped, notes))
        made.left_out = tuple(map(escaped, left_out))
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self), self.notes, self.left_out


def notes_of(columns: Iterable[Column] | None) -> tuple[str, ...]:
    """Return the sentences on how tables were read; of arrays there are none.

    >>> notes_of(None)
    ()
    """
    return columns.notes if isinstance(columns, Columns) else ()


@dataclass(frozen=True)
class Table:
    """Columns of equal length, as they were read; names None: no header.

    A column is an array of numbers, truth values, moments or durations (rows,), or ``Categories``:
    the cells as words, which may turn out to be numbers or dates beside the tables of other roles.
    """

    names: tuple[str, ...] | None
    """The names of the columns; None: the file has no header."""
    columns: tuple[NDArray[Any] | Categories, ...]
    """The cells of each column, shape (rows,)."""
    lines: NDArray[np.int64] | None = None
    """The line of the file on which each row stands; None: rows are counted from 1."""
    decimal: str | None = None
    """The decimal mark that the file uses, where something tells."""
    notes: tuple[str, ...] = ()
    """Sentences on how the file was read."""
    reading: ReadOptions = field(default_factory=ReadOptions)
    """The options by which the table is read."""

    def __post_init__(self) -> None:
        if self.names is not None and len(set(self.names)) != len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise InputError("columns", "must have different names", twice, "rename one of them")

    def __len__(self) -> int:
        return len(self.columns[0])

    def label(self, place: int) -> str:
        """Return what to call a column in a message.

        Args:
            place: the place of the column, counted from 0.
        """
        return repr(self.names[place]) if self.names is not None else f"number {place + 1}"

    def where(self, row: int) -> str:
        """Return where a row stands in the file.

        Args:
            row: the place of the row, counted from 0.
        """
        return f"row {row + 1}" if self.lines is None else f"line {self.lines[row]}"

    def cell(self, word: str, what: str) -> str:
        """Return what a message shows of a cell: its kind, or the cell where that was asked for.

        Args:
            word: the cell.
            what: the kind of the cell, in words.
        """
        return repr(word) if self.reading.show_values else what


def words_of(rows: Any) -> Any:
    """Return the cells of a table of one column, words as words; an array unchanged.

    >>> words_of(Table(("donor",), (Categories.of(["x", "y", "x"]),)))
    ['x', 'y', 'x']
    """
    if not isinstance(rows, Table) or len(rows.columns) != 1:
        return rows
    (column,) = rows.columns
    if not isinstance(column, Categories):
        return column
    return [column.values[code] for code in column.codes]
