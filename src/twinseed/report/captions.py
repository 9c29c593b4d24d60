"""What stands below each figure: what it shows, the equation of its lines, where that is from."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["Caption", "caption"]


@dataclass(frozen=True)
class Caption:
    """The words around a figure; ``alternative`` is for readers who do not see it."""

    title: str
    text: str
    equations: list[str]
    source: str
    alternative: str


def caption(name: str) -> Caption:
    """Return the words of a figure, from ``captions.toml``.

    >>> caption("controls").title
    'The two controls'
    """
    return Caption(**_captions()[name])


@cache
def _captions() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("twinseed.report").joinpath("captions.toml").read_text("utf-8"))
