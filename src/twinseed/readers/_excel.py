"""``.xlsx``: one sheet, as the lines of a table."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

from numpy.typing import NDArray

from twinseed.errors import needs
from twinseed.readers._text import tabulated
from twinseed.readers.source import Source
from twinseed.readers.table import Table

__all__ = ["read_excel"]

_CELLS = 1 << 26
"""Cells of a sheet: an empty sheet may announce seventeen thousand million."""


def read_excel(source: Source) -> NDArray[Any] | Table:
    """Return a sheet, with the values that were last computed; formulas are not."""
    with zipfile.ZipFile(source.path) as archive:
        source.require_room((sum(info.file_size for info in archive.infolist()),), 1)
    with needs("openpyxl", "formats", "Reading .xlsx"):
        import openpyxl
    book = openpyxl.load_workbook(source.path, read_only=True, data_only=True, keep_links=False)
    try:
        sheet = book[source.chosen(book.sheetnames, "sheets")]
        sheet.reset_dimensions()  # what a file says of its size may be wrong
        rows = []
        cells = widest = 0
        for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
            row = [_written(value) for value in values]
            while row and not row[-1]:
                row.pop()
            cells += len(row)
            if cells > _CELLS:
                raise source.bad(f"has more than {_CELLS:,} cells", "save the table as .parquet")
            widest = max(widest, len(row))
            rows.append((line, row))
    finally:
        book.close()
    return tabulated(source, ((line, row + [""] * (widest - len(row))) for line, row in rows))


def _written(value: Any) -> str:
    """Return a cell as a .csv would hold it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"PT{value.total_seconds():.6f}S"
    return str(value)
