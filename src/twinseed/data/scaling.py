"""Tables in units of the spread of their own columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.data.twins import Twins
from twinseed.readers import Column

__all__ = ["column_units", "in_column_units", "spreads"]

_SPREAD = 3.289707  # widths between the quantiles 0.05 and 0.95 of a normal, in deviations
_ROWS = 100_000


def in_column_units(twins: Twins) -> Twins:
    """Return twins of a table with each column of numbers divided by its own spread.

    Equation: ``x_j / s_j``, see ``column_units``. Categories stay unchanged: two rows that differ
    in a category alone are at distance 1. Arrays without columns, and images, are returned
    unchanged: their columns have one unit already.
    """
    units = column_units(twins)
    if units is None:
        return twins
    arrays = {name: np.asarray(part) / units for name, part in twins.arrays.items()}
    rows = copy(twins.rows)  # equal rows stay equal: what is known of them stays true
    changed: dict[str, Any] = {name: arrays[name] for name in rows.arrays} | {
        "origin": None,
        "_latest": {},
    }
    for name, value in changed.items():
        object.__setattr__(rows, name, value)
    return Twins.of(rows, arrays["samples_a"], arrays.get("samples_b"))


def column_units(twins: Twins) -> Array | None:
    """Return the spread of each column of a table over all real rows, whatever their roles.

    See ``spreads``. None where rows are no table. Shapes: (d,).
    """
    if twins.columns is None or twins.image_shape is not None:
        return None
    return spreads([np.asarray(rows) for rows in twins.rows.arrays.values()], twins.layout)


def spreads(real: Sequence[NDArray[Any]], columns: Iterable[Column]) -> Array:
    """Return the spread of each column of a table over rows in several arrays.

    Equation: the distance of the quantiles 0.05 and 0.95 over 3.29, which is a standard deviation
    for normal columns and does not follow a few extreme values; the standard deviation where the
    quantiles are equal; 1 for constant columns and for categories. Shapes: (d,).

    >>> spreads([np.array([[0.0], [3.289707]])], [Column("age")]).round(6)
    array([0.9])
    """
    step = max(1, sum(len(rows) for rows in real) // _ROWS)
    units = np.ones(real[0].shape[1])
    start = 0
    for column in columns:
        if not column.categories:
            values = np.concatenate([rows[::step, start] for rows in real]).astype(np.float64)
            low, high = np.quantile(values, [0.05, 0.95])
            spread = (high - low) / _SPREAD or float(values.std())
            units[start] = spread or 1.0
        start += column.width
    return units
