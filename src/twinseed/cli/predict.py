"""``twinseed predict``: the order parameters of twin linear models, from theory."""

from __future__ import annotations

from typing import Annotated

from twinseed.cli.errors import guarded
from twinseed.cli.options import Json, Output, Quiet, numbers, option, require_writable
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

__all__ = ["predict"]

Gamma = Annotated[
    str | None,
    option("G1,G2", "Sample complexity n/d; without --n and --d, the limit of large n and d."),
]


@guarded(CALLED)
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

    Pass one of --spikes, --strength, --power-law and --atoms, and two of --n, --d and --gamma.
    Lists of numbers make a grid; only --spikes is the list of factors of one population.
    """
    require_writable("--output", output, READOUT)
    population, columns = populations(spikes, strength, bulk, power_law, atoms, d)
    filters = ridge_filters(ridge)
    import twinseed as ts

    load = {"n": numbers("--n", n), "d": columns, "gamma": numbers("--gamma", gamma)}
    readout = ts.predict(population, filters, **load)
    finish(readout, output, as_json, quiet)
