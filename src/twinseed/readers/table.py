"""Tables: columns of numbers and of categories, encoded alike in every role."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError, escaped

__all__ = ["MISSING", "Categories", "Column", "Table", "encoded", "unseen_categories"]

MISSING = "(missing)"
"""What a category that is not there is called."""

_MOST = 1000
_ONE = 1 / math.sqrt(2)
_ROUNDING = 1e-3


@dataclass(frozen=True)
class Categories:
    """A column of text: row i holds ``values[codes[i]]``."""

    codes: NDArray[np.int64]
    values: tuple[str, ...]

    @classmethod
    def of(cls, words: list[str]) -> Categories:
        """Return words as categories, numbered as they occur."""
        numbered = {word: code for code, word in enumerate(dict.fromkeys(words))}
        return cls(np.array([numbered[word] for word in words], dtype=np.int64), tuple(numbered))

    @property
    def present(self) -> set[str]:
        """The categories that occur."""
        return {self.values[code] for code in np.unique(self.codes)}


@dataclass(frozen=True)
class Column:
    """A column of a table as it was encoded: numbers, or an entry for each of its categories.

    >>> colour = Column("colour", ("blue", "red"))
    >>> colour.width, colour.shown(np.array([0.0, 0.707])), colour.shown(np.array([0.3, 0.5]))
    (2, 'red', 'most like red')
    """

    name: str
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Escape the words, which reach terminals and pages from here."""
        object.__setattr__(self, "name", escaped(self.name))
        object.__setattr__(self, "categories", tuple(map(escaped, self.categories)))

    @property
    def width(self) -> int:
        """How many entries of a row it takes."""
        return max(1, len(self.categories))

    @property
    def names(self) -> tuple[str, ...]:
        """What to call each of these entries."""
        return tuple(f"{self.name}: {one}" for one in self.categories) or (self.name,)

    def shown(self, entries: NDArray[Any]) -> float | str:
        """Return a row's number, or its category; generators may give entries in between."""
        if not self.categories:
            return float(entries[0])
        likely = int(np.argmax(entries))
        apart = np.abs(entries - _ONE * (np.arange(self.width) == likely)).max()
        return (
            self.categories[likely] if apart < _ROUNDING else f"most like {self.categories[likely]}"
        )


@dataclass(frozen=True)
class Table:
    """Columns of equal length, each numbers (rows,) or ``Categories``; names None: no header."""

    names: tuple[str, ...] | None
    columns: tuple[NDArray[Any] | Categories, ...]

    def __post_init__(self) -> None:
        if self.names is not None and len(set(self.names)) != len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise InputError("columns", "must have different names", twice, "rename one of them")

    def __len__(self) -> int:
        first = self.columns[0]
        return len(first.codes if isinstance(first, Categories) else first)

    def label(self, place: int) -> str:
        """Return what to call a column."""
        return repr(self.names[place]) if self.names is not None else f"number {place + 1}"

    @property
    def text(self) -> list[int]:
        """Places of the columns of categories."""
        return [i for i, column in enumerate(self.columns) if isinstance(column, Categories)]

    def words(self, place: int) -> set[str]:
        """Return the categories that rows of a column have; of numbers, none."""
        column = self.columns[place]
        return column.present if isinstance(column, Categories) else set()


def encoded(
    tables: Mapping[str, Table],
) -> tuple[dict[str, NDArray[np.float64]], tuple[Column, ...]]:
    """Encode tables by role, all in the same way, and say what the columns of the result are.

    Equation: a column of numbers stays as it is; a column of k categories becomes k columns, entry
    1/sqrt(2) at the row's own category and 0 elsewhere, so that two rows that differ in it alone
    are at distance 1. Range: that of the numbers. Shapes: (rows, columns) for every role; columns
    in the order of the first table that has names, categories in alphabetical order, over all
    roles.

    Raises:
        InputError: tables of different columns, a column that is text in one role and numbers in
            another, more than 1,000 categories in a column.

    Validity: a column of numbers weighs by its own unit; bring columns of different units to one
    scale first.

    >>> colours = Table(("colour", "size"), (Categories.of(["red", "blue"]), np.array([3.0, 4.0])))
    >>> arrays, columns = encoded({"train_a": colours})
    >>> arrays["train_a"].round(3)
    array([[0.   , 0.707, 3.   ],
           [0.707, 0.   , 4.   ]])
    >>> columns
    (Column(name='colour', categories=('blue', 'red')), Column(name='size', categories=()))
    """
    aligned = _aligned(tables)
    first = next(iter(aligned.values()))
    pieces: dict[str, list[NDArray[Any]]] = {role: [] for role in aligned}
    columns = []
    for place in range(len(first.columns)):
        column = {role: table.columns[place] for role, table in aligned.items()}
        kinds = {role: isinstance(one, Categories) for role, one in column.items()}
        if len(set(kinds.values())) == 2:
            number, text = (next(r for r in kinds if kinds[r] is kind) for kind in (False, True))
            raise InputError(
                text,
                f"has text in column {first.label(place)}, which holds numbers in {number}",
                sorted(aligned[text].words(place))[:3],
                "make the column one kind in all tables",
            )
        union = _union(column, first.label(place))
        name = f"column {place + 1}" if first.names is None else first.names[place]
        columns.append(Column(name, tuple(union)))
        for role, one in column.items():
            if isinstance(one, Categories):
                pieces[role].append(_one_hot(one, union))
            else:
                pieces[role].append(np.asarray(one, dtype=np.float64)[:, None])
    arrays = {role: np.concatenate(parts, axis=1) for role, parts in pieces.items()}
    return arrays, tuple(columns)


def unseen_categories(roles: Mapping[str, Any]) -> list[str]:
    """Name the categories of samples that no real row has; they are columns like the others.

    >>> real, made = (Table(None, (Categories.of(list(letters)),)) for letters in ("ab", "ac"))
    >>> unseen_categories({"train_a": real, "samples_a": made})
    ["samples_a has categories in column number 1 that no real row has: 'c'"]
    """
    if not all(isinstance(table, Table) for table in roles.values()):
        return []
    aligned = _aligned(roles)
    found = []
    for place in next(iter(aligned.values())).text:
        real: set[str] = set()
        for role, table in aligned.items():
            if not role.startswith("samples"):
                real |= table.words(place)
        for role, table in aligned.items():
            new = sorted(table.words(place) - real)
            if new:
                shown = ", ".join(map(repr, new[:5])) + (", ..." if len(new) > 5 else "")
                column = f"column {table.label(place)}"
                found.append(f"{role} has categories in {column} that no real row has: {shown}")
    return found


def _aligned(tables: Mapping[str, Table]) -> dict[str, Table]:
    """Return tables with their columns in the order of the first table that names them."""
    lead = next((role for role, table in tables.items() if table.names is not None), None)
    width = len(next(iter(tables.values())).columns)
    names = None if lead is None else tables[lead].names
    found = {}
    for role, table in tables.items():
        if names is not None and table.names is not None and set(table.names) != set(names):
            lacks, more = set(names) - set(table.names), set(table.names) - set(names)
            raise InputError(
                role,
                f"must have the columns of {lead}",
                "; ".join(
                    f"{what} {', '.join(sorted(those)[:5])}"
                    for what, those in (("without", lacks), ("also", more))
                    if those
                ),
                "give all tables the same columns",
            )
        if len(table.columns) != width:
            raise InputError(
                role,
                f"must have as many columns as the other tables, {width}",
                len(table.columns),
                "give all tables the same columns",
            )
        if names is None or table.names is None:
            found[role] = Table(names, table.columns)
        else:
            place = {name: i for i, name in enumerate(table.names)}
            found[role] = Table(names, tuple(table.columns[place[name]] for name in names))
    return found


def _union(column: Mapping[str, Any], label: str) -> list[str]:
    categories = [one for one in column.values() if isinstance(one, Categories)]
    union = sorted(set().union(*(one.present for one in categories)))
    if len(union) > _MOST:
        role = next(iter(column))
        raise InputError(
            role,
            f"has more than {_MOST:,} categories in column {label}",
            f"{len(union):,} different values, as {union[0]!r}",
            "drop the column: it names rows, or is free text",
        )
    return union


def _one_hot(column: Categories, union: list[str]) -> NDArray[np.float64]:
    place = {value: i for i, value in enumerate(union)}
    target = np.array([place.get(value, 0) for value in column.values], dtype=np.int64)
    rows = np.zeros((len(column.codes), len(union)))
    rows[np.arange(len(rows)), target[column.codes]] = _ONE
    return rows
