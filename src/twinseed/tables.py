"""Tables to read: one way to draw them, for the command line and for ``print``."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

__all__ = ["drawn_table"]

_WIDEST = 10_000


def drawn_table(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    width: int | None = None,
    prose: bool = False,
) -> str:
    """Return a table as plain text; cells are never broken, however narrow the terminal.

    With ``prose`` the last column holds sentences, which are wrapped to ``width``, if one is given.

    >>> drawn_table(["n", "q"], [["10", "0.5"]]).splitlines()
    [' n    q', ' ────────', ' 10   0.5']
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(header):
        table.add_column(Text(name), no_wrap=not prose or number < len(header) - 1)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    drawn = io.StringIO()
    Console(file=drawn, width=width or _WIDEST, color_system=None).print(table)
    lines = [line.rstrip() for line in drawn.getvalue().splitlines()]
    return "\n".join(line for line in lines if line)
