"""``twinseed train``: trains pairs of denoisers for several numbers of rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from twinseed.cli.curves import curves_as_json, print_curves
from twinseed.cli.errors import complain, guarded
from twinseed.cli.options import (
    Cluster,
    Factors,
    Json,
    MachineBorder,
    MachineFile,
    Quiet,
    Seed,
    Workers,
    machine_of,
    numbers,
    option,
    require_folder,
)
from twinseed.cli.output import print_json, say
from twinseed.cli.reading import rows_told, with_reading
from twinseed.errors import MissingExtraError, TwinseedError

__all__ = ["train"]


@guarded(
    interrupted="interrupted; finished work is kept in the output folder: run the same command "
    "again to continue",
    path="DATA",
    folder="--output",
    windows="--machine",
)
@with_reading
def train(
    data: Annotated[str, typer.Argument(metavar="DATA", help="Images or rows, of any format.")],
    sizes: Annotated[str, option("N1,N2", "Training rows per twin.")] = "10,30,100,300,1000",
    denoiser: Annotated[
        str,
        option("NAME", "linear or mlp, for any rows; conv, unet-small or unet-large, for images."),
    ] = "unet-small",
    steps: Annotated[int, option("T", "Steps of training.")] = 5000,
    pairs: Annotated[int, option("P", "Independent pairs per size.")] = 1,
    seeds: Annotated[int, option("N", "Samples drawn per twin.")] = 512,
    batch: Annotated[
        int | None,
        option(
            "B",
            "Rows per batch, 128 by default; a twin with fewer rows repeats rows. Not for linear.",
        ),
    ] = None,
    rate: Annotated[
        float | None,
        option(
            "R",
            "Learning rate. Default: 0.001; for linear, half of the rate at which training "
            "diverges.",
        ),
    ] = None,
    pairing: Annotated[
        str,
        option(
            "NAME", "disjoint, or a control: same-rows (B has A's rows), same-start (A's weights)."
        ),
    ] = "disjoint",
    machine: MachineFile = None,
    border: MachineBorder = None,
    factors: Factors = 10,
    device: Annotated[
        str | None,
        option("NAME", "Where torch computes: cpu (default), cuda, cuda:1, mps. Not for linear."),
    ] = None,
    mixed: Annotated[
        bool, typer.Option("--mixed", help="Compute in bfloat16. Not for linear.")
    ] = False,
    seed: Seed = 0,
    workers: Workers = 2,
    cluster: Cluster = None,
    output: Annotated[Path, option("FOLDER", "Folder for all files.", "--output", "-o")] = Path(
        "runs"
    ),
    as_json: Json = False,
    quiet: Quiet = False,
    *,
    reading: Any,
) -> None:
    """Train pairs of denoisers on disjoint halves, sample both from the same seeds, measure them.

    Linear twins of the same rows are measured at each size, too. FOLDER gets the page index.html,
    readouts, weights and samples. After an interruption the same command continues. A command with
    more sizes, pairs, seeds or steps reuses the results in FOLDER; other changes need another
    folder.
    """
    if find_spec("torch") is None or find_spec("safetensors") is None:
        raise MissingExtraError("torch and safetensors", "denoise", "Training")
    from twinseed.curves.page import require_room, write_readouts, write_training
    from twinseed.denoise.curves import training_curves
    from twinseed.denoise.recipes import recipe_of
    from twinseed.denoise.twin_runs import TwinPlan, train_twins

    require_folder("--output", output)
    wanted = numbers("--sizes", sizes)
    plan = TwinPlan(
        sizes=tuple(wanted if isinstance(wanted, list) else [wanted]),
        recipe=recipe_of(
            denoiser, steps=steps, batch=batch, rate=rate, device=device, mixed=mixed or None
        ),
        pairs=pairs,
        seeds=seeds,
        factors=factors,
        pairing=pairing,
        **machine_of(machine, border),
    )
    require_room(output)
    runs = train_twins(
        rows_told(data, reading),
        output,
        plan,
        rng=seed,
        workers=workers,
        cluster=cluster,
        progress=not quiet,
    )
    with _saying_where(output):
        write_readouts(output, measured=runs.measured, linear=runs.linear, machine=runs.machine)
        curves = training_curves(runs)
        try:
            page = f"page: {write_training(curves, output)}"
        except MissingExtraError as error:  # the trained and measured twins are saved already
            page = f"no page: {error}"
    if as_json:
        print_json(curves_as_json(curves))
    elif not quiet:
        print_curves(curves)
        say(page)


@contextmanager
def _saying_where(folder: Path) -> Iterator[None]:
    """If the block fails, add to the error where the trained and measured twins are."""
    kept = (
        f"the twins are trained and measured, and kept in {folder} (store.sqlite, "
        "measured.nc, linear.nc); run the same command again to make the page"
    )
    try:
        yield
    except (OSError, TwinseedError) as error:
        raise TwinseedError(f"the page was not made ({error}); {kept}") from error
    except BaseException:
        complain(f"twinseed: the page was not made; {kept}")
        raise
