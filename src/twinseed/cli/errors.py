"""Turns the error of any command into a sentence on stderr and an exit status.

No other module sets the exit status of an error. A traceback is shown only with ``--debug``.
"""

from __future__ import annotations

import functools
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ParamSpec, get_type_hints

import typer

from twinseed.cli.interrupt import INTERRUPTED, at_once
from twinseed.errors import InputError, TwinseedError

__all__ = [
    "BAD_INPUT",
    "CANNOT_TELL",
    "FAILED",
    "INTERRUPTED",
    "OUR_FAULT",
    "as_typed",
    "complain",
    "guarded",
]

FAILED = 1
"""Something was found: copying, a claim that does not agree, a difference beyond the limit."""
BAD_INPUT = 2
CANNOT_TELL = 3
"""A question that was asked has no answer."""
OUR_FAULT = 70

Arguments = ParamSpec("Arguments")
Debug = Annotated[
    bool, typer.Option("--debug", help="Show the traceback of an error inside twinseed.")
]


def guarded(
    called: Mapping[str, str | Sequence[str]] | None = None,
    /,
    *,
    interrupted: str = "interrupted; run the same command again",
    patience: float | None = None,
    **more: str | Sequence[str],
) -> Callable[[Callable[Arguments, None]], Callable[Arguments, None]]:
    """Make a command end with a sentence and an exit status after any error.

    ``called`` and ``more`` map arguments of the library to options of the command line, where their
    names differ. If several options are listed, the option that was passed is named. ``patience``
    is the number of seconds that the command has to end after a Ctrl-C.
    """

    def decorate(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
        @functools.wraps(command)
        def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
            debug = bool(kwargs.pop("debug", False))
            _one_thread()
            stopped = f"twinseed: {interrupted}"
            options = _options_of(command)
            names = {
                "rng": "--seed",
                **options,
                **_given({**(called or {}), **more}, options, kwargs),
            }
            try:
                with at_once(stopped, patience):
                    require_workers(kwargs.get("workers"))
                    command(*args, **kwargs)
                    _flush()
            except (typer.Exit, typer.Abort):
                _flush()
                raise
            except KeyboardInterrupt:
                complain(stopped)
                raise typer.Exit(INTERRUPTED) from None
            except Exception as error:
                if debug:
                    complain(traceback.format_exc().rstrip())
                status, sentence = _told(error, names, command.__name__)
                complain(f"twinseed: {sentence}")
                raise typer.Exit(status) from None

        _add_debug(run, command)
        return run

    return decorate


def as_typed(message: str, names: Mapping[str, str]) -> str:
    """Replace names of arguments in a sentence by their options on the command line.

    Names with an underscore are always replaced, other names only in the form ``name=``.

    >>> as_typed("train_b lies in train_a: pass workers=1", {"workers": "--workers"})
    'train_b lies in train_a: pass --workers 1'
    """
    if not names:
        return message
    one_of = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    words = "|".join(re.escape(n) for n in names if "_" in n or n == "heldout") or r"(?!)"
    pattern = re.compile(rf"(?<![\w./-])(?:(?P<set>{one_of})=|(?P<word>{words})\b(?![\w=./]))")
    return pattern.sub(
        lambda found: f"{names[found['set']]} " if found["set"] else names[found["word"]], message
    )


def complain(text: str) -> None:
    """Print on stderr, if the process has a stderr."""
    if sys.stderr is not None:
        typer.echo(text, err=True)


def require_workers(workers: object) -> None:
    """Refuse 0 workers, and too many: each worker needs about 100 MB before it starts to work."""
    most = max(16, 4 * (os.cpu_count() or 1))
    if isinstance(workers, int) and workers < 1:
        remedy = "pass the number of processes to use"
        raise InputError("--workers", "must be a whole number, at least 1", workers, remedy)
    if isinstance(workers, int) and workers > most:
        raise InputError(
            "--workers",
            f"must be at most {most} on this machine",
            workers,
            f"pass {os.cpu_count()}, the number of processors; more processes do not make the "
            "command faster",
        )


def _told(error: Exception, names: Mapping[str, str], command: str) -> tuple[int, str]:
    """Return the exit status and the sentence of an error."""
    if isinstance(error, InputError):
        renamed = _named(error.argument, names)
        problem, remedy = as_typed(error.problem, names), as_typed(error.remedy, names)
        value = _placed(error.value, names) if isinstance(error.value, str) else error.value
        return BAD_INPUT, str(InputError(renamed, problem, value, remedy))
    if isinstance(error, TwinseedError):
        return BAD_INPUT, as_typed(str(error), names)
    if isinstance(error, MemoryError):
        return BAD_INPUT, "the memory of this machine is too small: use fewer rows or columns"
    if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
        what = error.strerror or str(error) or type(error).__name__
        where = f"{error.filename} cannot be used" if error.filename else "a file cannot be used"
        return BAD_INPUT, f"{where} ({what}): check the folder, the permissions and the disk"
    said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return OUR_FAULT, (
        f"an error inside twinseed ({said}). The fault is twinseed's, not yours: run the same "
        f"command with --debug, and report what it prints, with `twinseed {command}` and its "
        "options, and `twinseed --version`"
    )


def _named(argument: str, names: Mapping[str, str]) -> str:
    """Return the option of an argument; ``train_a[2, 1]`` keeps the part in brackets."""
    several = argument.split(", ")
    if len(several) > 1 and all(one in names for one in several):
        return ", ".join(names[one] for one in several)
    found = re.match(r"[A-Za-z_]\w*", argument)
    if found and found[0] in names:
        return names[found[0]] + as_typed(argument[found.end() :], names)
    return as_typed(argument, names)


def _placed(value: str, names: Mapping[str, str]) -> str:
    """Rename the argument before a bracket, as in ``train_a[3]``; other text is the user's."""
    return re.sub(
        r"(?<![\w./-])([a-z]\w*)(?=\[\d)", lambda found: names.get(found[1], found[1]), value
    )


def _options_of(command: Callable[..., Any]) -> dict[str, str]:
    """Return the option of each parameter of a command.

    >>> def example(train_a: str, as_json: Annotated[bool, typer.Option("--json", "-j")]) -> None:
    ...     pass
    >>> _options_of(example)
    {'train_a': '--train-a', 'as_json': '--json'}
    """
    names = {}
    for name, hint in get_type_hints(command, include_extras=True).items():
        if name == "return":
            continue
        typed = f"--{name.replace('_', '-')}"
        for about in getattr(hint, "__metadata__", ()):
            if isinstance(about, typer.models.ArgumentInfo):
                typed = str(about.metavar or name.upper())
            elif isinstance(about, typer.models.OptionInfo):
                given = [about.default, *(about.param_decls or ())]
                long = [one for one in given if isinstance(one, str) and one.startswith("--")]
                typed = long[0] if long else typed
        names[name] = typed
    return names


def _given(
    called: Mapping[str, str | Sequence[str]], options: Mapping[str, str], values: Mapping[str, Any]
) -> dict[str, str]:
    """Return the option of each argument; of several options, the first that has a value.

    >>> _given({"path": ("ONE", "--two")}, {"one": "ONE", "two": "--two"}, {"one": None, "two": 2})
    {'path': '--two'}
    """
    typed = [options[name] for name, value in values.items() if value is not None]
    return {
        argument: one if isinstance(one, str) else next((o for o in one if o in typed), one[0])
        for argument, one in called.items()
    }


def _add_debug(run: Any, command: Callable[..., Any]) -> None:
    """Add the option --debug to a command, whose function does not take it."""
    signature = inspect.signature(command, eval_str=True)
    debug = inspect.Parameter(
        "debug", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Debug
    )
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), debug])
    run.__annotations__ = {**get_type_hints(command, include_extras=True), "debug": Debug}


def _flush() -> None:
    """Flush stdout while an error of writing can still be reported."""
    from twinseed.cli.output import say

    say("", end="")


def _one_thread() -> None:
    """Let linear algebra use one thread per process, unless the user has set another number.

    This must be set before numpy is loaded. With several threads, linear algebra is slower as soon
    as other programs run on the machine, because the threads wait for each other.
    """
    if "numpy" not in sys.modules:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(variable, "1")
