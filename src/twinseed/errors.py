"""The exceptions of twinseed; each says what is wrong and what to do next."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = [
    "InputError",
    "MissingExtraError",
    "NoTheoryError",
    "ReadoutError",
    "StoreError",
    "TwinseedError",
    "escaped",
    "needs",
]


class TwinseedError(Exception):
    """Base class of all exceptions of twinseed: catch this class to catch all of them.

    Every such error can be copied and pickled, for any arguments of its class. So an error in a
    worker process arrives with its message, its attributes and its notes.

    >>> issubclass(InputError, TwinseedError)
    True

    See also: ``InputError``.
    """

    def __str__(self) -> str:
        return escaped(super().__str__(), keep="\n")

    def __reduce__(self) -> tuple[Callable[..., TwinseedError], tuple[Any, ...]]:
        state = {name: _sendable(value) for name, value in vars(self).items()}
        return _remade, (type(self), self.args, state)


class InputError(TwinseedError, ValueError):
    """A bad argument: names the argument, says the problem, shows the value and the remedy.

    Args:
        argument: name of the argument.
        problem: what is wrong, as the rest of a sentence: "must be positive".
        value: the value that was passed.
        remedy: what to pass instead.

    >>> raise InputError("n", "must be positive", -3, "pass the number of training rows")
    Traceback (most recent call last):
    twinseed.errors.InputError: n must be positive (got -3): pass the number of training rows

    See also: ``TwinseedError``.
    """

    def __init__(self, argument: str, problem: str, value: object, remedy: str) -> None:
        self.argument = argument
        self.problem = problem
        self.value = value
        self.remedy = remedy
        super().__init__(escaped(f"{argument} {problem} (got {_short(value)}): {remedy}"))


class ReadoutError(TwinseedError):
    """A data set that does not follow the readout schema, or two readouts on different grids."""


class NoTheoryError(TwinseedError):
    """Theory has no number for one model: only the cell of this model is missing in a grid."""


class StoreError(TwinseedError):
    """A result store that belongs to another job, or cannot be written."""


class MissingExtraError(TwinseedError, ImportError):
    """An optional dependency is not installed; the message names the extra to install.

    Args:
        package: the missing package.
        extra: the extra of twinseed that installs the package.
        purpose: what needs the package, as the beginning of a sentence.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.parts = (package, extra, purpose)
        super().__init__(f"{purpose} needs {package}: pip install 'twinseed[{extra}]'")


@contextmanager
def needs(package: str, extra: str, purpose: str) -> Iterator[None]:
    """Import optional libraries in the block: without them ``MissingExtraError`` is raised."""
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(package, extra, purpose) from error


def escaped(text: str, keep: str = "") -> str:
    """Return text in which characters that cannot be printed are escaped.

    The name of a file or of a column may contain control characters that clear a terminal, change
    its colours or reverse the direction of writing. These are shown as Python writes them.

    >>> escaped("\\x1b[31mred")
    '\\\\x1b[31mred'
    """
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
    )


def _remade(
    kind: type[TwinseedError], arguments: tuple[Any, ...], state: dict[str, Any]
) -> TwinseedError:
    """Return an error with these arguments and attributes; its own ``__init__`` is not called."""
    error = kind.__new__(kind, *arguments)
    builtin: Any = next(one for one in kind.__mro__ if one.__module__ == "builtins")
    builtin.__init__(error, *arguments)
    vars(error).update(state)
    return error


def _sendable(value: object) -> object:
    """Return ``value``, or its text in the message if it cannot be pickled."""
    try:
        pickle.dumps(value)
    except Exception:
        return _short(value)
    return value


def _short(value: object, limit: int = 120) -> str:
    """Return the text of a value in the message; for a value without a text, its type."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception:  # an integer of more than 4,300 digits, or a class whose __repr__ fails
        return f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 3] + "..."
