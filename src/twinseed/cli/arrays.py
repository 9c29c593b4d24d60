"""``twinseed measure`` and ``twinseed audit``: a generator's samples, from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.guard import FAILED, as_options, guarded
from twinseed.cli.options import (
    Factors,
    Json,
    Output,
    Quiet,
    Seed,
    named_function,
    require_writable,
)
from twinseed.cli.output import print_json, print_readout, readout_as_json
from twinseed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinseed.twins import Twins

__all__ = ["audit", "measure"]


def _rows(about: str) -> Any:
    return typer.Option(metavar="FILE", help=about)


TrainA = Annotated[str, _rows("Rows that generator A was trained on.")]
SamplesA = Annotated[str, _rows("Samples of generator A.")]
TrainB = Annotated[str | None, _rows("Rows that generator B was trained on.")]
SamplesB = Annotated[str | None, _rows("Samples of generator B, row for row from A's seeds.")]
HeldOut = Annotated[str | None, _rows("Rows of the same source that neither generator saw.")]
Encoder = Annotated[
    str | None,
    typer.Option(metavar="MODULE:FUNCTION", help="Judge what this function makes of the rows."),
]
Cache = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Keep the encoder's features here.")
]


@guarded()
def measure(
    train_a: TrainA,
    samples_a: SamplesA,
    train_b: TrainB = None,
    samples_b: SamplesB = None,
    heldout: HeldOut = None,
    encoder: Encoder = None,
    cache: Cache = None,
    factors: Factors = 5,
    centre: Annotated[
        bool, typer.Option("--centre", help="Measure about the mean of the real rows.")
    ] = False,
    seed: Seed = 0,
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure one or two generators from their samples.

    Rows are samples; row i of both sample files comes from seed i. FILE is .npy, .npz, .csv,
    .safetensors, .pt, .h5, .parquet, .zarr or a folder of images; of several arrays in a file,
    FILE#NAME.
    """
    require_writable("--output", output)
    function = _encoder(encoder, cache)
    twins = _twins(train_a, samples_a, train_b, samples_b, heldout)
    if function is not None:
        twins = twins.encoded(function, cache)
    import twinseed as ts

    readout = ts.measure(twins.centred() if centre else twins, rng=seed, factors=factors)
    if output is not None:
        from twinseed.readout import save

        save(readout, output)
    if as_json:
        print_json(readout_as_json(readout))
    elif not quiet:
        print_readout(readout)


@guarded()
def audit(
    train_a: TrainA,
    samples_a: SamplesA,
    train_b: TrainB = None,
    samples_b: SamplesB = None,
    heldout: HeldOut = None,
    encoder: Encoder = None,
    cache: Cache = None,
    factors: Factors = 5,
    seed: Seed = 0,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a self-contained page.")
    ] = None,
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Judge generators: copying, agreement, factors.

    Rows are samples; row i of both sample files comes from seed i. FILE is .npy, .npz, .csv,
    .safetensors, .pt, .h5, .parquet, .zarr or a folder of images; of several arrays in a file,
    FILE#NAME. Everything is measured about the mean of the real rows. The exit status is 1 if
    copying was found, or if the audit's controls do not allow a verdict.
    """
    require_writable("--html", html)
    require_writable("--output", output)
    function = _encoder(encoder, cache)
    twins = _twins(train_a, samples_a, train_b, samples_b, heldout)
    import twinseed as ts

    found = ts.audit(
        twins=twins,
        rng=seed,
        factors=factors,
        encoder=function,
        cache=cache,
        progress=False if quiet else None,
    )
    if html is not None:
        found.to_html(html)
    if output is not None:
        from twinseed.readout import save

        save(found.readout, output)
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        typer.echo(str(found))
    if found.failed:
        raise typer.Exit(FAILED)


def _encoder(encoder: str | None, cache: Path | None) -> Callable[..., Any] | None:
    """Return the function that --encoder names."""
    if encoder is not None:
        return named_function("--encoder", encoder)
    if cache is not None:
        raise InputError("--cache", "is for features", str(cache), "pass --encoder as well")
    return None


def _twins(
    train_a: str,
    samples_a: str,
    train_b: str | None,
    samples_b: str | None,
    heldout: str | None,
) -> Twins:
    """Load the files, errors naming the option that a file was given to."""
    if train_b is not None and samples_b is None:
        raise InputError("samples_b", "is needed with train_b", None, "pass B's samples as well")
    from twinseed.readers import load_roles, unseen_categories
    from twinseed.twins import Twins

    paths = {
        "samples_a": samples_a,
        "samples_b": samples_b,
        "train_a": train_a,
        "train_b": train_b,
        "heldout": heldout,
    }
    found = load_roles({role: path for role, path in paths.items() if path is not None})
    for sentence in unseen_categories(found):
        typer.echo(f"twinseed: {as_options(sentence)}", err=True)
    rows: dict[str, Any] = {**found}
    return Twins(
        samples_a=rows["samples_a"],
        samples_b=rows.get("samples_b"),
        train_a=rows["train_a"],
        train_b=rows.get("train_b"),
        heldout=rows.get("heldout"),
    )
