"""Readouts made by hand, in which no two numbers are equal, and the titles of their figures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from twinseed import readout
from twinseed.drawing.style import INK, Look
from twinseed.readout import VARIABLES, Estimate
from twinseed.status import Status

RHO = "\N{GREEK SMALL LETTER RHO}"
TITLES = {
    "memorisation": (
        "Memorisation m",
        "1: all samples are copies; lower is better",
    ),
    "memorisation_ratio": (
        f"Memorisation ratio {RHO}",
        "1 (dotted): as new rows; lower is better",
    ),
    "memorisation_share": ("Share closer to training", "0.5 (dotted): no excess; lower is better"),
    "convergence": ("Convergence q", "0: the twins are unrelated; 1: they agree"),
    "recovery": ("Recovery Q", "0: the direction was not learned; 1: exactly"),
}
LOAD = ("training rows per dimension, n/d (few to many)", "log")
ROWS = ("training rows of each model, n (few to many)", "log")
BLACK = Look(INK, "-", "o")
LOADS = np.array([0.2, 0.5, 1.1, 2.3, 7.0])


def made(
    seed: int,
    dims: Mapping[str, Any],
    *,
    theory: bool = False,
    factors: Any = (3.0, 1.5),
    lacks: Mapping[str, int] = MappingProxyType({}),
    **coords: Any,
) -> Any:
    """Return a readout in which no two numbers are equal; ``lacks``: one that does not exist."""
    draw = np.random.default_rng(seed)
    shape = tuple(len(labels) for labels in dims.values())
    known = {}
    for name, variable in VARIABLES.items():
        full = (*shape, len(factors)) if variable.per_factor else shape
        value, status = draw.uniform(0.1, 0.9, full), np.full(full, "ok", dtype="U32")
        if name in lacks:
            value[lacks[name]], status[lacks[name]] = np.nan, Status.NO_THEORY
        se = np.zeros(full) if theory else draw.uniform(0.01, 0.05, full)
        known[name] = Estimate(value, se, status)
    every = {name: (name, np.asarray(labels, float)) for name, labels in dims.items()}
    base = {"n": 77.0, "d": 64.0, "gamma": 77 / 64}
    found = readout.make(
        known,
        source="predict" if theory else "simulate",
        coords={**base, **every, **coords},
        dims={name: len(labels) for name, labels in dims.items()},
        factors=list(factors),
    )
    return found.copy(deep=True)


SIZES = [30.0, 100.0, 300.0, 1000.0]


def over_rows(seed: int, *, joined: bool = False, factors: int = 3, **how: Any) -> Any:
    """Return a made readout over n; ``joined``: two of its directions were measured together."""
    found = made(seed, {"n": SIZES}, factors=np.arange(1.0, factors + 1), **how)
    if joined:  # the first two directions were measured together
        for part in ("recovery", "recovery_se"):
            found[part].values[:, 1] = found[part].values[:, 0]
    return found
