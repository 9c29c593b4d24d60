"""What every command does with an error: one line on stderr and an exit status, no traceback."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer

from twinseed.cli.interrupt import INTERRUPTED, at_once
from twinseed.errors import TwinseedError

__all__ = ["BAD_INPUT", "FAILED", "INTERRUPTED", "as_options", "guarded"]

FAILED = 1
BAD_INPUT = 2

_ARRAYS = re.compile(r"\b(train|samples)_([ab])\b|\bheldout\b")

Arguments = ParamSpec("Arguments")


def guarded(
    *, interrupted: str = "interrupted"
) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """Make a command end in one line on stderr where twinseed raises an error on purpose."""

    def decorate(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
        @functools.wraps(command)
        def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
            _one_thread()
            stopped = f"twinseed: {interrupted}"
            try:
                with at_once(stopped):
                    command(*args, **kwargs)
            except TwinseedError as error:
                typer.echo(f"twinseed: {as_options(str(error))}", err=True)
                raise typer.Exit(BAD_INPUT) from None
            except KeyboardInterrupt:
                typer.echo(stopped, err=True)
                raise typer.Exit(INTERRUPTED) from None

        return run

    return decorate


def as_options(message: str) -> str:
    """Call the arrays what they are called on the command line."""
    return _ARRAYS.sub(lambda match: "--" + match[0].replace("_", "-"), message)


def _one_thread() -> None:
    """Let linear algebra use one thread a process, unless the user has said otherwise.

    It must be said before numpy is loaded; threads that wait for one another cost more than they
    bring as soon as the machine does anything else.
    """
    if "numpy" not in sys.modules:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(variable, "1")
