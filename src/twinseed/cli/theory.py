"""``twinseed predict`` and ``twinseed simulate``: theory and draws on one grid."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.errors import guarded, naming
from twinseed.cli.options import (
    Cluster,
    Json,
    Output,
    Quiet,
    Seed,
    Workers,
    numbers,
    require_store,
    require_writable,
)
from twinseed.cli.output import print_json, print_readout, readout_as_json
from twinseed.cli.populations import Atoms, Bulk, PowerLaw, Spikes, Strength, populations
from twinseed.cli.saving import READOUT, save_readout
from twinseed.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

    from twinseed.simulation import Engine

__all__ = ["predict", "simulate"]

Ridge = Annotated[str, typer.Option(metavar="R1,R2", help="Strengths of the ridge filter.")]
Rows = Annotated[str | None, typer.Option("--n", metavar="N1,N2", help="Training rows.")]
Columns = Annotated[str | None, typer.Option("--d", metavar="D1,D2", help="Columns.")]
Gamma = Annotated[
    str | None, typer.Option(metavar="G1,G2", help="Sample complexity n/d; alone: the limit.")
]


class Kind(StrEnum):
    """The engines, by the words that choose them."""

    DENSE = "dense"
    KRYLOV = "krylov"
    COMPRESSED = "compressed"


@guarded()
def predict(
    spikes: Spikes = None,
    strength: Strength = None,
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

    One of --spikes, --strength, --power-law and --atoms, and two of --n, --d and --gamma; lists
    make a grid, but for --spikes, which lists the factors of one population.
    """
    require_writable("--output", output, READOUT)
    population, columns, option = populations(spikes, strength, bulk, power_law, atoms, d)
    filters = _filters(ridge)
    import twinseed as ts

    load = {"n": numbers("--n", n), "d": columns, "gamma": numbers("--gamma", gamma)}
    with naming(population=option, filter="--ridge"):
        readout = ts.predict(population, filters, **load)
    _finish(readout, output, as_json, quiet)


@guarded(interrupted="interrupted; with --store, the same command goes on from here")
def simulate(
    spikes: Spikes = None,
    strength: Strength = None,
    bulk: Bulk = 1.0,
    power_law: PowerLaw = None,
    atoms: Atoms = None,
    ridge: Ridge = "0",
    n: Rows = None,
    d: Columns = None,
    replicates: Annotated[
        int, typer.Option(metavar="R", help="Independent draws of each point.")
    ] = 20,
    engine: Annotated[
        Kind,
        typer.Option(
            metavar="KIND",
            help="How to draw: dense, krylov, or compressed (factors over a bulk, at any size).",
        ),
    ] = Kind.DENSE,
    workers: Workers = 1,
    cluster: Cluster = None,
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

    Every order parameter comes with an error bar over replicates. Populations and the grid are
    given as to predict.
    """
    require_writable("--output", output, READOUT)
    require_store("--store", store)
    population, columns, option = populations(spikes, strength, bulk, power_law, atoms, d)
    filters = _filters(ridge)
    if n is None:
        raise InputError("--n", "is needed", None, "pass the number of training rows of each model")
    import twinseed as ts

    rows = numbers("--n", n)
    with naming(population=option, filter="--ridge"):
        readout = ts.simulate(
            population,
            filters,
            n=rows,
            d=columns,
            replicates=replicates,
            rng=seed,
            engine=_engine(engine),
            store=store,
            cluster=cluster,
            workers=workers,
            progress=not quiet,
        )
    _finish(readout, output, as_json, quiet)


def _engine(kind: Kind) -> Engine:
    import twinseed as ts

    engines: dict[Kind, type[Engine]] = {
        Kind.DENSE: ts.Dense,
        Kind.KRYLOV: ts.Krylov,
        Kind.COMPRESSED: ts.Compressed,
    }
    return engines[kind]()


def _filters(ridge: str) -> Any:
    strengths = numbers("--ridge", ridge)
    from twinseed.filters import Ridge as RidgeFilter

    with naming(strength="--ridge"):
        if isinstance(strengths, list):
            return [RidgeFilter(strength) for strength in strengths]
        return RidgeFilter(strengths)


def _finish(readout: xr.Dataset, output: Path | None, as_json: bool, quiet: bool) -> None:
    if output is not None:
        save_readout(readout, output)
    if as_json:
        print_json(readout_as_json(readout))
    elif not quiet:
        print_readout(readout)
