"""``twinseed measure`` and ``twinseed audit``: a generator's samples, from files."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.curves import show_curves
from twinseed.cli.errors import CANNOT_TELL, FAILED, as_typed, complain, guarded, naming
from twinseed.cli.options import (
    Factors,
    Json,
    Output,
    Quiet,
    Seed,
    named_function,
    require_writable,
)
from twinseed.cli.output import print_json, print_readout, readout_as_json, say, table_width
from twinseed.cli.saving import READOUT, save_json, save_readout
from twinseed.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twinseed.auditing import Audit
    from twinseed.curves.curves import TwinCurves
    from twinseed.data.twins import Twins

__all__ = ["audit", "measure"]


_ROLES = ("--samples-a", "--samples-b", "--train-a", "--train-b", "--heldout")


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


@guarded(path="--output")
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
    require_writable("--output", output, READOUT)
    function = _encoder(encoder, cache)
    twins = _twins(train_a, samples_a, train_b, samples_b, heldout)
    if function is not None:
        twins = twins.encoded(function, cache)
    import twinseed as ts

    readout = ts.measure(twins.centred() if centre else twins, rng=seed, factors=factors)
    if output is not None:
        save_readout(readout, output)
    if as_json:
        print_json(readout_as_json(readout))
    elif not quiet:
        print_readout(readout)


@guarded(path="--output")
def audit(
    train_a: Annotated[str | None, _rows("Rows that generator A was trained on.")] = None,
    samples_a: Annotated[str | None, _rows("Samples of generator A.")] = None,
    train_b: TrainB = None,
    samples_b: SamplesB = None,
    heldout: HeldOut = None,
    encoder: Encoder = None,
    cache: Cache = None,
    factors: Factors = 5,
    seed: Seed = 0,
    pairs: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Published pairs instead: two files of samples for each n, as A_100.pt, B_100.pt.",
        ),
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help='How those files are named, as "{side}_{n}.pt".'),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Trained twins that come with twinseed instead.")
    ] = False,
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
    copying was found, and 3 if a question has no answer: whether it copies, or, with two
    generators, whether they agree. With --pairs or --demo there is no verdict: curves over n, the
    linear twins of the same rows beside them.
    """
    require_writable("--html", html, (".html",))
    require_writable("--output", output, (*READOUT, ".html"))
    given = [train_a, samples_a, train_b, samples_b, heldout, encoder, cache]
    if pairs is not None or demo or pattern is not None:
        _require_alone(pairs, pattern, demo, given)
        show_curves(_curves(pairs, pattern, factors, seed), html, output, as_json, quiet)
        return
    if train_a is None or samples_a is None:
        missing = "--train-a" if train_a is None else "--samples-a"
        raise InputError(missing, "is needed", None, "pass a file, or --pairs, or --demo")
    function = _encoder(encoder, cache)
    twins = _twins(train_a, samples_a, train_b, samples_b, heldout)
    import twinseed as ts

    found = ts.audit(
        twins=twins,
        rng=seed,
        factors=factors,
        encoder=function,
        cache=cache,
        progress=not quiet,
    )
    if html is not None:
        with naming(path="--html"):
            found.to_html(html)
    if output is not None:
        _save(found, output)
    if as_json:
        print_json(found.to_dict())
    elif not quiet:
        say(found.told(table_width()))
    if found.failed:
        raise typer.Exit(FAILED)
    if found.unanswered:
        raise typer.Exit(CANNOT_TELL)


def _save(found: Audit, output: Path) -> None:
    """Write everything as .json or .html, or the readout as a readout is written."""
    ending = output.suffix.lower()
    if ending == ".json":
        save_json(found.to_dict(), output)
    elif ending == ".html":
        found.to_html(output)
    else:
        save_readout(found.readout, output)


def _require_alone(
    pairs: Path | None, pattern: str | None, demo: bool, given: Sequence[object]
) -> None:
    """Refuse options that say in two ways what is audited."""
    if pairs is None and not demo:
        raise InputError("--pattern", "is for published pairs", pattern, "pass --pairs as well")
    if demo and pairs is not None:
        raise InputError("--demo", "has twins of its own", str(pairs), "drop it, or --pairs")
    if any(one is not None for one in given):
        option = "--demo" if demo else "--pairs"
        raise InputError(option, "brings its own samples", "other files", "drop those, or it")


def _curves(pairs: Path | None, pattern: str | None, factors: int, seed: int) -> TwinCurves:
    if pairs is not None:
        from twinseed.curves.published import published_pairs

        return published_pairs(pairs, pattern=pattern, factors=factors, rng=seed)
    if find_spec("torch") is None or find_spec("safetensors") is None:
        raise MissingExtraError("torch and safetensors", "denoise", "The demo")
    from twinseed.denoise.demo import demo_curves

    return demo_curves(factors=factors, rng=seed)


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
    from twinseed.data.twins import Twins
    from twinseed.readers import load_roles, unseen_categories

    paths = {  # in the order of _ROLES
        "samples_a": samples_a,
        "samples_b": samples_b,
        "train_a": train_a,
        "train_b": train_b,
        "heldout": heldout,
    }
    found = load_roles({role: path for role, path in paths.items() if path is not None})
    for sentence in unseen_categories(found):
        complain(f"twinseed: {as_typed(sentence, dict(zip(paths, _ROLES, strict=True)))}")
    rows: dict[str, Any] = {"samples_b": None} | found
    return Twins(**rows)
