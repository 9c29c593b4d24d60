"""Draws tables in a terminal, and writes the numbers in them."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from twinseed.errors import escaped, needs
from twinseed.intervals import half_width

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MISSING", "data_frame", "drawn_table", "html_table", "percent", "with_bar"]

_WIDEST = 10_000
MISSING = "-"
"""The text in a table where there is no number."""


def percent(share: float, places: int = 0) -> str:
    """Return a share as per cent: the number, a space, the sign.

    >>> percent(0.257), percent(0.257, 1), percent(float("nan"))
    ('26 %', '25.7 %', '-')
    """
    return MISSING if math.isnan(share) else f"{100 * share:.{places}f} %"


def with_bar(value: float, se: float) -> str:
    """Return a number with the half width of its 95 % interval, if it has a standard error.

    >>> with_bar(0.5, 0.01), with_bar(-1e-9, float("nan")), with_bar(float("nan"), 0.1)
    ('0.500 ± 0.020', '0.000', '-')
    """
    if math.isnan(value):
        return MISSING
    return (
        f"{value:z.3f}"
        if math.isnan(se)
        else f"{value:z.3f} \N{PLUS-MINUS SIGN} {half_width(se):.3f}"
    )


def html_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str = "",
    notes: Iterable[str] = (),
) -> str:
    """Return a table as HTML, as a notebook shows the table: a title above, a list of notes below.

    >>> html_table(["n"], [["<1"]], title="rows", notes=["few"])
    '<p>rows</p><table><tr><th>n</th></tr><tr><td>&lt;1</td></tr></table><ul><li>few</li></ul>'
    """

    def line(cells: Sequence[str], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    lines = [line(header, "th"), *(line(row, "td") for row in rows)]
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    above = f"<p>{escape(title)}</p>" if title else ""
    return f"{above}<table>{''.join(lines)}</table>{f'<ul>{items}</ul>' if items else ''}"


def data_frame(columns: Mapping[str, Any], caller: str) -> pd.DataFrame:
    """Return columns as a data frame of pandas, for the method that ``caller`` names."""
    with needs("pandas", "formats", caller):
        import pandas as pd
    return pd.DataFrame(dict(columns))


def drawn_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    width: int | None = None,
    prose: bool = False,
    keys: int = 1,
) -> str:
    """Return a table as text, with lines of at most ``width`` characters if this is passed.

    With ``prose`` the last column has sentences, which are wrapped. Otherwise a table that is too
    wide is divided between two columns and continues below, with its first ``keys`` columns
    repeated. A cell is divided only if the cell alone is too wide.

    >>> drawn_table(["n", "q"], [["10", "0.5"]]).splitlines()
    [' n    q', ' ────────', ' 10   0.5']
    >>> print(drawn_table(["n", "convergence", "recovery"], [["10", "0.5", "0.7"]], width=18))
     n    convergence
     ────────────────
     10   0.5
    <BLANKLINE>
     n    recovery
     ─────────────
     10   0.7
    """
    lines = [list(header), *map(list, rows)]
    if width is None or prose or len(header) <= keys + 1:
        return _drawn(lines, width, prose)
    tables, shown = [], keys
    while shown < len(header):
        end = len(header)
        while end > shown + 1 and _widest(_chosen(lines, keys, shown, end)) > width:
            end -= 1
        tables.append(_drawn(_chosen(lines, keys, shown, end), width, prose))
        shown = end
    return "\n\n".join(tables)


def _chosen(lines: list[list[str]], keys: int, start: int, end: int) -> list[list[str]]:
    return [[*line[:keys], *line[start:end]] for line in lines]


def _widest(lines: list[list[str]]) -> int:
    """Return the width of a table, with a space before it and three between columns."""
    from rich.cells import cell_len

    columns = zip(*lines, strict=True)
    return 1 + sum(max(map(cell_len, one)) for one in columns) + 3 * (len(lines[0]) - 1)


def _drawn(lines: list[list[str]], width: int | None, prose: bool) -> str:
    fits = width is None or _widest(lines) <= width
    if fits and all(cell.isprintable() for line in lines for cell in line):
        return _padded(lines)
    return _wrapped(lines, width, prose, fits)


def _padded(lines: list[list[str]]) -> str:
    """Return a table of which no cell is divided."""
    from rich.cells import cell_len

    sizes = [max(map(cell_len, one)) for one in zip(*lines, strict=True)]

    def padded(line: list[str]) -> str:
        cells = zip(line, sizes, strict=True)
        return " " + "   ".join(cell + " " * (size - cell_len(cell)) for cell, size in cells)

    shown = [padded(line) for line in lines]
    rule = " " + "\N{BOX DRAWINGS LIGHT HORIZONTAL}" * (_widest(lines) - 1)
    cut = [line.rstrip() for line in (shown[0], rule, *shown[1:])]
    return "\n".join(line for line in cut if line)


def _wrapped(lines: list[list[str]], width: int | None, prose: bool, fits: bool) -> str:
    """Return a table with divided cells, drawn by rich, which takes long to load and to draw."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    header, *rows = lines
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(header):
        last = number == len(header) - 1
        table.add_column(Text(name), no_wrap=fits or (prose and not last), overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    drawn = io.StringIO()
    Console(file=drawn, width=width or _WIDEST, color_system=None).print(table)
    shown = [line.rstrip() for line in drawn.getvalue().splitlines()]
    return "\n".join(escaped(line) for line in shown if line)
