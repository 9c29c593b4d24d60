"""A plan as a table, as a data frame, as text, as a dictionary and as a readout."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.planning.calibration import LEVEL, NORMAL
from twinseed.planning.targets import checked_rows
from twinseed.tables import data_frame, drawn_table, percent

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from twinseed.planning.answer import Plan

__all__ = ["PROTOCOL", "dictionary", "frame", "readout", "table", "text"]

PROTOCOL = 3
"""Version of how a plan is made and of the dictionary that it hands on."""

_LOADS: Array = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
_SHOWN_GROUPS = 3


def shown_rows(plan: Plan, n: ArrayLike | None) -> Array:
    """Return the n at which a plan is shown: 1 to 32 times the pilot unless they are given."""
    return plan.pilot_rows * _LOADS if n is None else checked_rows(n)[0]


def dictionary(plan: Plan, n: ArrayLike | None) -> dict[str, Any]:
    """Return the plan at ``n``, ready for JSON."""
    from twinseed._version import __version__

    rows = shown_rows(plan, n)
    parts = ("value", "low", "high", "status")
    calibrated = plan.calibrated
    return {
        "schema": 1,
        "protocol": PROTOCOL,
        "twinseed": __version__,
        "pilot": {
            "rows": plan.pilot_rows,
            "columns": plan.d,
            "constant_columns": plan.population.constant_columns,
            "repeated_rows": plan.repeated,
            "unevenness": plan.unevenness,
            "heaviest": plan.heaviest,
            "effective_dimension": plan.population.effective_dimension(plan.d),
        },
        "filter": dict(plan.filter.description()),
        "seed": list(plan.entropy),
        "resamples": plan.resamples,
        "calibration": {
            "splits": calibrated.splits,
            "rows": calibrated.rows,
            "factor": calibrated.factor,
            "log_error": calibrated.log_error if calibrated.splits else None,
            "oddness": calibrated.oddness if calibrated.splits else None,
            "excess": calibrated.excess if calibrated.splits else None,
            "simulated": list(calibrated.simulated),
        },
        "ceiling": plan.ceiling,
        "level": LEVEL,
        "factors": plan.population.factors.tolist(),
        "groups": [[one.start + 1, one.stop] for one in plan.groups],
        "detectable": plan.population.detectable,
        "n": rows.tolist(),
        "reach": (rows / plan.pilot_rows).tolist(),
        "curves": {
            name: {part: getattr(one, part).tolist() for part in parts}
            for name, one in plan.bands(rows).items()
        },
        "method": plan.method(),
        "limits": plan.limits(),
    }


def table(plan: Plan, n: ArrayLike | None) -> list[tuple[str, ...]]:
    """Return the plan at ``n`` as rows of text, the header first."""
    rows = shown_rows(plan, n)
    columns = {
        "n": [f"{one:,.0f}" for one in rows],
        "x pilot": [f"{one / plan.pilot_rows:.3g}" for one in rows],
    }
    known = plan.bands(rows)
    bands = {
        name.replace("_", " "): known[name]
        for name in ("convergence", "memorisation_ratio", "memorisation_share")
    }
    for group in plan.groups[:_SHOWN_GROUPS]:
        ends = (group.start + 1, group.stop)
        name = f"{ends[0]}-{ends[1]}" if ends[1] > ends[0] else str(ends[0])
        bands[f"recovery {name}"] = known["recovery"].of(group.start)
    usual = bands["convergence"].status.tolist()
    for name, band in bands.items():
        statuses = zip(band.cells(), band.status.tolist(), usual, strict=True)
        columns[name] = [
            cell if status == expected else f"{cell} {status}"
            for cell, status, expected in statuses
        ]
    columns["status"] = usual
    return [tuple(columns), *zip(*columns.values(), strict=True)]


def frame(plan: Plan, n: ArrayLike | None) -> pd.DataFrame:
    """Return the plan at ``n`` as a table of pandas, one row per variable, n and factor."""
    told = []
    for name, band in plan.bands(shown_rows(plan, n)).items():
        columns = band.columns()
        size = columns["n"].size
        named = {"variable": np.full(size, name), "factor": np.full(size, np.nan)}
        told.append(named | columns)
    whole = {name: np.concatenate([one[name] for one in told]) for name in told[0]}
    return data_frame(whole, "Plan.to_frame")


def text(plan: Plan, n: ArrayLike | None, width: int | None) -> str:
    """Return the table of the plan at ``n``, how the plan was made, and what it cannot tell."""
    header, *rows = table(plan, n)
    of = "linear models" if plan.ceiling is None else "a trained network"
    about = (
        f"Plan for {of}, from {plan.pilot_rows} rows of {plan.d} columns, {plan.filter!r}. "
        f"n: training rows of each model; in brackets: {percent(LEVEL)} bands."
    )
    notes = (
        textwrap.fill(one, min(96, width or 96), initial_indent="- ", subsequent_indent="  ")
        for one in (*plan.method(), *plan.limits())
    )
    return "\n".join([about, "", drawn_table(header, rows, width=width, keys=2), "", *notes])


def readout(plan: Plan, n: ArrayLike) -> xr.Dataset:
    """Return the plan at ``n`` as a readout, with errors by the bands."""
    from twinseed.readout import VARIABLES, check
    from twinseed.verbs.predict import predict

    rows, scalar = checked_rows(n)
    found = predict(plan.population, plan.filter, n=int(rows[0]) - 1 if scalar else rows - 1)
    found = found.assign_coords(n=found["n"] + 1, gamma=(found["n"] + 1) / plan.d)
    known = dict(plan.bands(n))
    q = known["convergence"]
    known["convergence_gap"] = replace(q, value=1.0 - q.value, low=1.0 - q.high, high=1.0 - q.low)
    for name in VARIABLES:
        se = found[f"{name}_se"]
        if name in known:
            one = known[name]
            found[name] = found[name].copy(data=one.value)
            found[f"{name}_se"] = se.copy(data=(one.high - one.low) / (2.0 * NORMAL))
            found[f"{name}_status"] = found[f"{name}_status"].copy(data=one.status)
            # the band holds what the calibrated value may be off by
            found[f"{name}_bias"] = found[f"{name}_bias"] * np.nan
        else:
            found[f"{name}_se"] = se * np.nan
    found.attrs.update(source="plan", pilot_rows=plan.pilot_rows, entropy=str(plan.entropy))
    return check(found)
