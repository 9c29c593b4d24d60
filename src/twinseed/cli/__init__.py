"""The command line: each command reads options, calls the library and prints.

Help must appear at once, so no module here imports numpy before a command runs.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from twinseed._version import __version__
from twinseed.cli import (
    audit,
    compare,
    diagram,
    doctor,
    explore,
    export,
    inspect,
    measure,
    plan,
    predict,
    reproduce,
    simulate,
    train,
)

__all__ = ["app"]


class _Commands(TyperGroup):
    """The commands. A reader that stops early, as ``head`` does, is not an error."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        before = sys.stdout
        try:
            return super().main(*args, **kwargs)
        except SystemExit as end:
            if sys.stdout is not before and end.code == 1:  # typer's exit after a closed pipe
                raise SystemExit(0) from None
            raise


app = typer.Typer(
    name="twinseed",
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"twinseed {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Two generative models are trained on different halves of the data and sampled from the same
    seeds: do they agree, do they copy, and did they learn the main factors of the data?

    Exit status: 0 done, nothing found; 1 something found: copying, a claim that does not agree, a
    difference beyond the limit, a fault of the installation; 2 bad input; 3 a question has no
    answer; 70 an error inside twinseed; 130 interrupted.
    """


for command in (
    predict.predict,
    simulate.simulate,
    export.export,
    measure.measure,
    audit.audit,
    inspect.inspect,
    plan.plan,
    diagram.diagram,
    train.train,
    reproduce.reproduce,
    compare.compare,
    explore.explore,
    doctor.doctor,
):
    app.command()(command)
