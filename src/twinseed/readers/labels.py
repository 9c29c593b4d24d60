"""The label of each row, in the file that holds the rows: a column of cells, a coordinate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from twinseed.errors import InputError
from twinseed.readers.formats import load_roles
from twinseed.readers.table import Table, words_of

__all__ = ["labels_in"]

_SPANS = {"year": "Y", "month": "M", "week": "W", "day": "D", "hour": "h"}


def labels_in(paths: Mapping[str, str | os.PathLike[str]], name: str) -> dict[str, Any]:
    """Return the labels of rows that stand beside the rows in their files, by role.

    ``name`` is an array of the file: a column of ``obs`` of an .h5ad, a coordinate of a NetCDF. A
    coordinate of moments may be followed by a span, as in "time:day": rows of one calendar day
    have one label. Known spans are year, month, week, day and hour.

    Raises:
        InputError: no such array; a span of what are no moments; another span.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> np.savez(f"{folder.name}/a.npz", rows=np.eye(3), donor=np.array([7, 7, 8]))
    >>> labels_in({"train_a": f"{folder.name}/a.npz"}, "donor")["train_a"]
    array([7, 7, 8])
    >>> folder.cleanup()
    """
    array, _, span = name.partition(":")
    if span and span not in _SPANS:
        raise InputError(
            "groups",
            "must name an array, or an array and a span of time",
            name,
            f"write one of {', '.join(f'{array}:{one}' for one in _SPANS)}",
        )
    read = load_roles({role: f"{os.fspath(path)}#{array}" for role, path in paths.items()})
    found = {}
    for role, rows in read.items():
        moments = _moments(rows)
        if moments is None and span:
            raise InputError(
                role,
                f"has no moments in {array!r}, so that no {span} can be told",
                os.fspath(paths[role]),
                "name the coordinate of times, with units such as days since 1970-01-01",
            )
        if moments is None:
            found[role] = words_of(rows)
        else:
            unit = _SPANS[span] if span else "s"
            found[role] = moments.astype(f"datetime64[{unit}]").astype(str)
    return found


def _moments(rows: Any) -> Any:
    if isinstance(rows, Table) and len(rows.columns) == 1:
        column = rows.columns[0]
        return column if isinstance(column, np.ndarray) and column.dtype.kind == "M" else None
    return None
