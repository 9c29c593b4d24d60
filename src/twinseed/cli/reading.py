"""The options that say how files are read, shared by the commands that read rows."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from twinseed.cli.errors import as_typed, complain
from twinseed.cli.options import numbers, option
from twinseed.errors import InputError

if TYPE_CHECKING:
    from twinseed.readers import ReadOptions

__all__ = ["rows_told", "table_told", "with_reading"]

_NAMES = {"log_normalise": "--log-normalise", "show_values": "--show-values"}


def _options(
    schema: Annotated[
        Path | None,
        option(
            "FILE.toml",
            "What the columns of tables are; written by twinseed inspect --write. Or the "
            "metadata.json of SDV; of several tables, metadata.json#TABLE.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        option("COLUMN", "Compare a column that names rows; else it is left out."),
    ] = None,
    header: Annotated[
        str | None,
        option("yes|no", "Whether the first line of a table names the columns."),
    ] = None,
    separator: Annotated[
        str | None,
        option("MARK", "What separates the cells of a table: , ; | or tab."),
    ] = None,
    encoding: Annotated[
        str | None,
        option("NAME", "The encoding of the text of a table, such as latin-1."),
    ] = None,
    convert: Annotated[
        str | None, option("L|RGB", "Make pictures grey (L) or colour (RGB).")
    ] = None,
    resize: Annotated[int | None, option("N", "Make pictures N x N pixels.")] = None,
    range: Annotated[
        str | None,
        option(
            "A,B", "Move fractional values that lie from A to B to 0 to 255, as in -1,1.", "--range"
        ),
    ] = None,
    layout: Annotated[
        str | None,
        option("NHWC", "Read arrays N x H x W x C as N x C x H x W."),
    ] = None,
    rows: Annotated[
        str | None,
        option(
            "DIMENSION",
            "The dimension of NetCDF or zarr whose entries are rows, such as time; several "
            "with commas between them. Of a file with several variables all are joined.",
            "--rows",
        ),
    ] = None,
    log_normalise: Annotated[
        bool,
        typer.Option(
            "--log-normalise",
            help="Bring the counts of each row (cell) to a total of 10,000, and take log(1 + x).",
        ),
    ] = False,
    show_values: Annotated[
        bool, typer.Option("--show-values", help="Let messages show the cells of tables.")
    ] = False,
) -> Any:
    """Return the options as the readers take them; what an option says overrules the schema."""
    from dataclasses import replace

    from twinseed.readers import ReadOptions, schema_of

    if header not in (None, "yes", "no"):
        raise InputError("--header", "must be yes or no", header, "write --header yes")
    given: dict[str, Any] = {
        "header": None if header is None else header == "yes",
        "separator": separator,
        "encoding": encoding,
        "convert": convert,
        "resize": resize,
        "range": _range(range),
        "layout": layout,
        "rows": None if rows is None else tuple(word.strip() for word in rows.split(",")),
        "log_normalise": log_normalise or None,
    }
    found = ReadOptions(keep=tuple(keep or ()), show_values=show_values)
    if schema is not None:
        found = schema_of(schema, found)
    return replace(found, **{name: value for name, value in given.items() if value is not None})


def rows_told(path: str, reading: ReadOptions) -> Any:
    """Return the rows of a file, and print on stderr how the file was read."""
    from twinseed.readers import load_told

    rows, notes = load_told(path, reading=reading)
    for note in notes:
        complain(f"twinseed: {as_typed(note, _NAMES)}")
    return rows


def table_told(role: str, path: str, reading: ReadOptions) -> Any:
    """Return an array or a table from a file, and print on stderr how the file was read.

    The notes on the columns of a table are those of the answer, which has the table.
    """
    from twinseed.readers import load_roles

    loaded = load_roles({role: path}, reading=reading)
    for note in loaded.notes:
        complain(f"twinseed: {as_typed(note.removeprefix(f'{role}: '), _NAMES)}")
    return loaded[role]


def _range(text: str | None) -> tuple[float, ...] | None:
    found = numbers("--range", text)
    if found is not None and not isinstance(found, list):
        raise InputError("--range", "must be two numbers", text, "write both, as in -1,1")
    return None if found is None else tuple(found)


def with_reading(command: Callable[..., None], *, lazily: bool = False) -> Callable[..., None]:
    """Give a command the options of reading; its argument ``reading`` receives what they say.

    If no option is passed and ``lazily`` is true, ``reading`` is None, and no library is loaded.
    """
    options = inspect.signature(_options, eval_str=True).parameters

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        given = {name: kwargs.pop(name) for name in options if name in kwargs}
        unset = (one is None or one is False or one == [] for one in given.values())
        plain = lazily and all(unset)
        command(*args, **kwargs, reading=None if plain else _options(**given))

    signature = inspect.signature(command, eval_str=True)
    own = [one for name, one in signature.parameters.items() if name != "reading"]
    more = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in options.values()]
    own = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    parameters = sorted([*own, *more], key=lambda one: one.default is not one.empty)
    made: Any = run
    made.__signature__ = signature.replace(parameters=parameters)
    hints = {**get_type_hints(command, include_extras=True)}
    hints.pop("reading", None)
    made.__annotations__ = hints | {name: one.annotation for name, one in options.items()}
    return run
