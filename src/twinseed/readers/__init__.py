"""Reads rows from files, tensors and tables; no file is unpickled.

Names are imported when first used: arrays need none of the formats of files.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinseed.readers._conversion import as_arrays as as_arrays
    from twinseed.readers._conversion import table_of as table_of
    from twinseed.readers._conversion import with_columns as with_columns
    from twinseed.readers.endings import has_names as has_names
    from twinseed.readers.formats import Loaded as Loaded
    from twinseed.readers.formats import load as load
    from twinseed.readers.formats import load_roles as load_roles
    from twinseed.readers.formats import load_rows as load_rows
    from twinseed.readers.formats import load_told as load_told
    from twinseed.readers.labelled import rows_along as rows_along
    from twinseed.readers.labels import labels_in as labels_in
    from twinseed.readers.reading import ReadOptions as ReadOptions
    from twinseed.readers.schema import schema_of as schema_of
    from twinseed.readers.table import Categories as Categories
    from twinseed.readers.table import Column as Column
    from twinseed.readers.table import Columns as Columns
    from twinseed.readers.table import Table as Table
    from twinseed.readers.table import notes_of as notes_of
    from twinseed.readers.table import words_of as words_of

_HOME = {
    "Categories": "table",
    "Column": "table",
    "Columns": "table",
    "Loaded": "formats",
    "ReadOptions": "reading",
    "Table": "table",
    "as_arrays": "_conversion",
    "has_names": "endings",
    "labels_in": "labels",
    "load": "formats",
    "load_roles": "formats",
    "load_rows": "formats",
    "load_told": "formats",
    "notes_of": "table",
    "rows_along": "labelled",
    "schema_of": "schema",
    "table_of": "_conversion",
    "with_columns": "_conversion",
    "words_of": "table",
}

__all__ = [*sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'twinseed.readers' has no attribute {name!r}")
    value = getattr(import_module(f"twinseed.readers.{_HOME[name]}"), name)
    globals()[name] = value
    return value
