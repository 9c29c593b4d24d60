"""Readers: rows from files of any format, and from tensors and tables; nothing is unpickled."""

from twinseed.readers._conversion import as_arrays
from twinseed.readers._open import load, load_roles, load_rows
from twinseed.readers.table import Categories, Table, unseen_categories

__all__ = [
    "Categories",
    "Table",
    "as_arrays",
    "load",
    "load_roles",
    "load_rows",
    "unseen_categories",
]
