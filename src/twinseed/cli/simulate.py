"""``twinseed simulate``: draws twin linear models on a grid, and measures them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from twinseed.cli.errors import guarded
from twinseed.cli.options import (
    Cluster,
    Json,
    Output,
    Quiet,
    Seed,
    Workers,
    numbers,
    option,
    require_store,
    require_writable,
)
from twinseed.cli.populations import (
    CALLED,
    Atoms,
    Bulk,
    Columns,
    PowerLaw,
    Ridge,
    Rows,
    Spikes,
    Strength,
    populations,
    ridge_filters,
)
from twinseed.cli.saving import READOUT, finish
from twinseed.errors import InputError

if TYPE_CHECKING:
    from twinseed.simulation import Engine

__all__ = ["simulate"]


class EngineKind(StrEnum):
    """The engines by name: the names of the classes in lower case."""

    DENSE = "dense"
    KRYLOV = "krylov"
    COMPRESSED = "compressed"


@guarded(CALLED, interrupted="interrupted; with --store, run the same command again to continue")
def simulate(
    spikes: Spikes = None,
    strength: Strength = None,
    bulk: Bulk = 1.0,
    power_law: PowerLaw = None,
    atoms: Atoms = None,
    ridge: Ridge = "0",
    n: Rows = None,
    d: Columns = None,
    replicates: Annotated[int, option("R", "Independent draws of each point.")] = 20,
    engine: Annotated[
        EngineKind | None,
        option(
            "KIND",
            "How to draw: dense, krylov, or compressed (factors over a bulk, at any size); by "
            "default dense, or above 1,000 columns the faster of dense and krylov.",
        ),
    ] = None,
    workers: Workers = 1,
    cluster: Cluster = None,
    store: Annotated[
        Path | None,
        option("FILE", "Keep finished draws in this file; run the same command again to continue."),
    ] = None,
    seed: Seed = 0,
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw twin linear models, and measure them.

    Every order parameter has an error bar over replicates. Options for populations and for the grid
    are those of predict.
    """
    require_writable("--output", output, READOUT)
    require_store("--store", store)
    population, columns = populations(spikes, strength, bulk, power_law, atoms, d)
    filters = ridge_filters(ridge)
    if n is None:
        raise InputError("--n", "is needed", None, "pass the number of training rows of each model")
    import twinseed as ts

    rows = numbers("--n", n)
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
    finish(readout, output, as_json, quiet)


def _engine(kind: EngineKind | None) -> Engine | None:
    if kind is None:
        return None
    import twinseed as ts

    chosen: type[Engine] = getattr(ts, kind.title())
    return chosen()
