"""The captions of figures: what a figure shows, the equations of its lines, their source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["Caption", "caption"]


@dataclass(frozen=True)
class Caption:
    """The text of a figure; ``alternative`` is for readers who cannot see the figure."""

    title: str
    text: str
    equations: list[str]
    source: str
    alternative: str


def caption(name: str) -> Caption:
    """Return the text of a figure, from the ``captions.toml`` of the package that draws it.

    >>> caption("controls").title
    'The two controls'
    """
    return Caption(**_captions()[name])


@cache
def _captions() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for package in files("twinseed").iterdir():
        words = package.joinpath("captions.toml")
        if words.is_file():
            found |= tomllib.loads(words.read_text("utf-8"))
    return found
