"""``twinseed diagram``: the plane of load and strength, simulated and drawn."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from twinseed.cli.errors import guarded
from twinseed.cli.options import (
    Cluster,
    Json,
    Quiet,
    Workers,
    numbers,
    option,
    output_file,
    require_store,
    require_writable,
)
from twinseed.cli.output import print_json, say, table_width
from twinseed.cli.saving import READOUT, save_json, save_readout

if TYPE_CHECKING:
    from twinseed.phases import PhaseDiagram

__all__ = ["diagram"]

_ENDINGS = (".html", ".png", ".svg", *READOUT)


@guarded(
    interrupted="interrupted; with --store, run the same command again to continue", path="--output"
)
def diagram(
    d: Annotated[str | None, option("D", "Number of columns d.  [default: 1e6]")] = None,
    gamma: Annotated[
        str | None, option("LO,HI", "Smallest and largest load n/d.  [default: 0.03,30]")
    ] = None,
    strength: Annotated[
        str | None,
        option("LO,HI", "Smallest and largest strength of the factor.  [default: 0.1,10]"),
    ] = None,
    ridge: Annotated[
        float | None, option("R", "Strength of the ridge filter.  [default: 0]")
    ] = None,
    memorisation: Annotated[
        float | None,
        option("RHO", "Memorised: a ratio of at least this.  [default: 2]"),
    ] = None,
    convergence: Annotated[
        float | None,
        option("Q", "Converged: agreement beyond chance of at least this.  [default: 0.5]"),
    ] = None,
    cells: Annotated[
        int | None, option("N", "Largest number of points to simulate.  [default: 1000]")
    ] = None,
    replicates: Annotated[int | None, option("R", "Draws per point.  [default: 2]")] = None,
    store: Annotated[
        Path | None,
        option(
            "FILE",
            "Keep finished points in this file; run the same command again to continue. "
            "Options that are left out are read from this file.",
        ),
    ] = None,
    workers: Workers = 1,
    cluster: Cluster = None,
    seed: Annotated[int | None, option("S", "Same seed, same answer.  [default: 0]")] = None,
    output: Annotated[
        Path | None,
        output_file(
            "Draw as .html (self-contained), .png or .svg, or save the points as .nc, .json, "
            ".csv or .parquet."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Draw where twins memorise, agree and learn a factor.

    Simulates the plane of the load n/d and the strength of one factor, with many points near a
    border and few points elsewhere, and draws the plane with the borders by theory.
    """
    require_writable("--output", output, _ENDINGS)
    require_store("--store", store)
    given = {
        "d": numbers("--d", d),
        "gamma": numbers("--gamma", gamma),
        "strength": numbers("--strength", strength),
        "ridge": ridge,
        "memorisation": memorisation,
        "convergence": convergence,
        "cells": cells,
        "replicates": replicates,
        "rng": seed,
    }
    known = {name: value for name, value in given.items() if value is not None}
    found = _found(known, store, workers, cluster, quiet)
    if output is not None:
        _save(found, output)
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        say(found.told(table_width()))


def _found(
    known: dict[str, Any], store: Path | None, workers: int, cluster: str | None, quiet: bool
) -> PhaseDiagram:
    from twinseed.phases import phase_diagram
    from twinseed.phases.kept import kept_settings
    from twinseed.sweep import begun

    if store is not None and begun(store):
        kept = kept_settings(store)
        known = {**kept.plane, "cells": kept.cells, "rng": kept.entropy, **known}
    return phase_diagram(**known, store=store, workers=workers, cluster=cluster, progress=not quiet)


def _save(found: PhaseDiagram, output: Path) -> None:
    ending = output.suffix.lower()
    if ending == ".json":
        save_json(found.to_dict(), output)
    elif ending in (".csv", ".parquet"):
        save_readout(found.readout(), output)
    else:
        found.save(output)
