"""``twinseed predict`` and ``twinseed simulate``: a population on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.guard import guarded
from twinseed.cli.options import Json, Output, Quiet, Seed, Workers, numbers, require_writable
from twinseed.cli.output import print_json, print_readout, readout_as_json
from twinseed.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from twinseed.populations import Population

__all__ = ["predict", "simulate"]

Spikes = Annotated[
    str | None,
    typer.Option(
        metavar="B1,B2", help="Strengths of the factors over the bulk; 'none' for pure noise."
    ),
]
Bulk = Annotated[
    float, typer.Option(metavar="B", help="Variance of the noise directions under --spikes.")
]
PowerLaw = Annotated[
    float | None, typer.Option(metavar="A", help="Eigenvalues k^-A, with mean one; needs --d.")
]
Atoms = Annotated[
    str | None,
    typer.Option(
        metavar="FILE", help="Eigenvalues, one a row, from .npy or .csv; a second column: weights."
    ),
]
Ridge = Annotated[str, typer.Option(metavar="R1,R2", help="Strengths of the ridge filter.")]
Rows = Annotated[str | None, typer.Option("--n", metavar="N1,N2", help="Training rows.")]
Columns = Annotated[str | None, typer.Option("--d", metavar="D1,D2", help="Columns.")]
Gamma = Annotated[
    str | None, typer.Option(metavar="G1,G2", help="Sample complexity n/d; alone: the limit.")
]


@guarded()
def predict(
    spikes: Spikes = None,
    bulk: Bulk = 1.0,
    power_law: PowerLaw = None,
    atoms: Atoms = None,
    ridge: Ridge = "0",
    n: Rows = None,
    d: Columns = None,
    gamma: Gamma = None,
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Predict every order parameter of twin linear models.

    One population (--spikes, --power-law or --atoms) and two of --n, --d and --gamma; lists make a
    grid.
    """
    require_writable("--output", output)
    population, columns = _population(spikes, bulk, power_law, atoms, d)
    filters = _filters(ridge)
    import twinseed as ts

    load = {"n": numbers("--n", n), "d": columns, "gamma": numbers("--gamma", gamma)}
    _finish(ts.predict(population, filters, **load), output, as_json, quiet)


@guarded(interrupted="interrupted; with --store, the same command goes on from here")
def simulate(
    spikes: Spikes = None,
    bulk: Bulk = 1.0,
    power_law: PowerLaw = None,
    atoms: Atoms = None,
    ridge: Ridge = "0",
    n: Rows = None,
    d: Columns = None,
    replicates: Annotated[
        int, typer.Option(metavar="R", help="Independent draws of each point.")
    ] = 20,
    workers: Workers = 1,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Run on this Dask scheduler, as tcp://host:8786."),
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep finished draws here; run again to go on."),
    ] = None,
    seed: Seed = 0,
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw twin linear models, and measure them.

    Every order parameter comes with an error bar over replicates. The population and the grid are
    given as to predict.
    """
    require_writable("--output", output)
    require_writable("--store", store)
    population, columns = _population(spikes, bulk, power_law, atoms, d)
    filters = _filters(ridge)
    if n is None:
        raise InputError("--n", "is needed", None, "pass the number of training rows of each model")
    import twinseed as ts

    readout = ts.simulate(
        population,
        filters,
        n=numbers("--n", n),
        d=columns,
        replicates=replicates,
        rng=seed,
        store=store,
        cluster=cluster,
        workers=workers,
        progress=False if quiet else None,
    )
    _finish(readout, output, as_json, quiet)


def _population(
    spikes: str | None, bulk: float, power_law: float | None, atoms: str | None, d: str | None
) -> tuple[Population, Any]:
    """Return the population, and the columns that are still to be passed with it."""
    given = {"--spikes": spikes, "--power-law": power_law, "--atoms": atoms}
    named = [option for option, value in given.items() if value is not None]
    if len(named) != 1:
        raise InputError(
            "--spikes, --power-law, --atoms",
            "must be given once",
            ", ".join(named) or "none",
            "pass one of them, as in --spikes 3,1",
        )
    columns = numbers("--d", d)
    import twinseed as ts

    if spikes is not None:
        strengths = [] if spikes == "none" else numbers("--spikes", spikes)
        return ts.Spiked(strengths, bulk), columns
    if power_law is not None:
        if not isinstance(columns, float) or not columns.is_integer():
            raise InputError(
                "--d", "must be one whole number with --power-law", d, "pass it, as in --d 500"
            )
        return ts.PowerLaw(power_law, int(columns)), None
    from twinseed.readers import load_rows

    assert atoms is not None
    table = load_rows(atoms)
    table = table.reshape(-1, 1) if table.ndim == 1 else table
    if table.ndim != 2 or table.shape[1] > 2:
        raise InputError(
            "--atoms", "must hold one or two columns", table.shape, "values, or values and weights"
        )
    return ts.Atoms(table[:, 0], table[:, 1] if table.shape[1] == 2 else None), columns


def _filters(ridge: str) -> Any:
    strengths = numbers("--ridge", ridge)
    from twinseed.filters import Ridge as RidgeFilter

    if isinstance(strengths, list):
        return [RidgeFilter(strength) for strength in strengths]
    return RidgeFilter(strengths)


def _finish(readout: xr.Dataset, output: Path | None, as_json: bool, quiet: bool) -> None:
    if output is not None:
        from twinseed.readout import save

        save(readout, output)
    if as_json:
        print_json(readout_as_json(readout))
    elif not quiet:
        print_readout(readout)
