"""Options that several commands share, and the conversion of their text to values."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from twinseed.errors import InputError, MissingExtraError
from twinseed.files import require_output

__all__ = [
    "Cluster",
    "Factors",
    "Html",
    "Json",
    "MachineBorder",
    "MachineFile",
    "Output",
    "Quiet",
    "Seed",
    "Threads",
    "Workers",
    "machine_of",
    "named_function",
    "numbers",
    "option",
    "output_file",
    "require_folder",
    "require_store",
    "require_writable",
]

_FILES = (".nc", ".csv", ".parquet", ".json", ".html", ".png", ".svg")


def option(metavar: str, about: str, *names: str) -> Any:
    """Return an option: ``metavar`` is the name of its value in the help, ``about`` the help."""
    return typer.Option(*names, metavar=metavar, help=about)


def output_file(about: str) -> Any:
    """Return the option ``-o``, the name of a file."""
    return option("FILE", about, "--output", "-o")


MachineFile = Annotated[
    Path | None,
    option(
        "FILE",
        "Windows (.json, .csv): also measure local score machines of the same images.",
        "--machine",
    ),
]
MachineBorder = Annotated[
    str | None,
    option("NAME", "Positions that a machine compares: own (default), clipped, all.", "--border"),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no table.")]
Seed = Annotated[int, option("S", "Same seed, same answer.", "--seed")]
Workers = Annotated[int, option("W", "Number of workers on this machine.", "--workers")]
Threads = Annotated[
    int | None,
    option(
        "W",
        "Number of threads; the answer is the same for any number.  [default: all processors that "
        "the command may use]",
        "--workers",
    ),
]
Cluster = Annotated[
    str | None,
    option("ADDRESS", "Run on this Dask scheduler, such as tcp://host:8786.", "--cluster"),
]
Factors = Annotated[
    int, option("K", "Number of leading directions of the data to compare.", "--factors")
]
Html = Annotated[Path | None, option("FILE.html", "Write a self-contained page.", "--html")]
Output = Annotated[
    Path | None,
    output_file("Save the readout as .nc (NetCDF) or .json, or as a table, .csv or .parquet."),
]


def named_function(option: str, text: str) -> Callable[..., Any]:
    """Return the function that ``module:function`` names; also of modules in this folder."""
    module, _, name = text.partition(":")
    remedy = "write module:function; the module must be importable from this folder"
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(option, f"cannot be imported ({error})", text, remedy) from error
    if not callable(found):
        raise InputError(option, "must name a function", text, remedy)
    function: Callable[..., Any] = found
    return function


def machine_of(file: Path | None, border: str | None) -> dict[str, Any]:
    """Return the arguments ``windows`` and ``border`` of the options of local score machines."""
    if file is None:
        if border is not None:
            remedy = "pass a file of windows as well"
            raise InputError("--border", "needs --machine", border, remedy)
        return {}
    from twinseed.generators.score_machine import Windows

    return {"windows": Windows.read(file, "--machine"), "border": border or "own"}


def numbers(option: str, text: str | None) -> Any:
    """Return None, one number, or a list of numbers separated by commas.

    One number gives a scalar coordinate, two or more a dimension; a trailing comma makes a
    dimension of one.
    """
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    values = []
    for word in words:
        if not word and len(words) > 1 and word is words[-1]:
            continue
        try:
            values.append(float(word))
        except ValueError as error:
            remedy = "write numbers with commas between them, as in 0.5,1,2"
            raise InputError(option, "must be numbers", text, remedy) from error
    return values[0] if len(words) == 1 else values


def require_writable(option: str, path: Path | None, endings: Sequence[str] = ()) -> None:
    """Raise an error before any work if a file cannot be written, or its format is unknown."""
    if path is None:
        return
    require_output(option, path, endings)
    if path.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise MissingExtraError("pyarrow", "formats", f"{option} {path}")
    if path.suffix.lower() in (".png", ".svg") and find_spec("matplotlib") is None:
        raise MissingExtraError("matplotlib", "figures", f"{option} {path}")


def require_store(option: str, path: Path | None) -> None:
    """Refuse names with a special meaning for SQLite, under which no results are kept."""
    if path is None:
        return
    if str(path).startswith((":", "file:")):
        raise InputError(
            option,
            "must be a file",
            str(path),
            f"name a file, as in {option} draws.sqlite, or leave {option} out to keep no results",
        )
    require_output(option, path)


def require_folder(option: str, path: Path | None) -> None:
    """Refuse the name of a file where the name of a folder is needed."""
    if path is not None and path.suffix.lower() in _FILES and not path.is_dir():
        raise InputError(
            option,
            "must name a folder; all files are written into this folder",
            str(path),
            f"leave the ending {path.suffix} out",
        )
