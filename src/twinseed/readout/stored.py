"""Readouts as NetCDF files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from twinseed.files import written
from twinseed.readout.schema import check, make
from twinseed.readout.variables import VARIABLES

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["load", "save"]


def save(readout: xr.Dataset, path: str | Path, argument: str = "path") -> None:
    """Write a readout as NetCDF (classic format, through scipy: no further dependency).

    ``argument`` is the name of the path in an error.

    Raises:
        InputError: the file cannot be written; an old file at this path is kept.
        ReadoutError: the data set is not a readout.
    """
    stored = check(readout)
    if stored.sizes["factor"] == 0:
        # In the classic format a dimension of length 0 means one that can grow: load restores it.
        stored = stored.drop_dims("factor")
    with written(path, argument) as unfinished:
        stored.to_netcdf(unfinished, engine="scipy")


def load(path: str | Path) -> xr.Dataset:
    """Read a readout that ``save`` wrote, and check it."""
    import xarray as xr

    with xr.open_dataset(path, engine="scipy") as stored:
        readout = stored.load()
    for name, variable in readout.variables.items():
        if variable.dtype.kind in "OS":
            readout[name] = readout[name].astype(np.str_)
    if "factor" not in readout.dims and set(VARIABLES) & set(readout):
        readout = _without_factors(readout)
    return check(_with_biases(readout))


def _with_biases(stored: xr.Dataset) -> xr.Dataset:
    """Add the biases to a readout of an earlier version: 0 where data were measured.

    The bias of an earlier prediction is not known (NaN).
    """
    measured = stored.attrs.get("source") in ("simulate", "measure")
    missing = {
        f"{name}_bias": stored[name] * 0.0 if measured else stored[name] * np.nan
        for name in VARIABLES
        if name in stored and f"{name}_bias" not in stored
    }
    return stored.assign(missing)


def _without_factors(stored: xr.Dataset) -> xr.Dataset:
    """Restore the factor axis of length 0 of every variable of factors."""
    import xarray as xr

    like = stored[next(name for name in VARIABLES if name in stored)]
    empty = make(
        {},
        source=str(stored.attrs.get("source", "")),
        coords={str(name): value for name, value in stored.coords.items()},
        dims={str(name): size for name, size in like.sizes.items()},
    )
    lost = empty[[name for name in empty.variables if "factor" in empty[name].dims]]
    return xr.merge([stored, lost], combine_attrs="override", join="exact", compat="override")
