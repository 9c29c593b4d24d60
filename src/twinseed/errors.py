"""The few exceptions of twinseed; each says what was wrong and what to do next."""

from __future__ import annotations

__all__ = ["InputError", "MissingExtraError", "ReadoutError", "StoreError", "TwinseedError"]


class TwinseedError(Exception):
    """Base class: catch this to catch everything that twinseed raises on purpose.

    >>> issubclass(InputError, TwinseedError)
    True
    """


class InputError(TwinseedError, ValueError):
    """A bad argument: names the argument, says the problem, shows the value and the remedy.

    >>> raise InputError("n", "must be positive", -3, "pass the number of training rows")
    Traceback (most recent call last):
    twinseed.errors.InputError: n must be positive (got -3): pass the number of training rows
    """

    def __init__(self, argument: str, problem: str, value: object, remedy: str) -> None:
        self.argument = argument
        self.problem = problem
        self.value = value
        self.remedy = remedy
        super().__init__(f"{argument} {problem} (got {_short(value)}): {remedy}")

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, object, str]]:
        """Survive the trip back from a worker process (the message alone would not)."""
        return type(self), (self.argument, self.problem, self.value, self.remedy)


class ReadoutError(TwinseedError):
    """A data set that does not follow the readout schema, or two that do not align."""


class StoreError(TwinseedError):
    """A result store that belongs to another job, or cannot be written."""


class MissingExtraError(TwinseedError, ImportError):
    """An optional dependency is absent; says which extra brings it."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        self.parts = (package, extra, purpose)
        super().__init__(f"{purpose} needs {package}: pip install 'twinseed[{extra}]'")


def _short(value: object, limit: int = 120) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
