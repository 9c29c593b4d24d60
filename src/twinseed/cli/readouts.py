"""``twinseed compare``: two readouts from files."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.guard import FAILED, guarded
from twinseed.cli.options import Json, Quiet
from twinseed.cli.output import dataset_as_json, print_json, print_table, say
from twinseed.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["compare"]


@guarded()
def compare(
    one: Annotated[Path, typer.Argument(metavar="ONE.nc", help="A readout.")],
    two: Annotated[Path, typer.Argument(metavar="TWO.nc", help="Another, on the same grid.")],
    fail_beyond: Annotated[
        float | None,
        typer.Option(metavar="Z", help="Exit with status 1 if any |z| is larger than this."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Subtract two readouts.

    Prints differences, and how many standard errors apart the two are.
    """
    first, second = _load("ONE.nc", one), _load("TWO.nc", two)
    import twinseed as ts
    from twinseed.readout import VARIABLES

    apart = ts.compare(first, second)
    if as_json:
        suffixes = ("_difference", "_se", "_z", "_status")
        parts = ("difference", "se", "z", "status")
        print_json(dataset_as_json(apart, list(VARIABLES), suffixes, parts))
    elif not quiet:
        rows = list(_lines(apart, list(VARIABLES)))
        header = ("variable", "at", "difference", "standard error", "z", "status")
        say(apart.attrs["title"])
        print_table(header, rows)
    if fail_beyond is not None and any(
        bool((abs(apart[f"{name}_z"]) > fail_beyond).any()) for name in VARIABLES
    ):
        raise typer.Exit(FAILED)


def _load(argument: str, path: Path) -> xr.Dataset:
    from twinseed.readout import load

    remedy = "pass a file that twinseed saved with -o"
    if not path.is_file():
        raise InputError(argument, "must be a file that exists", str(path), remedy)
    try:
        return load(path)
    except (OSError, TypeError, ValueError, KeyError) as error:
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
                f"{dim} {apart[dim].values[k]:g}" if dim in apart.coords else f"{dim} {k}"
                for dim, k in zip(dims, place, strict=True)
            )
            se, z = (float(apart[f"{name}_{part}"].values[place]) for part in ("se", "z"))
            status = str(apart[f"{name}_status"].values[place])
            yield name, at, f"{value:.4g}", f"{se:.2g}", f"{z:.2f}", status
