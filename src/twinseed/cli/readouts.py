"""``twinseed compare``: two readouts from files."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.guard import CANNOT_TELL, FAILED, guarded
from twinseed.cli.options import Json, Quiet, require_writable
from twinseed.cli.output import dataset_as_json, print_json, print_table, say
from twinseed.cli.saving import READOUT, save_dataset
from twinseed.errors import InputError, TwinseedError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["compare"]

_PARTS = {"difference": "_difference", "se": "_se", "z": "_z", "status": "_status"}


@guarded()
def compare(
    one: Annotated[Path, typer.Argument(metavar="ONE.nc", help="A readout.")],
    two: Annotated[Path, typer.Argument(metavar="TWO.nc", help="Another, on the same grid.")],
    fail_beyond: Annotated[
        float | None,
        typer.Option(metavar="Z", help="Exit with status 1 if any |z| is larger than this."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Save the differences as .nc (NetCDF) or .json, or as a table, .csv or .parquet.",
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Subtract two readouts.

    Prints differences, and how many standard errors apart the two are. With --fail-beyond the exit
    status is 1 if any is further apart, and 3 if there is nothing that both have a number for.
    """
    require_writable("--output", output, READOUT)
    if fail_beyond is not None and not 0 <= fail_beyond < math.inf:
        remedy = "pass how many standard errors are too many, as in 4"
        raise InputError("--fail-beyond", "must be zero or above", fail_beyond, remedy)
    first, second = _load("ONE.nc", one), _load("TWO.nc", two)
    import twinseed as ts
    from twinseed.readout import VARIABLES

    apart = ts.compare(first, second)
    if output is not None:
        save_dataset(apart, list(VARIABLES), _PARTS, output, _as_json(apart))
    if as_json:
        print_json(_as_json(apart))
    elif not quiet:
        rows = list(_lines(apart, list(VARIABLES)))
        header = ("variable", "at", "difference", "standard error", "z", "status")
        say(apart.attrs["title"])
        print_table(header, rows, keys=2)
    if fail_beyond is not None:
        z = [abs(apart[f"{name}_z"]) for name in VARIABLES]
        if any(bool((one > fail_beyond).any()) for one in z):
            raise typer.Exit(FAILED)
        if not any(bool(one.notnull().any()) for one in z):
            raise typer.Exit(CANNOT_TELL)


def _as_json(apart: xr.Dataset) -> dict[str, Any]:
    from twinseed.readout import VARIABLES

    told = dataset_as_json(apart, list(VARIABLES), list(_PARTS.values()), list(_PARTS))
    return {"schema": 1, **told}


def _load(argument: str, path: Path) -> xr.Dataset:
    from twinseed.readout import load

    remedy = "pass a file that twinseed saved with -o"
    if not path.is_file():
        raise InputError(argument, "must be a file that exists", str(path), remedy)
    try:
        return load(path)
    except TwinseedError:
        raise
    except Exception as error:  # parsers of damaged files may raise anything
        raise InputError(argument, "must be a NetCDF readout", str(path), remedy) from error


def _lines(apart: xr.Dataset, names: list[str]) -> Any:
    for name in names:
        difference = apart[f"{name}_difference"]
        dims = [str(dim) for dim in difference.dims]
        for place in itertools.product(*(range(size) for size in difference.shape)):
            value = float(difference.values[place])
            if math.isnan(value):
                continue
            at = ", ".join(
                f"{dim} {_place(apart[dim].values[k])}" if dim in apart.coords else f"{dim} {k}"
                for dim, k in zip(dims, place, strict=True)
            )
            se, z = (float(apart[f"{name}_{part}"].values[place]) for part in ("se", "z"))
            status = str(apart[f"{name}_status"].values[place])
            yield name, at, f"{value:.4g}", f"{se:.2g}", f"{z:.2f}", status


def _place(value: Any) -> str:
    return str(value) if isinstance(value, str) else f"{value:g}"
