"""What separates the cells of a line, and which cells are values."""

from __future__ import annotations

import csv

from twinseed.readers.numerals import is_plain_number, numerals
from twinseed.readers.source import Source

__all__ = ["NAMES", "cells_of", "is_value", "separator_of"]

NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
"""The marks that may separate cells."""


def separator_of(source: Source, start: list[str]) -> str:
    """Return the separator that gives the first lines as many cells, and more than one."""
    widths = {mark: _widths(start, mark) for mark in NAMES}
    even = [mark for mark, counts in widths.items() if len(set(counts)) == 1 and counts[0] > 1]
    if len(even) > 1:
        shares = {mark: _values(start, mark) for mark in even}
        even = [mark for mark in even if shares[mark] == max(shares.values())]
    if len(even) > 1:  # a comma inside numbers alone is a decimal mark
        even = [mark for mark in even if mark != "," and _decimal_commas(start, mark)] or even
    if len(even) > 1:
        raise source.bad(
            f"may be separated by {' or by '.join(NAMES[mark] for mark in even)}",
            "name the separator with the option separator",
        )
    if even:
        return even[0]
    first = start[0] if start else ""
    inside = {mark: first.count(mark) for mark in NAMES}
    likely = max(inside, key=lambda mark: inside[mark])
    if inside[likely]:
        return likely
    words = [line.split() for line in start]
    if len(words) > 1 and len({len(one) for one in words}) == 1 and len(words[0]) > 1:
        below = [cell for one in words[1:] for cell in one]
        if sum(map(is_value, below)) > len(below) / 2:
            raise source.bad(
                "separates its cells by blanks", "write commas or tabs between the cells"
            )
    return "\t" if any("," in line for line in start) else ","  # one column, with decimal commas


def _widths(lines: list[str], mark: str) -> list[int]:
    try:
        rows = [row for row in csv.reader(lines, delimiter=mark, strict=True) if row]
    except csv.Error:
        return []
    return [
        len(row) for row in rows[:-1] or rows
    ]  # a quoted cell may continue behind the last line


def _values(lines: list[str], mark: str) -> float:
    """Return the share of cells that are numbers, where a mark separates them."""
    cells = [cell.strip() for row in csv.reader(lines, delimiter=mark) for cell in row]
    return sum(is_value(cell) for cell in cells) / max(1, len(cells))


def _decimal_commas(lines: list[str], mark: str) -> bool:
    """Say whether every cell with a comma is a number, where a mark separates the cells."""
    cells = (cell for line in lines for cell in cells_of(line, mark) if "," in cell)
    return all(not isinstance(numerals([cell], ","), int) for cell in cells)


def cells_of(line: str, separator: str) -> list[str]:
    found = next(csv.reader([line], delimiter=separator), [])
    return [cell.strip() for cell in found]


def is_value(cell: str) -> bool:
    """Say whether a cell is a number or a date, as no name of a column is."""
    if is_plain_number(cell):
        return True
    if not cell[:1].isascii() or not any(c.isdigit() for c in cell[:12]):
        return cell.casefold() == "nan"
    dated = len(cell) >= 8 and cell[:4].isdigit() and cell[4] in "-/." and cell[5:7].isdigit()
    return dated or (not cell[:1].isalpha() and not isinstance(numerals([cell], None), int))
