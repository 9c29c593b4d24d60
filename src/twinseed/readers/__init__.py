"""Reads rows from files, tensors and tables; no file is unpickled."""

from twinseed.readers._conversion import as_arrays, table_of, with_columns
from twinseed.readers.endings import has_names
from twinseed.readers.formats import Loaded, load, load_roles, load_rows, load_told
from twinseed.readers.labelled import rows_along
from twinseed.readers.labels import labels_in
from twinseed.readers.reading import ReadOptions
from twinseed.readers.schema import schema_of
from twinseed.readers.table import Categories, Column, Columns, Table, notes_of, words_of

__all__ = [
    "Categories",
    "Column",
    "Columns",
    "Loaded",
    "ReadOptions",
    "Table",
    "as_arrays",
    "has_names",
    "labels_in",
    "load",
    "load_roles",
    "load_rows",
    "load_told",
    "notes_of",
    "rows_along",
    "schema_of",
    "table_of",
    "with_columns",
    "words_of",
]
