"""``twinseed plan``: from a pilot in a file to how much data is needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.errors import CANNOT_TELL, guarded
from twinseed.cli.options import (
    Cluster,
    Html,
    Json,
    Quiet,
    Seed,
    Threads,
    numbers,
    option,
    output_file,
    require_writable,
)
from twinseed.cli.output import print_json, say, table_width
from twinseed.cli.reading import table_told, with_reading
from twinseed.cli.saving import READOUT, save_json, save_readout
from twinseed.files import write_bytes, write_text

if TYPE_CHECKING:
    from twinseed.planning.answer import Plan
    from twinseed.planning.needed import RowsNeeded

__all__ = ["plan"]


@guarded(pilot="PILOT", data="PILOT", strength="--ridge", filter="--ridge")
@with_reading
def plan(
    pilot: Annotated[
        str, typer.Argument(metavar="PILOT", help="A few rows of the data, in any format.")
    ],
    convergence: Annotated[
        float | None,
        option("Q", "Target for convergence; the plan gives the rows for this target."),
    ] = None,
    recovery: Annotated[
        float | None,
        option("Q", "Target for recovery; the plan gives the rows for this target."),
    ] = None,
    factor: Annotated[int, option("K", "Recovery of which factor; 1: the strongest.")] = 1,
    n: Annotated[
        str | None,
        option("N1,N2", "Training rows to plan for.  [default: 1 to 32 pilots]", "--n"),
    ] = None,
    ridge: Annotated[float, option("R", "Strength of the ridge filter.")] = 0.0,
    resamples: Annotated[int, option("B", "Number of pilots drawn for the 90 % bands.")] = 40,
    splits: Annotated[
        int,
        option(
            "S", "Number of random splits of the pilot into halves, for the calibration; 0: none."
        ),
    ] = 30,
    ceiling: Annotated[
        float | None,
        option(
            "Q",
            "Plan for a trained network: its convergence for two trainings on the same rows. "
            "The planned convergence is then a guess.",
        ),
    ] = None,
    given_units: Annotated[
        bool,
        typer.Option(
            "--given-units",
            help="Plan in the units of the file. By default each column of numbers of a table is "
            "divided by its spread.",
        ),
    ] = False,
    seed: Seed = 0,
    workers: Threads = None,
    cluster: Cluster = None,
    html: Html = None,
    output: Annotated[
        Path | None,
        output_file(
            "Save the plan as .html or .json, its figure as .png or .svg, or its readout as "
            ".nc, .csv or .parquet."
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    *,
    reading: Any,
) -> None:
    """Plan how much data twin models need, from a pilot.

    Rows are samples. Prints memorisation, convergence and recovery against the number of training
    rows, with 90 % bands, what each target needs, how the plan was made, and what the pilot cannot
    show. The exit status is 3 if --recovery asks for a factor that does not stand out in the pilot.
    """
    require_writable("--html", html, (".html",))
    require_writable("--output", output, (*READOUT, ".html", ".png", ".svg"))
    rows = numbers("--n", n)
    import twinseed as ts
    from twinseed.checks import grid_axis, whole
    from twinseed.planning.targets import require_target

    for name, target in (("--convergence", convergence), ("--recovery", recovery)):
        if target is not None:
            require_target(name, target)
    whole("--factor", factor, "count the factors from 1, the strongest")
    if rows is not None:
        remedy = "pass the number of training rows of each model, whole and at least 2"
        for one in grid_axis("--n", rows, remedy)[0]:
            whole("--n", one, remedy, at_least=2)
    found = ts.plan(
        table_told("pilot", pilot, reading),
        filter=ts.Ridge(ridge),
        rng=seed,
        resamples=resamples,
        splits=splits,
        ceiling=ceiling,
        column_units=not given_units,
        workers=workers,
        cluster=cluster,
        progress=not quiet,
    )
    needed = _needed(found, convergence, recovery, factor)
    told = {one.samples.name: one.to_dict() for one in needed}
    for name, path in (("--html", html), ("--output", output)):
        if path is not None:
            _write(name, path, found, [one.samples for one in needed], told, rows)
    if as_json:
        print_json({**found.to_dict(rows), "samples_for": told})
    elif not quiet:
        say(found.told(rows, table_width()))
        for one in needed:
            say(f"{one.samples.words}: {one}")
    if any(one.problem for one in needed):
        raise typer.Exit(CANNOT_TELL)


@dataclass(frozen=True)
class Needed:
    """What a target needs, or why this pilot cannot tell."""

    samples: RowsNeeded
    problem: str = ""

    def __str__(self) -> str:
        return self.problem or f"{self.samples} training rows; {self.samples.status}"

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        told = {name: value for name, value in vars(self.samples).items() if name != "name"}
        if self.samples.factor is None:
            del told["factor"]
        return {**told, "problem": self.problem or None}


def _needed(
    plan: Plan, convergence: float | None, recovery: float | None, factor: int
) -> list[Needed]:
    found = []
    if convergence is not None:
        samples = plan.samples_for(convergence=convergence)
        above = plan.ceiling is not None and convergence >= plan.ceiling
        problem = f"is not reached, as the ceiling is {plan.ceiling:g}" if above else ""
        found.append(Needed(samples, problem))
    if recovery is None:
        return found
    count = plan.population.factors.size
    if factor <= count:
        return [*found, Needed(plan.samples_for(recovery=recovery, factor=factor))]
    from twinseed.planning.needed import RowsNeeded
    from twinseed.status import Status

    nan = math.nan
    status = str(Status.NOT_IDENTIFIABLE)
    unknown = RowsNeeded(recovery, nan, nan, nan, status, nan, "recovery", factor)
    standing = f"{count} factor{'s stand' if count != 1 else ' stands'} out" if count else ""
    problem = (
        f"cannot be told, as {standing or 'no factor stands out'} in this pilot; take a "
        "larger pilot, or choose a stronger factor"
    )
    return [*found, Needed(unknown, problem)]


def _write(
    option: str,
    path: Path,
    plan: Plan,
    needed: list[RowsNeeded],
    told: dict[str, Any],
    rows: Any,
) -> None:
    ending = path.suffix.lower()
    if ending == ".html":
        from twinseed.planning.page import plan_page

        write_text(path, plan_page(plan, needed, rows), option)
    elif ending == ".json":
        save_json({**plan.to_dict(rows), "samples_for": told}, path)
    elif ending in (".png", ".svg"):
        from twinseed.drawing import as_png, as_svg
        from twinseed.planning.figures import plan_curves
        from twinseed.planning.page import drawn_bands

        figure = plan_curves(drawn_bands(plan, rows), plan.pilot_rows, needed, groups=plan.groups)
        picture = as_png(figure) if ending == ".png" else as_svg(figure, "plan").encode()
        write_bytes(path, picture, option)
    else:
        save_readout(plan.readout(plan.to_dict(rows)["n"]), path)
