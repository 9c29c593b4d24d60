"""Labels of rows: the group or the class of each row, given beside the rows or in a column."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import plain
from twinseed.errors import InputError, escaped
from twinseed.readers import Categories, Table
from twinseed.readers.table import MISSING

__all__ = ["Labels", "classes_of", "columns_apart", "labels_of", "row_of", "without_column"]


@dataclass(frozen=True, eq=False)
class Labels:
    """The label of each row of each array: row i of ``role`` has ``names[numbers[role][i]]``."""

    names: tuple[str, ...]
    numbers: Mapping[str, NDArray[np.int64]]

    def of(self, roles: Iterable[str]) -> dict[str, list[str]]:
        """Return the labels of these arrays as words."""
        return {role: [self.names[k] for k in self.numbers[role]] for role in roles}


def labels_of(argument: str, given: Any, sizes: Mapping[str, int], needed: Iterable[str]) -> Labels:
    """Number the labels of several arrays: equal labels have equal numbers in all arrays.

    Shapes: ``given`` maps the name of an array to one label for each of its rows; ``sizes`` has the
    number of rows of each array that there is. A label is a text or a number; 1 and 1.0 are equal.

    Args:
        argument: what to call the labels in an error.
        given: the labels.
        sizes: number of rows of each array.
        needed: arrays that must have labels.

    Raises:
        InputError: no mapping, a name that no array has, an array that is needed and has no labels,
            another number of labels than rows, a label that is missing.

    >>> found = labels_of("groups", {"train_a": ["x", "y"], "heldout": ["x"]},
    ...                   {"train_a": 2, "heldout": 1}, ["train_a", "heldout"])
    >>> found.numbers["train_a"], found.numbers["heldout"], found.names
    (array([0, 1]), array([0]), ('x', 'y'))
    """
    remedy = f'pass {argument}={{"train_a": [...], "heldout": [...]}}, one label for each row'
    if not isinstance(given, Mapping):
        problem = "must map the names of arrays to labels"
        raise InputError(argument, problem, type(given).__name__, remedy)
    unknown = [name for name in given if name not in sizes]
    if unknown:
        problem = f"must name arrays that were passed ({', '.join(sizes)})"
        raise InputError(argument, problem, unknown[0], remedy)
    absent = [name for name in needed if given.get(name) is None]
    if absent:
        raise InputError(argument, f"must have labels for {absent[0]}", list(given), remedy)
    parts = {
        role: _vector(argument, role, values, sizes[role])
        for role, values in given.items()
        if values is not None
    }
    kinds = {part.dtype for part in parts.values()}
    if len(kinds) > 1 or kinds & {np.dtype(object)}:
        parts = {
            role: np.array([_word(one) for one in part.tolist()]) for role, part in parts.items()
        }
    names, numbers = np.unique(np.concatenate(list(parts.values())), return_inverse=True)
    edges = np.cumsum([len(part) for part in parts.values()])[:-1]
    split = np.split(numbers.reshape(-1).astype(np.int64), edges)
    return Labels(
        tuple(escaped(_word(one)) for one in names.tolist()),
        dict(zip(parts, split, strict=True)),
    )


def without_column(
    argument: str, name: str, roles: Mapping[str, Any], needed: Iterable[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take a column that holds labels out of tables; return the tables, and the column by role.

    Tables are data frames and ``Table``. An array that is not ``needed`` may lack the column.

    Raises:
        InputError: a table that is needed and has no such column, an array without columns.

    >>> table = Table(("who", "age"), (Categories.of(["x", "y"]), np.array([3.0, 4.0])))
    >>> rest, found = without_column("groups", "who", {"train_a": table}, ["train_a"])
    >>> rest["train_a"].names, found["train_a"]
    (('age',), ['x', 'y'])
    """
    needed = set(needed)
    rest, found = dict(roles), {}
    for role, given in roles.items():
        table = given
        if hasattr(given, "obs") and hasattr(given, "var_names") and name in given.obs:
            found[role] = given.obs[name]  # cells (AnnData): the column is not among the genes
            continue
        if hasattr(given, "to_pandas") and not hasattr(given, "dims"):
            table = given.to_pandas()
        names = _names(table)
        if name in names:
            rest[role], found[role] = _parted(argument, role, table, names.index(name))
        elif role in needed:
            has = f"the columns {', '.join(names[:10])}" if names else "no names of columns"
            raise InputError(
                argument,
                f"must name a column of {role}, which has {has}",
                name,
                "name a column that all tables have, or pass the labels apart from the rows",
            )
    return rest, found


def row_of(table: Any, row: int) -> dict[str, Any]:
    """Return a row of a table, by the names of its columns; nothing of what is no table.

    >>> row_of(Table(("who", "age"), (Categories.of(["x", "y"]), np.array([3.0, 4.0]))), 1)
    {'who': 'y', 'age': 4.0}
    """
    if isinstance(table, Table):
        names = table.names or tuple(f"column {k + 1}" for k in range(len(table.columns)))
        return {
            escaped(name): _cell(column, row)
            for name, column in zip(names, table.columns, strict=True)
        }
    if hasattr(table, "to_pandas") and hasattr(table, "slice"):  # polars, pyarrow
        table, row = table.slice(row, 1).to_pandas(), 0
    if not hasattr(table, "iloc") or not hasattr(table, "columns"):
        return {}
    return {escaped(str(name)): table.iloc[row, k] for k, name in enumerate(table.columns)}


def _cell(column: Any, row: int) -> Any:
    if isinstance(column, Categories):
        return escaped(column.values[column.codes[row]])
    return column[row].item()


def _names(table: Any) -> Sequence[str]:
    if isinstance(table, Table):
        return table.names or ()
    if hasattr(table, "columns") and hasattr(table, "dtypes"):
        return [str(one) for one in table.columns]
    return ()


def _parted(argument: str, role: str, table: Any, place: int) -> tuple[Any, Any]:
    """Return a table without one of its columns, and this column."""
    width = len(table.columns)
    if width == 1:
        raise InputError(
            argument, f"must not be the only column of {role}", _names(table)[0], "keep columns"
        )
    if not isinstance(table, Table):
        kept = [k for k in range(width) if k != place]
        return table.iloc[:, kept], table.iloc[:, place]
    column = table.columns[place]
    assert table.names is not None
    names = (*table.names[:place], *table.names[place + 1 :])
    rest = replace(table, names=names, columns=table.columns[:place] + table.columns[place + 1 :])
    if isinstance(column, Categories):
        return rest, [column.values[code] for code in column.codes]
    return rest, column


def _vector(argument: str, role: str, values: Any, size: int) -> NDArray[Any]:
    """Return the labels of one array, if there is one for each row."""
    remedy = "pass one text or number for each row"
    array = plain(argument, values)
    if array.ndim != 1 or array.dtype.kind not in "biufUSO":
        problem = f"must be a list of texts or numbers for {role}"
        raise InputError(argument, problem, f"{array.dtype}, shape {array.shape}", remedy)
    if len(array) != size:
        problem = f"must have one label for each of {size} rows of {role}"
        raise InputError(argument, problem, len(array), remedy)
    for place, one in enumerate(array.tolist() if array.dtype.kind in "fUO" else ()):
        if not isinstance(one, str | bytes | int | float):
            one = None if one is None or one != one else one
            if one is not None:
                problem = f"must be texts or numbers; row {place} of {role} has something else"
                raise InputError(argument, problem, type(one).__name__, remedy)
        if one is None or one == MISSING or (isinstance(one, float) and not math.isfinite(one)):
            raise InputError(
                argument,
                f"must not be missing; row {place} of {role} has no label",
                "a missing value",
                "give each of these rows a label of its own, such as its row number",
            )
    return array


def _word(one: Any) -> str:
    """Return a label as a text; whole numbers alike, whatever their type."""
    if isinstance(one, float) and one.is_integer():
        return str(int(one))
    return one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)


def columns_apart(
    given: dict[str, Any], groups: Any, labels: Any, real: Sequence[str]
) -> tuple[dict[str, Any], Any, Any]:
    """Take the columns of groups and labels that are named out of all tables.

    Groups and labels that are given row by row are returned unchanged. ``real`` names the arrays of
    real rows, which alone have groups.
    """
    if isinstance(groups, str):
        real = [name for name in given if name in real]
        given, groups = without_column("groups", groups, given, real)
        groups = {name: found for name, found in groups.items() if name in real}
    if isinstance(labels, str):
        given, labels = without_column("labels", labels, given, given)
    return given, groups, labels


def classes_of(labels: Any, given: Mapping[str, NDArray[Any]]) -> Labels:
    """Return the class of each row; of samples that have no labels, those of A's samples."""
    sizes = {name: len(rows) for name, rows in given.items()}
    if isinstance(labels, Mapping) and "samples_b" in given and labels.get("samples_b") is None:
        labels = {**labels, "samples_b": labels.get("samples_a")}
    return labels_of("labels", labels, sizes, given)
