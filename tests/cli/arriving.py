"""How the tests of options say what an option makes of the arguments of the library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Seen = dict[str, Any]


@dataclass(frozen=True)
class Arrives:
    """``words`` make ``get`` of the recorded arguments equal to ``want``.

    ``base`` stands in for the words of ``CALLS``, ``at`` for the function that is recorded.
    """

    words: str
    get: Callable[[Seen], Any]
    want: Any
    base: str | None = None
    at: str | None = None


def item(name: str) -> Callable[[Seen], Any]:
    return lambda seen: seen.get(name)


def text(name: str) -> Callable[[Seen], Any]:
    return lambda seen: repr(seen.get(name))


def rows(name: str) -> Callable[[Seen], Any]:
    """Return the first entry of an array of the recorded twins."""

    def first(seen: Seen) -> Any:
        found = getattr(seen["twins"], name)
        return None if found is None else float(found[0, 0])

    return first


def units_of_heldout(seen: Seen) -> Any:
    units = seen["twins"].units
    return units["heldout"].tolist() if "heldout" in units else None


def classes_of_samples(seen: Seen) -> Any:
    found = seen["twins"].classes
    return found and found.of(["samples_a"])["samples_a"]


def opens_a_browser(seen: Seen) -> bool:
    """Say whether the page is opened in a browser when it is served."""
    opened: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("webbrowser.open", opened.append)
        seen["started"]()
    return bool(opened)


def first_of(path: str) -> float:
    """Return the first entry of a file that ``prepared`` makes."""
    draw = np.random.default_rng(0)
    made = {n: draw.standard_normal((c, 5)) for n, c in SIZES.items()}
    return float(made[path][0, 0])


SIZES = {"a": 60, "b": 60, "h": 60, "ga": 40, "gb": 40, "pilot": 40}
SIZE = "--d 20 --n 10"
SEED = Arrives("--seed 7", item("rng"), 7)
QUIET = Arrives("--quiet", item("progress"), False)
WORKERS = Arrives("--workers 3", item("workers"), 3)
CLUSTER = Arrives("--cluster tcp://host:8786", item("cluster"), "tcp://host:8786")
STORE = Arrives("--store kept.sqlite", text("store"), repr(Path("kept.sqlite")))
