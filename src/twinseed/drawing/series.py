"""Reads the points of a panel from a readout: x, y and the half width of the 95 % interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from twinseed.arrays import Array
from twinseed.intervals import half_width
from twinseed.readout import Readout

__all__ = ["Series", "axis_values", "series"]


@dataclass(frozen=True)
class Series:
    """Points along one axis, in its order; points without a number are left out."""

    x: Array
    y: Array
    half: Array

    def __len__(self) -> int:
        return self.x.size


def series(
    readout: Readout,
    name: str,
    along: str = "gamma",
    at: Mapping[str, float] = MappingProxyType({}),
) -> Series:
    """Read a variable along a coordinate; ``at`` gives one label of every other dimension.

    Labels of dimensions that the readout does not have are ignored, and a dimension of length one
    needs no label. So the same call reads readouts with one ridge and with several ridges.
    """
    cell = readout[[name, f"{name}_se"]].assign_coords({along: readout[along]})
    for dimension, label in at.items():
        if dimension in cell.dims:
            cell = cell.sel({dimension: label}, method="nearest")
    kept = cell[along].dims
    single = [dim for dim, size in cell.sizes.items() if size == 1 and dim not in kept]
    cell = cell.squeeze(single, drop=True)
    y = np.atleast_1d(cell[name].values)
    if y.ndim > 1:
        raise ValueError(f"{name} still varies along {cell[name].dims}: pass one label of each")
    x = np.broadcast_to(np.atleast_1d(cell[along].values).astype(np.float64), y.shape)
    half = half_width(np.atleast_1d(cell[f"{name}_se"].values))
    order = np.argsort(x, kind="stable")
    order = order[np.isfinite(y[order])]
    return Series(x[order], y[order], half[order])


def axis_values(readout: Readout, coordinate: str) -> list[float]:
    """Return the different values of a coordinate in order; [] where it does not exist."""
    if coordinate not in readout.coords:
        return []
    return [float(value) for value in np.unique(readout[coordinate].values)]
