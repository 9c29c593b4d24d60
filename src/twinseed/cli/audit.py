"""``twinseed audit``: the verdict on generators, from files of samples."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.curves import show_curves
from twinseed.cli.errors import CANNOT_TELL, FAILED, guarded
from twinseed.cli.options import (
    Cluster,
    Factors,
    Html,
    Json,
    MachineBorder,
    MachineFile,
    Output,
    Quiet,
    Seed,
    Threads,
    machine_of,
    option,
    require_writable,
)
from twinseed.cli.output import print_json, say, table_width
from twinseed.cli.reading import with_reading
from twinseed.cli.samples import (
    Cache,
    Encoder,
    Group,
    HeldOut,
    LabelsColumn,
    SamplesB,
    TrainB,
    UpToText,
    chosen_encoder,
    file_of_rows,
    loaded_twins,
)
from twinseed.cli.saving import READOUT, save_json, save_readout
from twinseed.errors import InputError, MissingExtraError
from twinseed.files import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinseed.auditing import Audit
    from twinseed.curves.curves import TwinCurves
    from twinseed.readers import ReadOptions

__all__ = ["audit"]


@guarded(path="--output", groups="--group", windows="--machine")
@with_reading
def audit(
    train_a: Annotated[str | None, file_of_rows("Rows that generator A was trained on.")] = None,
    samples_a: Annotated[str | None, file_of_rows("Samples of generator A.")] = None,
    train_b: TrainB = None,
    samples_b: SamplesB = None,
    heldout: HeldOut = None,
    encoder: Encoder = None,
    cache: Cache = None,
    group: Group = None,
    labels: LabelsColumn = None,
    up_to: UpToText = None,
    visible: Annotated[
        float,
        option(
            "SHARE",
            "The copied fraction that must have been visible before `no sign of copying` is said.",
        ),
    ] = 0.1,
    given_units: Annotated[
        bool,
        typer.Option(
            "--given-units",
            help="Compare the columns of a table in the units of the file. By default each column "
            "of numbers is divided by its spread.",
        ),
    ] = False,
    factors: Factors = 5,
    seed: Seed = 0,
    pairs: Annotated[
        Path | None,
        option(
            "FOLDER",
            "A folder of published pairs instead: two files of samples per n, such as "
            "A_100.pt and B_100.pt.",
        ),
    ] = None,
    pattern: Annotated[
        str | None,
        option("TEXT", 'Pattern of the file names in --pairs, such as "{side}_{n}.pt".'),
    ] = None,
    machine: MachineFile = None,
    border: MachineBorder = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Use trained twins that come with twinseed instead of files."),
    ] = False,
    html: Html = None,
    suspects: Annotated[
        Path | None,
        option(
            "FILE",
            "Write the samples that are clearly closest to one training row, each beside this "
            "row, as .csv or .json. The file holds rows of your data.",
        ),
    ] = None,
    workers: Threads = None,
    cluster: Cluster = None,
    output: Output = None,
    as_json: Json = False,
    quiet: Quiet = False,
    *,
    reading: Any,
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
    require_writable("--suspects", suspects, (".csv", ".json"))
    require_writable("--output", output, (*READOUT, ".html"))
    given = [train_a, samples_a, train_b, samples_b, heldout, encoder, cache, group, labels, up_to]
    given.append(suspects)
    beside = machine_of(machine, border)
    if beside and pairs is None:
        raise InputError("--machine", "needs --pairs", str(machine), "pass --pairs as well")
    if pairs is not None or demo or pattern is not None:
        _require_alone(pairs, pattern, demo, given)
        curves = _curves(pairs, pattern, factors, seed, reading, beside, workers)
        show_curves(curves, html, output, as_json, quiet)
        return
    if train_a is None or samples_a is None:
        missing = "--train-a" if train_a is None else "--samples-a"
        raise InputError(missing, "is needed", None, "pass a file, or --pairs, or --demo")
    function = chosen_encoder(encoder, cache)
    twins, notes = loaded_twins(
        *(train_a, samples_a, train_b, samples_b, heldout),
        reading=reading,
        group=group,
        labels=labels,
        up_to=up_to,
    )
    import twinseed as ts
    from twinseed.auditing.suspects import save_suspects

    found = ts.audit(
        twins=twins,
        rng=seed,
        factors=factors,
        encoder=function,
        cache=cache,
        visible=visible,
        column_units=not given_units,
        workers=workers,
        cluster=cluster,
        progress=not quiet,
    ).with_notes(notes)
    if html is not None:
        _write_page(found, html, "--html")
    if suspects is not None:
        save_suspects(found.suspects, suspects, "--suspects")
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
        _write_page(found, output, "--output")
    else:
        save_readout(found.readout, output)


def _write_page(found: Audit, path: Path, option: str) -> None:
    from twinseed.auditing.page import audit_page

    write_text(path, audit_page(found), option)


def _require_alone(
    pairs: Path | None, pattern: str | None, demo: bool, given: Sequence[object]
) -> None:
    """Refuse options that say in two ways what is audited."""
    if pairs is None and not demo:
        raise InputError("--pattern", "needs --pairs", pattern, "pass --pairs as well")
    if demo and pairs is not None:
        raise InputError("--demo", "comes with its own twins", str(pairs), "drop it, or --pairs")
    if any(one is not None for one in given):
        option = "--demo" if demo else "--pairs"
        raise InputError(
            option,
            "comes with its own samples",
            "other files",
            "leave out the files of samples, or leave out this option",
        )


def _curves(
    pairs: Path | None,
    pattern: str | None,
    factors: int,
    seed: int,
    reading: ReadOptions,
    beside: Mapping[str, Any],
    workers: int | None,
) -> TwinCurves:
    if pairs is not None:
        from twinseed.curves.published import published_pairs

        return published_pairs(
            pairs,
            pattern=pattern,
            factors=factors,
            rng=seed,
            reading=reading,
            workers=workers,
            **beside,
        )
    from twinseed.readers import ReadOptions as Unset

    if reading != Unset():
        raise InputError(
            "--demo", "comes with its own twins", "options of reading", "leave these options out"
        )
    if find_spec("torch") is None or find_spec("safetensors") is None:
        raise MissingExtraError("torch and safetensors", "denoise", "The demo")
    from twinseed.denoise.demo import demo_curves

    return demo_curves(factors=factors, rng=seed, workers=workers)
