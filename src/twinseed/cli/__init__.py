"""The command line: each command reads options, calls the library and prints.

Help must appear at once, so no module here imports numpy before a command runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from twinseed._version import __version__
from twinseed.cli.values import LightCommand, lightened

__all__ = ["app"]

COMMANDS = (
    *("predict", "simulate", "export", "measure", "audit", "inspect", "plan", "diagram", "train"),
    *("reproduce", "compare", "explore", "doctor"),
)
"""The commands, in the order of the help. Each is the function of its name in its own module."""

app: typer.Typer
"""All commands; made when it is first asked for."""


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

    def get_params(self, ctx: Any) -> list[Any]:
        return lightened(super().get_params(ctx))


def run(words: Sequence[str]) -> None:
    """Run the command line. To make all commands takes longer than to make the one that is named.

    The help of all commands and errors about an unknown one need all of them.
    """
    named = [words[0]] if words and words[0] in COMMANDS else COMMANDS
    _made(named)(words, prog_name="twinseed")


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()["app"] = made = _made(COMMANDS)
    return made


def _made(names: Sequence[str]) -> typer.Typer:
    """Return the command line with some commands."""
    made = typer.Typer(
        name="twinseed",
        cls=_Commands,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback()(main)
    for name in names:
        command = getattr(import_module(f"twinseed.cli.{name}"), name)
        made.command(cls=LightCommand)(command)
    return made


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"twinseed {__version__}")
        raise typer.Exit


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
