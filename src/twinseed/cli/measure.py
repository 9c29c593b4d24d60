"""``twinseed measure``: one or two generators, measured from files of samples."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from twinseed.cli.errors import guarded
from twinseed.cli.options import Factors, Json, Output, Quiet, Seed, Threads, require_writable
from twinseed.cli.reading import with_reading
from twinseed.cli.samples import (
    Cache,
    Encoder,
    HeldOut,
    SamplesA,
    SamplesB,
    TrainA,
    TrainB,
    chosen_encoder,
    loaded_twins,
)
from twinseed.cli.saving import READOUT, finish

__all__ = ["measure"]


@guarded(path="--output")
@with_reading
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
    workers: Threads = None,
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
    *,
    reading: Any,
) -> None:
    """Measure one or two generators from their samples.

    Rows are samples; row i of both sample files comes from seed i. FILE is .npy, .npz, .csv,
    .safetensors, .pt, .h5, .parquet, .zarr or a folder of images; of several arrays in a file,
    FILE#NAME.
    """
    require_writable("--output", output, READOUT)
    function = chosen_encoder(encoder, cache)
    twins, _ = loaded_twins(train_a, samples_a, train_b, samples_b, heldout, reading=reading)
    if function is not None:
        twins = twins.encoded(function, cache)
    import twinseed as ts

    readout = ts.measure(
        twins.centred() if centre else twins, rng=seed, factors=factors, workers=workers
    )
    finish(readout, output, as_json, quiet)
