"""The options that say how files are read, shared by the commands that read rows."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from twinseed.cli.options import numbers
from twinseed.errors import InputError

__all__ = ["with_reading"]


def _options(
    schema: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="What the columns of tables are; written by twinseed inspect --write. Or the "
            "metadata.json of SDV.",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Compare a column that names rows; else it is left out."
        ),
    ] = None,
    header: Annotated[
        str | None,
        typer.Option(metavar="yes|no", help="Whether the first line of a table names the columns."),
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(metavar="MARK", help="What separates the cells of a table: , ; | or tab."),
    ] = None,
    encoding: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The encoding of the text of a table, such as latin-1."),
    ] = None,
    convert: Annotated[
        str | None, typer.Option(metavar="L|RGB", help="Make pictures grey (L) or colour (RGB).")
    ] = None,
    resize: Annotated[
        int | None, typer.Option(metavar="N", help="Make pictures N x N pixels.")
    ] = None,
    range: Annotated[
        str | None,
        typer.Option(
            "--range",
            metavar="A,B",
            help="Move fractional values that lie from A to B to 0 to 255, as in -1,1.",
        ),
    ] = None,
    layout: Annotated[
        str | None,
        typer.Option(metavar="NHWC", help="Read arrays N x H x W x C as N x C x H x W."),
    ] = None,
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
    }
    found = ReadOptions(keep=tuple(keep or ()), show_values=show_values)
    if schema is not None:
        found = schema_of(schema, found)
    return replace(found, **{name: value for name, value in given.items() if value is not None})


def _range(text: str | None) -> tuple[float, ...] | None:
    found = numbers("--range", text)
    if found is not None and not isinstance(found, list):
        raise InputError("--range", "must be two numbers", text, "write both, as in -1,1")
    return None if found is None else tuple(found)


def with_reading(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of reading; its argument ``reading`` receives what they say."""
    options = inspect.signature(_options, eval_str=True).parameters

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        given = {name: kwargs.pop(name) for name in options if name in kwargs}
        command(*args, **kwargs, reading=_options(**given))

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
