"""``twinseed train``: pairs of denoisers at rising numbers of rows."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinseed.cli.curves import curves_as_json, print_curves
from twinseed.cli.guard import guarded
from twinseed.cli.options import (
    Cluster,
    Factors,
    Json,
    Quiet,
    Seed,
    Workers,
    numbers,
)
from twinseed.cli.output import print_json, say
from twinseed.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from twinseed.denoise.recipes import Recipe

__all__ = ["train"]

_OPTIONS = {
    name: f"--{name}"
    for name in ("sizes", "pairs", "seeds", "steps", "batch", "rate", "pairing", "denoiser")
}


@guarded(interrupted="interrupted; the same command goes on from here", path="DATA")
def train(
    data: Annotated[str, typer.Argument(metavar="DATA", help="Images or rows, of any format.")],
    sizes: Annotated[
        str, typer.Option(metavar="N1,N2", help="Training rows of each twin.")
    ] = "10,30,100,300,1000",
    denoiser: Annotated[
        str, typer.Option(metavar="NAME", help="linear, mlp, conv, unet-small or unet-large.")
    ] = "unet-small",
    steps: Annotated[int, typer.Option(metavar="T", help="Steps of training.")] = 5000,
    pairs: Annotated[int, typer.Option(metavar="P", help="Independent pairs at each size.")] = 1,
    seeds: Annotated[int, typer.Option(metavar="N", help="Samples drawn from each twin.")] = 512,
    batch: Annotated[int, typer.Option(metavar="B", help="Rows in a batch.")] = 128,
    rate: Annotated[float, typer.Option(metavar="R", help="Learning rate of Adam.")] = 1e-3,
    pairing: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="disjoint, or a control: same-rows (B has A's rows), same-start (A's weights).",
        ),
    ] = "disjoint",
    factors: Factors = 10,
    device: Annotated[str, typer.Option(metavar="NAME", help="Where torch computes.")] = "cpu",
    mixed: Annotated[bool, typer.Option("--mixed", help="Compute in bfloat16.")] = False,
    seed: Seed = 0,
    workers: Workers = 2,
    cluster: Cluster = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where everything goes.")
    ] = Path("runs"),
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train pairs of denoisers on disjoint halves, sample both from the same seeds, measure them.

    At each size, beside the linear twins of the same rows. Weights, samples and readouts go into
    FOLDER; interrupted and started again, it goes on where it was.
    """
    if find_spec("torch") is None or find_spec("safetensors") is None:
        raise MissingExtraError("torch and safetensors", "denoise", "Training")
    from twinseed.denoise.curves import training_curves
    from twinseed.denoise.twin_runs import TwinPlan, train_twins
    from twinseed.readers import load_rows
    from twinseed.report.training import write_training

    wanted = numbers("--sizes", sizes)
    try:
        runs = train_twins(
            load_rows(data),
            output,
            TwinPlan(
                sizes=tuple(wanted if isinstance(wanted, list) else [wanted]),
                recipe=_recipe(denoiser, steps, batch, rate, device, mixed),
                pairs=pairs,
                seeds=seeds,
                factors=factors,
                pairing=pairing,
            ),
            rng=seed,
            workers=workers,
            cluster=cluster,
            progress=False if quiet else None,
        )
    except InputError as error:
        called = _OPTIONS.get(error.argument, error.argument)
        raise InputError(called, error.problem, error.value, error.remedy) from error
    curves = training_curves(runs)
    try:
        page = f"page: {write_training(curves, output)}"
    except MissingExtraError as error:  # what was trained and measured is saved
        page = f"no page: {error}"
    if as_json:
        print_json(curves_as_json(curves))
    elif not quiet:
        print_curves(curves)
        say(page)


def _recipe(denoiser: str, steps: int, batch: int, rate: float, device: str, mixed: bool) -> Recipe:
    from twinseed.denoise.recipes import LinearRecipe, NetworkRecipe
    from twinseed.denoise.training import Training

    if denoiser == "linear":
        return LinearRecipe(training_steps=steps)
    training = Training(steps=steps, batch=batch, rate=rate, device=device, mixed=mixed)
    return NetworkRecipe(denoiser, training)
