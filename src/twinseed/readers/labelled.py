"""Arrays with named dimensions, handed in from Python: DataArray and Dataset of xarray."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError
from twinseed.readers.dimensions import axes_of_rows, rows_first

__all__ = ["rows_along", "rows_of_labelled"]


def rows_along(data: Any, *dimensions: str, role: str = "data") -> NDArray[Any]:
    """Return a DataArray or a Dataset of xarray as rows: one per entry along the dimensions.

    Shapes: a DataArray of dimensions (time, lat, lon) becomes (time, lat, lon); several dimensions
    of rows become one, the last one the fastest. Of a Dataset every variable with these dimensions
    and another one is flattened, and the variables stand side by side, by name:
    (rows, columns).

    Args:
        data: the DataArray, or the Dataset.
        dimensions: names of the dimensions whose entries are rows, such as "time".
        role: what to call the data in an error.

    Raises:
        InputError: no dimension of that name; a Dataset without a variable of these dimensions.

    >>> import xarray as xr
    >>> wind = xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("lat", "time"))
    >>> rows_along(wind, "time").shape
    (3, 2)
    >>> rows_along(xr.Dataset({"u": wind, "v": 2 * wind}), "time")[0]
    array([0., 3., 0., 6.])
    """

    def refuse(problem: str, remedy: str) -> InputError:
        return InputError(role, problem, type(data).__name__, remedy)

    if not hasattr(data, "dims") or not hasattr(data, "coords"):
        raise refuse("must be a DataArray or a Dataset of xarray", "pass one")
    if not dimensions:
        raise refuse("has no dimension of rows", 'name one, as in rows_along(data, "time")')
    if not hasattr(data, "data_vars"):
        axes = axes_of_rows(refuse, [str(name) for name in data.dims], dimensions)
        return rows_first(np.asarray(data.values), axes)
    parts = [
        rows_along(one, *dimensions, role=role)
        for _, one in sorted(data.data_vars.items())
        if {*dimensions} < {*one.dims}
    ]
    if not parts:
        known = ", ".join(map(str, data.dims)) or "none"
        raise refuse(
            f"has no variable with the dimension {', '.join(dimensions)} and another one",
            f"name one of its dimensions: {known}",
        )
    return np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1)


def rows_of_labelled(role: str, data: Any) -> Any:
    """Return a DataArray whose first dimension are the rows; others, and a Dataset, are refused.

    Raises:
        InputError: a Dataset; a DataArray whose first dimension is one of places, beside one of
            times or samples.
    """

    def refuse(problem: str, remedy: str) -> InputError:
        return InputError(role, problem, type(data).__name__, remedy)

    if hasattr(data, "data_vars"):
        names = ", ".join(map(str, list(data.data_vars)[:5]))
        raise refuse(
            f"must be one array, and is a data set of {names}",
            'pass one variable; or all, as in twinseed.readers.rows_along(data, "time")',
        )
    if len(data.dims) > 1:
        axes_of_rows(refuse, [str(name) for name in data.dims], None)
    return np.asarray(data.values)
