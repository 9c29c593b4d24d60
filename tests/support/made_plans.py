"""A plan made by hand, and rows that it needs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import twinseed as ts
from twinseed.planning import Plan
from twinseed.planning.bands import Band, RowsNeeded

NAN, INF = math.nan, math.inf


def made_plan(factors: int = 3) -> Plan:
    """Return a plan whose curves are made up; no two numbers are equal."""
    population = ts.estimate_population(
        ts.Spiked([9.0, 4.0]).sample(40, 60, np.random.default_rng(0))
    )
    plan = Plan(
        population, (population,) * 23, ts.Ridge(0.25), pilot_rows=40, unevenness=1.2345678,
        entropy=(5, 6),
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
            status = np.full(shape, "ok")
            found[name] = Band(rows, middle, low, high, status, rows / 40)
        return found

    plan.bands = bands  # type: ignore[method-assign]  # numbers of our own
    return plan


NEEDED = {
    "convergence 0.9": RowsNeeded(0.9, 1234.0, 987.0, 5678.0, "extrapolated", 30.85),
    "recovery 0.8 of factor 2": RowsNeeded(0.8, 35.0, 31.0, INF, "ok", 0.875),
    "recovery 0.99 of factor 1": RowsNeeded(0.99, NAN, NAN, NAN, "not identifiable", NAN),
}
WANTED = ["1,234 (987 to 5,678)", "35 (31 to no end)", "not identifiable"]
