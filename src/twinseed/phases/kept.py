"""The settings of a phase diagram in its store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twinseed._version import __version__
from twinseed.errors import StoreError
from twinseed.phases.plane import ENGINE
from twinseed.phases.tiles import ACROSS
from twinseed.sweep import Job, Result, described, stored

__all__ = ["KIND", "VERSION", "KeptSettings", "kept_settings", "no_work"]

KIND = "phase diagram"
VERSION = f"{__version__}/{ENGINE.revision}/1"


@dataclass(frozen=True)
class KeptSettings:
    """The settings of a diagram in a store: the plane, the seed, the largest number of points."""

    plane: Mapping[str, Any]
    entropy: tuple[int, ...]
    cells: int


def kept_settings(path: str | Path) -> KeptSettings:
    """Read the settings of the diagram in a store.

    Raises:
        StoreError: the store cannot be read, has no phase diagram, or is of another version.
    """
    about = described(path)
    if about.get("kind") != KIND:
        raise StoreError(
            f"{path} has no phase diagram: pass a store that was made by phase_diagram"
        )
    if about["version"] != VERSION:
        said = Job(KIND, VERSION, ()).other_version(about) or "was made by another revision"
        raise StoreError(f"{path} {said}: draw the diagram again with another store")
    asked = (text["cells"] for text, _ in stored(path) if "cells" in text)
    return KeptSettings(
        plane=json.loads(about["plane"]),
        entropy=tuple(int(word) for word in about["seed"].split()),
        cells=max(asked, default=ACROSS**2),
    )


def no_work(rng: np.random.Generator) -> Result:
    """Return nothing: the work of a cell of which only the description is used."""
    return {}
