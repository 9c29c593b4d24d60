"""``twinseed export``: the draws in the store of a simulation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinseed.cli.errors import guarded
from twinseed.cli.options import Json, Quiet, output_file, require_writable
from twinseed.cli.output import print_json, print_readout, readout_as_json, say
from twinseed.cli.saving import READOUT, save_readout
from twinseed.errors import InputError

if TYPE_CHECKING:
    from twinseed.verbs.sweeps.load import Sweep

__all__ = ["export"]


@guarded(path="--output")
def export(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The store of a simulation.")],
    output: Annotated[
        Path | None,
        output_file(".nc or .json: a readout; .parquet or .csv: a table with one row per draw."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Read the draws of a simulation, also while it runs.

    Prints the readout of these draws, or writes the readout or the draws to a file. Points of the
    grid without a draw are counted as missing.
    """
    require_writable("--output", output, READOUT)
    if not store.is_file():
        raise InputError(
            "STORE", "must be a file that exists", str(store), "check the name of the file"
        )
    import twinseed as ts

    sweep = ts.load_sweep(store)
    if output is not None:
        _write(sweep, output)
    if as_json:
        print_json(readout_as_json(sweep.to_xarray()))
    elif output is None and not quiet:
        readout = sweep.to_xarray()
        points = readout["draws"].size
        found = points - readout.attrs["missing"]
        say(f"{len(sweep)} draws at {found} of {points} points")
        print_readout(readout)


def _write(sweep: Sweep, output: Path) -> None:
    if output.suffix.lower() == ".csv":
        sweep.to_csv(output)
    elif output.suffix.lower() == ".parquet":
        sweep.to_parquet(output)
    else:
        save_readout(sweep.to_xarray(), output)
