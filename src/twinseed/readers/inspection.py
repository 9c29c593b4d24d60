"""What a file holds, as an audit would read it: rows, columns by kind, what is left out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinseed.errors import escaped
from twinseed.readers.encoding import encoded
from twinseed.readers.formats import load_roles
from twinseed.readers.reading import ReadOptions
from twinseed.readers.table import MISSING, Categories, Table

__all__ = ["Inspected", "InspectedColumn", "inspected"]


@dataclass(frozen=True)
class InspectedColumn:
    """One column of a table."""

    name: str
    kind: str
    """What its cells are: number, words, yes/no, ordered, date or duration; or left out."""
    different: int
    """How many different cells it has."""
    missing: int
    """How many of its cells are missing."""
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inspected:
    """What a file holds."""

    path: str
    rows: int
    shape: tuple[int, ...]
    """That of the array, or of the numbers that a table becomes."""
    dtype: str
    columns: tuple[InspectedColumn, ...]
    """None for arrays."""
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything under its name, as JSON can hold it."""
        return {
            "schema": 1,
            "path": self.path,
            "rows": self.rows,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "columns": [
                {
                    "name": one.name,
                    "kind": one.kind,
                    "different": one.different,
                    "missing": one.missing,
                }
                for one in self.columns
            ],
            "notes": list(self.notes),
        }

    def to_toml(self) -> str:
        """Return a schema that says what was found, to be changed by hand."""
        lines = [
            "# What each column holds. A kind is one of: number, words, yes/no, ordered, date,",
            '# duration, group, label, "leave out". More may be said: unit, order, format.',
        ]
        for one in self.columns:
            kind = "leave out" if one.kind == "left out" else one.kind
            lines += ["", f"[columns.{_quoted(one.name)}]", f"kind = {_quoted(kind)}"]
            if one.order:
                lines.append(f"order = [{', '.join(map(_quoted, one.order))}]")
        return "\n".join(lines) + "\n"


def inspected(path: str | os.PathLike[str], *, reading: ReadOptions | None = None) -> Inspected:
    """Return what a file holds, as an audit would read it.

    Raises:
        InputError: a file that ``load`` refuses.
        MissingExtraError: the package that reads the format is not installed.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> place = f"{folder.name}/a.csv"
    >>> with open(place, "w") as file:
    ...     _ = file.write("id,wage,job\\n1,20.5,nurse\\n2,,smith\\n")
    >>> [(one.name, one.kind, one.missing) for one in inspected(place).columns]
    [('id', 'left out', 0), ('wage', 'number', 1), ('job', 'words', 0)]
    >>> folder.cleanup()
    """
    loaded = load_roles({"path": path}, reading=reading)
    found = loaded["path"]
    if not isinstance(found, Table):
        notes = tuple(note.removeprefix("path: ") for note in loaded.notes)
        text = escaped(os.fspath(path))
        return Inspected(text, len(found), found.shape, str(found.dtype), (), notes)
    arrays, layout = encoded({"path": found})
    kinds: Mapping[str, Any] = {one.name: one for one in layout}
    columns = []
    for place, cells in enumerate(found.columns):
        name = escaped(found.names[place]) if found.names else f"column {place + 1}"
        about = kinds.get(name)
        different, missing = _counted(cells, found.reading.missing)
        columns.append(
            InspectedColumn(
                name,
                "left out" if about is None else about.kind,
                different,
                missing,
                () if about is None else about.order,
            )
        )
    return Inspected(
        escaped(os.fspath(path)),
        len(found),
        arrays["path"].shape,
        str(arrays["path"].dtype),
        tuple(columns),
        tuple(note.removeprefix("path: ") for note in layout.notes),
    )


def _counted(cells: Any, more: tuple[str, ...]) -> tuple[int, int]:
    """Return how many different cells a column has, and how many are missing."""
    from twinseed.readers.spelling import is_missing

    if isinstance(cells, Categories):
        gaps = np.array([word == MISSING or is_missing(word, more) for word in cells.values])
        used = np.unique(cells.codes)
        return int((~gaps[used]).sum()), int(gaps[cells.codes].sum())
    absent = np.isnat(cells) if cells.dtype.kind in "Mm" else np.isnan(cells.astype(np.float64))
    return len(np.unique(cells[~absent])), int(absent.sum())


def _quoted(text: str) -> str:
    """Return a text as TOML writes it, which is as JSON does."""
    return json.dumps(text)
