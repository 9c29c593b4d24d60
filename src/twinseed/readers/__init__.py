"""Reads rows from files, tensors and tables; no file is unpickled."""

from twinseed.readers._conversion import as_arrays, with_columns
from twinseed.readers.formats import load, load_roles, load_rows
from twinseed.readers.table import Categories, Column, Table, unseen_categories

__all__ = [
    "Categories",
    "Column",
    "Table",
    "as_arrays",
    "load",
    "load_roles",
    "load_rows",
    "unseen_categories",
    "with_columns",
]
