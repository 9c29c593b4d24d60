"""``twinseed compare``: two readouts from files."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from twinseed.cli.errors import CANNOT_TELL, FAILED, complain, guarded
from twinseed.cli.options import Json, Quiet, option, output_file, require_writable
from twinseed.cli.output import dataset_as_json, print_json, print_table, say
from twinseed.cli.saving import READOUT, save_dataset
from twinseed.errors import InputError, TwinseedError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["compare"]

_PARTS = {
    "difference": "_difference",
    "se": "_se",
    "bias": "_bias",
    "z": "_z",
    "status": "_status",
}


@guarded()
def compare(
    one: Annotated[Path, typer.Argument(metavar="ONE.nc", help="A readout.")],
    two: Annotated[
        Path, typer.Argument(metavar="TWO.nc", help="Another readout, on the same grid.")
    ],
    fail_beyond: Annotated[
        float | None,
        option(
            "Z", "Exit with status 1 if any |z| is larger than this, where both sides are 'ok'."
        ),
    ] = None,
    only: Annotated[
        str | None, option("NAMES", "Compare only these variables, as in convergence,recovery.")
    ] = None,
    output: Annotated[
        Path | None,
        output_file(
            "Save the differences as .nc (NetCDF) or .json, or as a table, .csv or .parquet."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Subtract two readouts.

    Prints each difference, and the difference in standard errors (z). With --fail-beyond the exit
    status is 1 if any |z| is larger than Z, and 3 if no value is 'ok' on both sides.
    """
    require_writable("--output", output, READOUT)
    if fail_beyond is not None and not 0 <= fail_beyond < math.inf:
        remedy = "pass the largest allowed number of standard errors, such as 4"
        raise InputError("--fail-beyond", "must be zero or above", fail_beyond, remedy)
    names = _named(only)
    first, second = _load("ONE.nc", one), _load("TWO.nc", two)
    import twinseed as ts

    apart = ts.compare(first, second)
    if output is not None:
        save_dataset(apart, names, _PARTS, output, _as_json(apart, names))
    if as_json:
        print_json(_as_json(apart, names))
    elif not quiet:
        rows = list(_lines(apart, names))
        header = ("variable", "at", "difference", "standard error", "bias", "z", "status")
        say(apart.attrs["title"])
        print_table(header, rows, keys=2)
    if fail_beyond is not None:
        counted = _Counted.of(apart, names, fail_beyond)
        if not (as_json or quiet):
            say(counted.told(fail_beyond))
        if counted.beyond:
            raise typer.Exit(FAILED)
        if not counted.ok:
            complain(
                "twinseed: no value is 'ok' on both sides, so nothing can be judged: compare "
                "readouts with valid values"
            )
            raise typer.Exit(CANNOT_TELL)


@dataclass(frozen=True)
class _Counted:
    """The number of differences that can be judged: both sides "ok", at least one error bar."""

    ok: int
    left_out: int
    beyond: int

    @classmethod
    def of(cls, apart: xr.Dataset, names: list[str], limit: float) -> Self:
        """Count the differences of these variables, and those beyond the limit."""
        import numpy as np

        z = np.concatenate([apart[f"{name}_z"].values.ravel() for name in names])
        there = np.concatenate([apart[f"{name}_difference"].values.ravel() for name in names])
        status = np.concatenate([apart[f"{name}_status"].values.ravel() for name in names])
        ok = (status == "ok") & ~np.isnan(z)
        left_out = ~np.isnan(there) & ~ok
        beyond = int(np.sum(np.abs(z[ok]) > limit))
        return cls(int(ok.sum()), int(left_out.sum()), beyond)

    def told(self, limit: float) -> str:
        """Return the counts as a sentence."""
        return (
            f"{self.beyond} of {self.ok} values beyond {limit:g} standard errors; {self.left_out} "
            "left out (a value must be 'ok' on both sides and have an error bar)"
        )


def _named(only: str | None) -> list[str]:
    """Return the variables that were asked for, or all of them."""
    from twinseed.readout import VARIABLES

    if only is None:
        return list(VARIABLES)
    names = [name.strip() for name in only.split(",")]
    for name in names:
        if name not in VARIABLES:
            remedy = f"write names with commas between them, of {', '.join(VARIABLES)}"
            raise InputError("--only", "must be names of variables", name, remedy)
    return list(dict.fromkeys(names))


def _as_json(apart: xr.Dataset, names: list[str]) -> dict[str, Any]:
    told = dataset_as_json(apart, names, list(_PARTS.values()), list(_PARTS))
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
            se, bias, z = (
                float(apart[f"{name}_{part}"].values[place]) for part in ("se", "bias", "z")
            )
            status = str(apart[f"{name}_status"].values[place])
            yield name, at, f"{value:.4g}", f"{se:.2g}", f"{bias:.2g}", f"{z:.2f}", status


def _place(value: Any) -> str:
    return str(value) if isinstance(value, str) else f"{value:g}"
