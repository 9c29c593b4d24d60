"""Tables of several roles as numbers: every column read in one way in all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.errors import InputError
from twinseed.readers.cells import ColumnKind
from twinseed.readers.keys import MOST_WORDS, names_rows
from twinseed.readers.kinds import kind_of
from twinseed.readers.table import MISSING, ONE, Categories, Column, Columns, Table

__all__ = ["encoded"]


def encoded(
    tables: Mapping[str, Table], *, all_columns: bool = False
) -> tuple[dict[str, Array], Columns]:
    """Encode tables by role, all in the same way, and say what the columns of the result are.

    Equation: a column of numbers stays unchanged, dates become days, durations seconds, ordered
    words 0, 1, 2; a column of k words becomes k columns, entry 1/sqrt(2) at the row's own word and
    0 elsewhere, so that two rows that differ in it alone are at distance 1. Where numbers are
    missing, they become the mean of the real rows, and a column of the words "missing" and
    "present" follows. Range: that of the numbers. Shapes: (rows, columns) for every role; columns
    in the order of the first table that has names, words in alphabetical order, over all roles.

    Columns that name rows are left out, unless ``ReadOptions.keep``, a schema or ``all_columns``
    keeps them. The notes of the result say so, and how the other columns were read.

    Raises:
        InputError: tables of different columns, a column that is text in one role and numbers in
            another, no column that is left.

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
    notes = [f"{role}: {note}" for role, table in tables.items() for note in table.notes]
    tables = _renamed(tables, notes)
    aligned, left = _aligned(tables)
    first = next(iter(aligned.values()))
    reading = first.reading
    pieces: dict[str, list[NDArray[Any]]] = {role: [] for role in aligned}
    columns: list[Column] = []
    for place in range(len(first.columns)):
        name = f"column {place + 1}" if first.names is None else first.names[place]
        label = first.label(place)
        if reading.column(name).kind in ("leave out", "group"):
            left[name] = "the schema says so"
            continue
        cells = {role: table.columns[place] for role, table in aligned.items()}
        kind = kind_of(label, name, cells, aligned)
        why = None if all_columns else _why_left_out(name, kind, reading.keep)
        told = reading.column(name).kind is not None
        if why is not None and not (told and why is not _EMPTY):
            left[name] = why
            continue
        if kind.note:
            notes.append(f"column {label}: {kind.note}")
        notes += _unseen(label, kind, aligned)
        made, parts = _entries(name, kind)
        if made[-1].kind == "missing":
            notes.append(f"column {label}: missing numbers become the mean of the real rows")
        columns += made
        for role, part in parts.items():
            pieces[role].append(part)
    notes += [f"column {name!r} is left out: {why}" for name, why in left.items()]
    _require_columns(columns, next(iter(aligned)), left)
    _require_known(tables)
    # one table after the other, so that not all of them are in memory twice
    arrays = {role: np.concatenate(pieces.pop(role), axis=1) for role in tuple(pieces)}
    return arrays, Columns(columns, notes, left)


_EMPTY = "it is missing in all real rows"


def _why_left_out(name: str, kind: ColumnKind, keep: tuple[str, ...]) -> str | None:
    real = _real(kind.cells)
    if all(_gaps(cells).all() for cells in real):
        return _EMPTY
    if name in keep or kind.kind not in ("number", "words"):
        return None
    why = names_rows(name, real)
    return None if why is None else f"{why} (the option keep brings it back)"


def _real(cells: Mapping[str, Any]) -> list[Any]:
    """Return what belongs to tables of real rows; where there are none, to all tables."""
    real = [one for role, one in cells.items() if not role.startswith("samples")]
    return real or list(cells.values())


def _gaps(cells: Array | Categories) -> NDArray[np.bool_]:
    if isinstance(cells, Categories):
        return np.array([word == MISSING for word in cells.values])[cells.codes]
    return np.isnan(cells)


def _entries(name: str, kind: ColumnKind) -> tuple[list[Column], dict[str, Array]]:
    """Return the columns that a column becomes, and the entries of each table."""
    if all(isinstance(cells, Categories) for cells in kind.cells.values()):
        words: dict[str, Any] = dict(kind.cells)
        union = sorted(set().union(*(one.present for one in words.values())))
        if len(union) > 10 * MOST_WORDS:
            raise InputError(
                next(iter(words)),
                f"has {len(union):,} different words in column {name!r}",
                f"more than {10 * MOST_WORDS:,}",
                "leave the column out",
            )
        parts = {role: _one_hot(one, union) for role, one in words.items()}
        return [Column(name, tuple(union), kind.kind)], parts
    numbers: dict[str, Any] = dict(kind.cells)
    made = [Column(name, (), kind.kind, kind.order)]
    gaps = {role: np.isnan(values) for role, values in numbers.items()}
    if not any(one.any() for one in gaps.values()):
        return made, {role: values[:, None] for role, values in numbers.items()}
    known = np.concatenate([one[~np.isnan(one)] for one in _real(numbers)])
    mean = float(known.mean())
    made.append(Column(f"{name} (known)", ("missing", "present"), "missing"))
    parts = {}
    for role, values in numbers.items():
        indicator = ONE * np.stack([gaps[role], ~gaps[role]], axis=1)
        filled = np.where(gaps[role], mean, values)
        parts[role] = np.concatenate([filled[:, None], indicator], axis=1)
    return made, parts


def _unseen(label: str, kind: ColumnKind, tables: Mapping[str, Table]) -> list[str]:
    """Name the words of samples that no real row has; they are columns like the others."""
    words = {role: one.present for role, one in kind.cells.items() if isinstance(one, Categories)}
    known: set[str] = set().union(
        *(those for role, those in words.items() if not role.startswith("samples"))
    )
    found = []
    for role, those in words.items():
        new = sorted(those - known) if known else []
        if new:
            shown = ""
            if tables[role].reading.show_values:
                shown = f": {', '.join(map(repr, new[:5]))}{', ...' if len(new) > 5 else ''}"
            many = "a category" if len(new) == 1 else f"{len(new)} categories"
            found.append(f"{role} has {many} in column {label} that no real row has{shown}")
    return found


def _renamed(tables: Mapping[str, Table], notes: list[str]) -> dict[str, Table]:
    """Return tables in which a column has the name that it has in the first, but for its case."""
    named = {role: table for role, table in tables.items() if table.names is not None}
    first = next(iter(named.values())).names if named else ()
    known = {_folded(name): name for name in first or ()}
    found = dict(tables)
    if len(known) < len(first or ()):
        return found
    for role, table in named.items():
        own = table.names or ()
        names = tuple(n if n in (first or ()) else known.get(_folded(n), n) for n in own)
        if names != own and len(set(names)) == len(names):
            notes.append(f"{role}: names of columns that differ in case or spaces are read as one")
            found[role] = replace(table, names=names)
    return found


def _folded(name: str) -> str:
    return re.sub(r"[\s_.-]+", "", name.casefold())


def _aligned(tables: Mapping[str, Table]) -> tuple[dict[str, Table], dict[str, str]]:
    """Return tables with their columns in the order of the first table that names them.

    A column that some tables lack is left out if it names rows; its name and the reason come too.
    """
    lead = next((role for role, table in tables.items() if table.names is not None), None)
    if lead is None:
        return _of_one_width(tables), {}
    named = {role: table for role, table in tables.items() if table.names is not None}
    shared = set.intersection(*(set(table.names or ()) for table in named.values()))
    left: dict[str, str] = {}
    for role, table in named.items():
        for name in sorted(set(table.names or ()) - shared):
            why = _reason(name, named)
            if why is None:
                raise _unlike(role, lead, named)
            left[name] = f"{why}, and not all tables have it"
    order = [name for name in tables[lead].names or () if name in shared]
    found = {}
    for role, table in tables.items():
        if table.names is None:
            found[role] = table
            continue
        place = {name: i for i, name in enumerate(table.names)}
        columns = tuple(table.columns[place[name]] for name in order)
        found[role] = replace(table, names=tuple(order), columns=columns)
    return _of_one_width(found), left


def _reason(name: str, tables: Mapping[str, Table]) -> str | None:
    """Return why a column that not all tables have may be left out."""
    having = {role: one for role, one in tables.items() if name in (one.names or ())}
    cells = {role: one.columns[(one.names or ()).index(name)] for role, one in having.items()}
    said = next(iter(tables.values())).reading.column(name).kind
    if said in ("leave out", "group"):
        return "the schema says so"
    return names_rows(name, _real(kind_of(repr(name), name, cells, having).cells))


def _unlike(role: str, lead: str, tables: Mapping[str, Table]) -> InputError:
    names = set(tables[lead].names or ())
    if role == lead:
        role = next(r for r, table in tables.items() if set(table.names or ()) != names)
    own = set(tables[role].names or ())
    parts = (("lacks", names - own), ("has beside them", own - names))
    differs = [f"{what} {', '.join(sorted(those)[:5])}" for what, those in parts if those]
    return InputError(
        role,
        f"must have the columns of {lead}, but {' and '.join(differs)}",
        f"{len(own)} columns",
        'give all tables the same columns; or write kind = "leave out" for a column into a schema '
        "file",
    )


def _of_one_width(tables: Mapping[str, Table]) -> dict[str, Table]:
    width = len(next(iter(tables.values())).columns)
    names = next((table.names for table in tables.values() if table.names is not None), None)
    for role, table in tables.items():
        if len(table.columns) != width:
            raise InputError(
                role,
                f"must have as many columns as the other tables, {width}",
                len(table.columns),
                "give all tables the same columns",
            )
    return {role: replace(table, names=names) for role, table in tables.items()}


def _require_columns(columns: list[Column], role: str, left: Mapping[str, str]) -> None:
    if not columns:
        name, why = next(iter(left.items()))
        raise InputError(
            role,
            f"has no column that can be compared; column {name!r} is left out: {why}",
            f"{len(left)} columns",
            "keep a column",
        )


def _require_known(tables: Mapping[str, Table]) -> None:
    """Refuse an option or a schema that names a column which no table has."""
    reading = next(iter(tables.values())).reading
    names = {name for one in tables.values() for name in one.names or ()}
    # the columns of groups and labels are taken out before
    wanted = [n for n, one in reading.columns.items() if one.kind not in ("group", "label")]
    for argument, those in (("keep", reading.keep), ("schema", wanted)):
        unknown = [name for name in those if name not in names]
        if unknown:
            listed = sorted(names)
            shown = ", ".join(listed[:10]) + (", ..." if len(listed) > 10 else "")
            problem = "must name columns of the tables"
            remedy = f"the columns are {shown}" if names else "pass tables with a header"
            raise InputError(argument, problem, unknown[0], remedy)


def _one_hot(column: Categories, union: list[str]) -> Array:
    place = {value: i for i, value in enumerate(union)}
    target = np.array([place.get(value, 0) for value in column.values], dtype=np.int64)
    rows = np.zeros((len(column.codes), len(union)))
    rows[np.arange(len(rows)), target[column.codes]] = ONE
    return rows
