"""``twinseed plan``: from a pilot in a file to how much data is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twinseed.cli.guard import guarded
from twinseed.cli.options import Json, Quiet, Seed, numbers, require_writable
from twinseed.cli.output import print_json
from twinseed.errors import InputError

__all__ = ["plan"]

_CALLED = {
    "path": "PILOT",
    "convergence": "--convergence",
    "recovery": "--recovery",
    "factor": "--factor",
    "n": "--n",
    "resamples": "--resamples",
    "strength": "--ridge",
}


@guarded()
def plan(
    pilot: Annotated[
        str, typer.Argument(metavar="PILOT", help="A few rows of the data (.npy, .npz#name, .csv).")
    ],
    convergence: Annotated[
        float | None, typer.Option(metavar="Q", help="Say how many rows convergence needs.")
    ] = None,
    recovery: Annotated[
        float | None, typer.Option(metavar="Q", help="Say how many rows recovery needs.")
    ] = None,
    factor: Annotated[
        int, typer.Option(metavar="K", help="Recovery of which factor; 1: the strongest.")
    ] = 1,
    n: Annotated[
        str | None,
        typer.Option(
            "--n", metavar="N1,N2", help="Training rows to plan for.  [default: 1 to 32 pilots]"
        ),
    ] = None,
    ridge: Annotated[float, typer.Option(metavar="R", help="Strength of the ridge filter.")] = 0.0,
    resamples: Annotated[
        int, typer.Option(metavar="B", help="Pilots drawn for the 90 % bands.")
    ] = 100,
    seed: Seed = 0,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a self-contained page.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Plan how much data twin models need, from a pilot.

    Rows are samples. Prints memorisation, convergence and recovery against the number of training
    rows, with 90 % bands, what each target needs, and what the pilot cannot tell.
    """
    require_writable("--html", html)
    rows = numbers("--n", n)
    import twinseed as ts
    from twinseed.readers import load_rows

    try:
        found = ts.plan(
            load_rows(pilot),
            filter=ts.Ridge(ridge),
            rng=seed,
            resamples=resamples,
            progress=False if quiet else None,
        )
        needed = {}
        if convergence is not None:
            needed[f"convergence {convergence:g}"] = found.samples_for(convergence=convergence)
        if recovery is not None:
            name = f"recovery {recovery:g} of factor {factor}"
            needed[name] = found.samples_for(recovery=recovery, factor=factor)
        told = found.told(rows)
    except InputError as error:
        called = _CALLED.get(error.argument, error.argument)
        raise InputError(called, error.problem, error.value, error.remedy) from error
    if html is not None:
        from twinseed.report.plan import plan_page

        html.write_text(plan_page(found, needed, rows), encoding="utf-8")
    if as_json:
        samples = {name: vars(one) for name, one in needed.items()}
        print_json({**found.to_dict(rows), "samples_for": samples})
    elif not quiet:
        typer.echo(told)
        for name, one in needed.items():
            typer.echo(f"{name}: {one} training rows; {one.status}")
