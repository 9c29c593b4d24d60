"""The public surface as lines of text: names, what they take, methods, commands and options.

    python -m tests.support.surface

writes tests/reference/surface.txt again. A line that vanishes needs a deprecation first.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

import twinseed
from twinseed.cli import app

__all__ = ["COMMITTED", "surface"]

COMMITTED = Path(__file__).parents[1] / "reference" / "surface.txt"


def surface() -> list[str]:
    """Return a line for each public name, method, property, command and option, in order."""
    return sorted({*_names(), *_commands()})


def _names() -> Iterator[str]:
    for name in twinseed.__all__:
        thing = getattr(twinseed, name)
        yield f"twinseed.{name}{_taken(thing)}"
        if not inspect.isclass(thing):
            continue
        for one in thing.__mro__:
            for attribute, found in vars(one).items():
                if attribute.startswith("_") or not one.__module__.startswith("twinseed"):
                    continue
                inner = getattr(found, "__func__", found)
                yield f"twinseed.{name}.{attribute}{_taken(inner)}"


def _taken(thing: Any) -> str:
    """Return the arguments of something that is called; of a property or a constant, nothing."""
    if not callable(thing) or (inspect.isclass(thing) and issubclass(thing, (str, Exception))):
        return ""
    taken = [
        ("*" if one.kind is one.VAR_POSITIONAL else "**" if one.kind is one.VAR_KEYWORD else "")
        + one.name
        + ("" if one.default is one.empty else "=")
        for one in inspect.signature(thing).parameters.values()
        if one.name not in ("self", "cls")
    ]
    return f"({', '.join(taken)})"


def _commands() -> Iterator[str]:
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]  # a group
        for one in command.params:
            typed = " ".join(one.opts) if one.param_type_name == "option" else str(one.metavar)
            yield f"twinseed {name} {typed}"
        yield f"twinseed {name}"


if __name__ == "__main__":
    COMMITTED.write_text("\n".join(surface()) + "\n", "utf-8")
