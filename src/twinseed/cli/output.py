"""Prints results: as JSON for programs, as tables for people."""

from __future__ import annotations

import itertools
import json
import math
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from twinseed.errors import InputError
from twinseed.intervals import half_width
from twinseed.jsonable import as_json
from twinseed.tables import MISSING, drawn_table

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "as_json_text",
    "dataset_as_json",
    "print_json",
    "print_readout",
    "print_table",
    "readout_as_json",
    "say",
    "table_width",
]

_PARTS = ("value", "se", "bias", "status")


def say(text: str, *, end: str = "\n") -> None:
    """Print on stdout, if the process has a stdout.

    If the reader stops before the end, as ``head`` does, all further text is dropped, and the
    command continues to its exit status. A full disk raises ``InputError``.
    """
    if sys.stdout is None:
        return
    try:
        typer.echo(text + end, nl=False)
    except BrokenPipeError:
        _drop_stdout()
    except OSError as error:
        _drop_stdout()
        raise InputError(
            "stdout",
            f"cannot be written ({error.strerror or error})",
            "what this command prints",
            "free space on the disk, or write the output to another place",
        ) from error


def _drop_stdout() -> None:
    """Drop all further output, also the output that Python writes when it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # stdout is not a file
        sys.stdout = None  # the value that Python uses without a console


def print_json(value: Any) -> None:
    """Print JSON; a number that does not exist is null."""
    say(as_json_text(value))


def as_json_text(value: Any) -> str:
    """Return a value as JSON; a number that does not exist is null."""
    return json.dumps(as_json(value), indent=2, allow_nan=False)


def readout_as_json(readout: xr.Dataset) -> dict[str, Any]:
    """Return a readout as coordinates and, for each variable, values, errors and statuses."""
    from twinseed.readout import VARIABLES

    suffixes = ("", "_se", "_bias", "_status")
    return {"schema": 1, **dataset_as_json(readout, list(VARIABLES), suffixes, _PARTS)}


def dataset_as_json(
    dataset: xr.Dataset, names: Sequence[str], suffixes: Sequence[str], parts: Sequence[str]
) -> dict[str, Any]:
    """Return a data set as JSON; its variables have several parts, each with a suffix."""
    variables = {}
    for name in names:
        first = dataset[name + suffixes[0]]
        variables[name] = {"dims": list(first.dims)} | {
            part: dataset[name + suffix].values.tolist()
            for part, suffix in zip(parts, suffixes, strict=True)
        }
    return {
        "attrs": dict(dataset.attrs),
        "coords": {
            str(name): {"dims": list(coord.dims), "value": coord.values.tolist()}
            for name, coord in dataset.coords.items()
        },
        "variables": variables,
    }


def print_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, prose: bool = False, keys: int = 1
) -> None:
    """Print a table on stdout that fits the terminal; see ``drawn_table``."""
    say(drawn_table(header, rows, width=table_width(), prose=prose, keys=keys))


def table_width() -> int | None:
    """Return the columns of the terminal; None in a file or a pipe, unless ``COLUMNS`` is set."""
    if sys.stdout is not None and (sys.stdout.isatty() or os.environ.get("COLUMNS")):
        return max(20, shutil.get_terminal_size().columns)
    return None


def print_readout(readout: xr.Dataset) -> None:
    """Print the variables of a readout that have numbers, for each point of its grid.

    Columns are the variables or the points, whichever are fewer. A star marks a status that is not
    "ok"; these statuses are explained below the table.
    """
    from twinseed.readout import VARIABLES

    grid = [str(name) for name in readout["convergence"].dims]
    axes = list(dict.fromkeys(["n", "d", "gamma", *grid]))
    points = [
        dict(zip(grid, place, strict=True))
        for place in itertools.product(*(range(readout.sizes[name]) for name in grid))
    ]
    table = [[_coordinate(readout[name], point) for point in points] for name in axes]
    labels, names, noted = list(axes), list(axes), set()
    for name, variable in VARIABLES.items():
        for k in range(readout.sizes["factor"]) if variable.per_factor else [None]:
            factor = {} if k is None else {"factor": k}
            if not readout[name].isel(factor).notnull().any():
                continue
            place = "" if k is None else f" {k + 1}"
            labels.append(variable.symbol + place)
            names.append(f"{name}{place} ({variable.symbol})")
            cells = []
            for point in points:
                value, se, status = (
                    readout[name + suffix].isel(point | factor).item()
                    for suffix in ("", "_se", "_status")
                )
                noted.add(status)
                cells.append(_number(value, se) + (" *" if status != "ok" else ""))
            table.append(cells)
    say(_about(readout))
    if "factors_told" in readout.attrs:
        say(readout.attrs["factors_told"])
    if len(points) < len(labels):
        header, *rows = [[name, *cells] for name, cells in zip(names, table, strict=True)]
    else:
        header, rows = labels, [list(cells) for cells in zip(*table, strict=True)]
    print_table(header, rows, keys=1 if header is not labels else len(axes))
    _print_error_bars(readout)
    _print_advice(noted)


def _print_error_bars(readout: xr.Dataset) -> None:
    """Say what the intervals vary, and what they hold fixed, with the symbols of the variables."""
    from twinseed.readout import VARIABLES

    symbols: dict[str, list[str]] = {}
    for name, variable in VARIABLES.items():
        se = readout[f"{name}_se"]
        if (se > 0).any() and "resampled" in se.attrs:
            symbols.setdefault(se.attrs["resampled"], []).append(variable.symbol)
    for resampled, which in symbols.items():
        told = f"± of {', '.join(which)}: 95 % interval over {resampled}"
        width = table_width()
        say(told if width is None else textwrap.fill(told, width, break_on_hyphens=False))


def _print_advice(noted: set[str]) -> None:
    from twinseed.status import Status

    for status in Status:
        if status in noted and status is not Status.OK:
            say(f"* {status}: {status.advice}")


def _about(readout: xr.Dataset) -> str:
    population = str(readout.attrs.get("population", ""))
    return f"{readout.attrs['source']}: {population}" if population else readout.attrs["source"]


def _number(value: float, se: float) -> str:
    if math.isnan(value):
        return MISSING
    shown = f"{value:.4g}"
    return shown if math.isnan(se) or se == 0 else f"{shown} ± {half_width(se):.2g}"


def _coordinate(coordinate: xr.DataArray, point: Mapping[str, int]) -> str:
    at = {dim: place for dim, place in point.items() if dim in coordinate.dims}
    value = coordinate.isel(at).item()
    if not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if value >= 1000 and float(value).is_integer() else f"{value:g}"
