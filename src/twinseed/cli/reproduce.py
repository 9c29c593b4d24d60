"""``twinseed reproduce``: the main job."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twinseed.cli.errors import FAILED, guarded
from twinseed.cli.options import Json, Quiet, Seed, Workers, option, require_folder
from twinseed.cli.output import print_json, print_table, say
from twinseed.cli.reading import rows_told, with_reading
from twinseed.errors import InputError, MissingExtraError
from twinseed.tables import percent

if TYPE_CHECKING:
    from twinseed.reproduction import Reproduction

__all__ = ["reproduce"]

_FOLDER = Path("reproduction")


@guarded(
    interrupted="interrupted; run the same command again to continue",
    path="--data",
    folder=("FOLDER", "--output"),
)
@with_reading
def reproduce(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Folder for all files.  [default: reproduction]"),
    ] = None,
    output: Annotated[
        Path | None, option("FOLDER", "Another way to name FOLDER.", "--output", "-o")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer and smaller draws.")] = False,
    data: Annotated[
        str | None, option("FILE", "Your own rows, in any format, one row per sample.")
    ] = None,
    seed: Seed = 0,
    workers: Workers = 2,
    as_json: Json = False,
    quiet: Quiet = False,
    *,
    reading: Any,
) -> None:
    """Test every claim of the linear theory.

    Tests by simulation and on real data. Writes a page, figures, readouts and a table of claims
    into FOLDER. After an interruption the same command continues. The exit status is 1 if a claim
    does not agree.
    """
    if folder is not None and output is not None and folder != output:
        raise InputError("FOLDER", "is passed twice", f"{folder}, {output}", "name one folder")
    target = folder or output or _FOLDER
    require_folder("FOLDER", folder)
    require_folder("--output", output)
    if find_spec("matplotlib") is None:
        raise MissingExtraError("matplotlib", "figures", "The page of the main job")
    from twinseed.progress import track
    from twinseed.readers import ReadOptions
    from twinseed.reproduction import reproduce
    from twinseed.reproduction.page import write_reproduction, writing_steps

    show = not quiet
    rows: Any = data
    if data is not None:
        read = rows_told(data, reading)
        rows = data if reading == ReadOptions() else read  # a path gives the page its name
    found = reproduce(target, quick=quick, data=rows, rng=seed, workers=workers, progress=show)
    with track(writing_steps(found), "page", show) as progress:
        page = write_reproduction(found, target, progress)
    if as_json:
        claims = [claim.to_dict() for claim in found.claims]
        print_json(
            {
                "schema": 1,
                "page": str(page),
                "agrees": found.agrees,
                "claims": claims,
                "settings": dict(found.settings),
            }
        )
    elif not quiet:
        _print_claims(found)
        say(str(page))
    if not found.agrees:
        raise typer.Exit(FAILED)


def _print_claims(found: Reproduction) -> None:
    from twinseed.reproduction.claims import told

    rows = [
        (
            _SHORT[claim.by],
            f"{claim.bound} {claim.predicted:.4g}".strip(),
            f"{claim.measured:.4g}",
            f"{claim.low:.4g} to {claim.high:.4g}",
            f"{claim.allowance:.2g}" if claim.allowance else "0",
            claim.sentence,
        )
        for claim in found.claims
    ]
    header = ("", "predicted", "measured", "95 % interval", "allowed", "claim")
    print_table(header, rows, prose=True)
    say(
        "\nagrees: the prediction lies within the 95 % interval; 3 s.e.: within three standard "
        "errors;"
    )
    say("allowed: only with the difference that the claim allows, fixed before measuring.")
    for claim in found.claims:
        if claim.by == "allowance":
            share = percent(claim.relative, 2)
            say(f"- {claim.name}: allowed {claim.allowance:.2g} ({share}); {claim.reason}")
    say(f"\n{told(found.claims)}")


_SHORT = {
    "interval": "agrees",
    "three standard errors": "3 s.e.",
    "allowance": "allowed",
    "": "DOES NOT AGREE",
}
"""The verdict of each claim in the terminal, by what the claim agrees."""
