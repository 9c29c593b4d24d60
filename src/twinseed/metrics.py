"""Turns readouts into flat dictionaries of floats, as training loops log these."""

from __future__ import annotations

import math

import numpy as np

from twinseed.errors import InputError
from twinseed.readout import VARIABLES, Readout, check

__all__ = ["to_metrics"]


def to_metrics(readout: Readout, prefix: str = "") -> dict[str, float]:
    """Return the numbers of a readout as a flat dictionary of floats, for loggers.

    Equation: the key of a variable is its name, such as "convergence"; its standard error has the
    key "convergence_se"; a variable of factors has one key per factor, from 1: "recovery_1",
    "recovery_1_se". Range: see ``readout.VARIABLES``. A number that does not exist has no key: no
    value is NaN or infinite. Keys consist of letters, digits and underscores after the prefix, so
    every logger accepts the keys.

    Args:
        readout: the readout of one point, as from ``measure``; a readout along a grid is refused.
        prefix: text before each key, such as "twins/".

    Returns:
        A dictionary of text to float, ready for ``log`` of a logger.

    Raises:
        InputError: a readout along a grid, or a prefix that is not text.
        ReadoutError: the argument is not a readout.

    Validity: the statuses are left out: read them in the readout before you rely on a number.
    Source: the docstring of ``readout.VARIABLES``.

    >>> import twinseed as ts
    >>> found = to_metrics(ts.predict(ts.Spiked([1.0]), ts.Ridge(0.1), n=200, d=100), "theory/")
    >>> round(found["theory/convergence"], 3), round(found["theory/recovery_1"], 3)
    (0.896, 0.333)

    See also: ``Accumulator``, ``measure``, ``audit``.
    """
    if not isinstance(prefix, str):
        raise InputError("prefix", "must be text", prefix, 'pass text such as "twins/", or ""')
    grid = [str(name) for name in check(readout).dims if name != "factor"]
    if grid:
        raise InputError(
            "readout",
            "must be one point, not a grid",
            f"dimensions {', '.join(grid)}",
            f"choose a point, such as readout.isel({grid[0]}=0)",
        )
    found: dict[str, float] = {}
    for name, variable in VARIABLES.items():
        values = np.atleast_1d(readout[name].values)
        errors = np.atleast_1d(readout[f"{name}_se"].values)
        for place, (value, error) in enumerate(zip(values, errors, strict=True)):
            key = f"{prefix}{name}_{place + 1}" if variable.per_factor else f"{prefix}{name}"
            if math.isfinite(value):
                found[key] = float(value)
                if math.isfinite(error):
                    found[f"{key}_se"] = float(error)
    return found
