"""A recipe of ARCHITECTURE.md, followed: new files, and lines after a line that is there."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CALLS", "GENERATED", "Added", "Recipe", "Reworded", "S", "public"]

S = "src/twinseed"
CALLS = "tests/random_caller/test_python.py"
GENERATED = "generated"


class Added(NamedTuple):
    """A line, put after the first line that holds ``anchor``; "..." stands for its indent."""

    anchor: str
    line: str


class Reworded(NamedTuple):
    """Text that takes the place of another."""

    old: str
    new: str


class Recipe(NamedTuple):
    """What is written (a text), changed (lines) or made anew (by a script), and the proof."""

    name: str
    files: dict[str, str | list[Added | Reworded]]
    proof: str
    """Python that runs in the copy."""
    tests: str = ""
    """Files of tests in the copy, and the words of ``-k``."""


def public(package: str, name: str) -> list[Added | Reworded]:
    """Return the two lines that make a name public."""
    return [
        Added("if TYPE_CHECKING:", f"    from twinseed.{package} import {name} as {name}"),
        Added("_HOME = {", f'    "{name}": "{package}",'),
    ]
