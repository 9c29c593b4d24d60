"""Readers: rows from files of any format, and from tensors and tables; nothing is unpickled."""

from twinseed.readers._conversion import as_arrays, with_columns
from twinseed.readers._open import load, load_roles, load_rows
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
