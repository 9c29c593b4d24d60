"""The command line: parses, calls the library, prints; it computes nothing.

Help must be instant, so nothing here imports numpy before a command really runs.
"""

from __future__ import annotations

from typing import Annotated

import typer

from twinseed import __version__
from twinseed.cli import arrays, diagram, export, job, plan, readouts, theory, train

__all__ = ["app"]

app = typer.Typer(
    name="twinseed",
    no_args_is_help=True,
    add_completion=False,
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
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Do two generative models, trained on different halves of the data and started from the same
    seed, tell the same story; is it copied; did it catch the main factors?

    Exit status: 0 done; 1 a verdict or a claim failed; 2 bad input; 130 interrupted.
    """


for command in (
    theory.predict,
    theory.simulate,
    export.export,
    arrays.measure,
    arrays.audit,
    plan.plan,
    diagram.diagram,
    train.train,
    job.reproduce,
    readouts.compare,
):
    app.command()(command)
