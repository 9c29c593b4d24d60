"""A plan made by hand, and rows that it needs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import twinseed as ts
from twinseed.planning import Plan
from twinseed.planning.bands import Band
from twinseed.planning.calibration import Calibrated
from twinseed.planning.needed import RowsNeeded

NAN, INF = math.nan, math.inf


def made_plan(factors: int = 3, **further: Any) -> Plan:
    """Return a plan whose curves are made up; no two numbers are equal."""
    population = ts.estimate_population(
        ts.Spiked([9.0, 4.0]).sample(40, 60, np.random.default_rng(0))
    )
    calibrated = Calibrated({}, 1.375, 0.0625, splits=17, rows=19, simulated=(19, 80, 321))
    groups = tuple(slice(k, k + 1) for k in range(population.factors.size))
    plan = Plan(
        population, calibrated, ts.Ridge(0.25), groups=groups, pilot_rows=40, unevenness=1.2345678,
        resamples=23, entropy=(5, 6), **further,
    )  # fmt: skip

    def bands(n: Any) -> dict[str, Band]:
        rows = np.atleast_1d(np.asarray(n, dtype=np.float64))
        found = {}
        for k, name in enumerate(
            ("convergence", "memorisation_ratio", "memorisation_share", "recovery")
        ):
            shape = rows.shape if name != "recovery" else (*rows.shape, factors)
            middle = np.random.default_rng(k).uniform(0.3, 0.6, shape)
            low, high = middle - 0.1 - 0.01 * middle, middle + 0.2 + 0.05 * middle
            status = np.full(shape, "extrapolated" if name == "memorisation_share" else "ok")
            found[name] = Band(rows, middle, low, high, status, rows / 40)
        return found

    plan.bands = bands  # type: ignore[method-assign]  # numbers of our own
    return plan


NEEDED = (
    RowsNeeded(0.9, 1234.0, 987.0, 5678.0, "extrapolated", 30.85),
    RowsNeeded(0.8, 35.0, 31.0, INF, "ok", 0.875, "recovery", 2),
    RowsNeeded(0.99, NAN, NAN, NAN, "not identifiable", NAN, "recovery", 1),
)
ASKED = ["convergence 0.9", "recovery 0.8 of factor 2", "recovery 0.99 of factor 1"]
WANTED = ["1,234 (987 to 5,678)", "35 (31 to no end)", "not identifiable"]


def plan_cell(band: Band, place: tuple[int, ...], usual: str = "ok") -> str:
    """Return what a table of the made plan writes: two decimals, as its bands are wide."""
    value, low, high = (getattr(band, part)[place] for part in ("value", "low", "high"))
    status = "" if band.status[place] == usual else f" {band.status[place]}"
    return f"{value:.2f} ({low:.2f}-{high:.2f}){status}"
