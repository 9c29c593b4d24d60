"""Finds the directions of a readout that share one line of a figure."""

from __future__ import annotations

import numpy as np

from twinseed.readout import Readout

__all__ = ["directions"]


_MOST_LINES = 3


def directions(measured: Readout) -> dict[str, int]:
    """Return a label and the first factor of each line; factors of one subspace share a line."""
    values = measured["recovery"].values
    found: dict[str, int] = {}
    first = 0
    for k in range(1, values.shape[-1] + 1):
        ends = k == values.shape[-1] or not np.array_equal(
            values[..., k], values[..., first], equal_nan=True
        )
        if ends and len(found) < _MOST_LINES:
            one = k == first + 1
            found[f"direction {k}" if one else f"directions {first + 1} to {k}"] = first + 1
        if ends:
            first = k
    return found
