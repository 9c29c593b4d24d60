"""``twinseed inspect``: what a file holds, as the other commands read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from twinseed.cli.errors import guarded
from twinseed.cli.options import Json, Quiet, option, require_writable
from twinseed.cli.output import print_json, print_table, say
from twinseed.cli.reading import with_reading
from twinseed.files import write_text

__all__ = ["inspect"]


@guarded(path="FILE", write="--write")
@with_reading
def inspect(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file or folder of rows.")],
    write: Annotated[
        Path | None,
        option("SCHEMA.toml", "Write what was found, to change it and pass it to --schema."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    *,
    reading: Any,
) -> None:
    """Say what a file holds: rows, columns, what is left out.

    FILE is any file that measure and audit read. A column is one of: number, words, yes/no,
    ordered, date, duration; or left out, and the reason is told.
    """
    require_writable("--write", write, (".toml",))
    from twinseed.readers.inspection import inspected

    found = inspected(file, reading=reading)
    if write is not None:
        write_text(write, found.to_toml(), "--write")
    if as_json:
        print_json(found.to_dict())
        return
    if quiet:
        return
    say(f"{found.path}: {found.rows:,} rows, {' x '.join(map(str, found.shape))} {found.dtype}")
    if found.columns:
        lines = (
            (one.name, one.kind, f"{one.different:,}", f"{one.missing:,}") for one in found.columns
        )
        print_table(("column", "kind", "different", "missing"), lines)
    for note in found.notes:
        say(note)
