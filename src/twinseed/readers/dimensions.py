"""Arrays with named dimensions, as NetCDF, zarr and xarray have them: which are the rows."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError
from twinseed.readers.source import Source

__all__ = ["Refuse", "axes_of_rows", "moments", "rows_first", "variables_of_rows"]

Refuse = Callable[[str, str], InputError]
"""From a problem and a remedy to the error to raise."""

_PLACES = {
    *("lat", "latitude", "lon", "longitude", "x", "y", "z", "lev", "level", "plev", "depth"),
    *("height", "altitude", "rlat", "rlon", "nav_lat", "nav_lon", "band", "channel", "feature"),
}
_ROWS = {
    *("time", "valid_time", "date", "day", "month", "year", "sample", "samples", "member", "batch"),
    *("ensemble", "realization", "realisation", "number", "seed", "obs", "cell", "row"),
}
_SINCE = re.compile(r"(second|minute|hour|day)s?\s+since\s+(\d{4}-\d{1,2}-\d{1,2})(.*)", re.I)
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}


def axes_of_rows(
    refuse: Refuse, names: Sequence[str], asked: tuple[str, ...] | None
) -> tuple[int, ...]:
    """Return the axes whose entries are rows: the dimensions that were asked for, or the first.

    Raises:
        InputError: no such dimension; nothing was asked for, the first dimension is one of places
            and another is one of times or samples.

    >>> refuse = lambda problem, remedy: InputError("a", problem, "a.nc", remedy)
    >>> axes_of_rows(refuse, ["lat", "time"], ("time",)), axes_of_rows(refuse, ["time"], None)
    ((1,), (0,))
    >>> axes_of_rows(refuse, ["lat", "time"], None)
    Traceback (most recent call last):
    twinseed.errors.InputError: a has the dimensions lat, time, of which ... (got a.nc): name ...
    """
    if asked is not None:
        for name in asked:
            if name not in names:
                shown = ", ".join(names) or "none with a name"
                raise refuse(f"has no dimension {name!r}", f"name one of its dimensions: {shown}")
        return tuple(list(names).index(name) for name in asked)
    likely = [name for name in names[1:] if name.lower() in _ROWS]
    if likely and names[0].lower() in _PLACES:
        raise refuse(
            f"has the dimensions {', '.join(names)}, of which the first is no dimension of samples",
            f"name the dimension whose entries are rows with the option rows, as in {likely[0]}",
        )
    return (0,)


def rows_first(array: Any, axes: tuple[int, ...]) -> NDArray[Any]:
    """Return an array whose first axis runs over the entries of the axes of rows.

    >>> rows_first(np.zeros((2, 3, 4)), (2,)).shape, rows_first(np.zeros((2, 3, 4)), (0, 2)).shape
    ((4, 2, 3), (8, 3))
    """
    moved: NDArray[Any] = np.moveaxis(array, axes, range(len(axes)))
    count = math.prod(moved.shape[: len(axes)])
    return moved if len(axes) == 1 else moved.reshape(count, *moved.shape[len(axes) :])


def variables_of_rows(
    source: Source, dimensions: Mapping[str, Sequence[str]], what: str
) -> list[str]:
    """Return the variables that have the dimensions of rows which were asked for, by name.

    ``dimensions`` holds those of each variable. Bounds of coordinates are no variables. The order
    of the names is the same in all files, whatever the order in the file.
    """
    asked = source.reading.rows or ()
    if source.key:
        return [source.chosen(dimensions, what)]
    found = [
        name
        for name, own in sorted(dimensions.items())
        if len(own) > len(asked)
        and set(asked) <= set(own)
        and not name.endswith(("_bnds", "bounds"))
    ]
    if not found:
        known = sorted({one for own in dimensions.values() for one in own if one})
        raise source.bad(
            f"has no {what[:-1]} with the dimension {', '.join(asked)} and another one",
            f"name a dimension of the file: {', '.join(known) or 'none has a name'}",
        )
    return found


def moments(values: NDArray[Any], attributes: Mapping[str, Any]) -> NDArray[Any] | None:
    """Return numbers of a time coordinate as moments; None where the units are no times.

    Known are the calendars in which each year has its usual days; CF calls them standard.

    >>> moments(np.array([0.0, 36.0]), {"units": "hours since 2020-01-01 00:00:00"}).tolist()
    [datetime.datetime(2020, 1, 1, 0, 0), datetime.datetime(2020, 1, 2, 12, 0)]
    >>> moments(np.array([0.0]), {"units": "K"})
    """
    units = _SINCE.match(_text(attributes.get("units")).strip())
    calendar = _text(attributes.get("calendar")) or "standard"
    usual = calendar.lower() in ("standard", "gregorian", "proleptic_gregorian")
    if units is None or not usual or values.dtype.kind not in "iuf":
        return None
    year, month, day = units[2].split("-")
    clock = re.match(r"[ T]*(\d{1,2}):(\d{2})(?::(\d{2}))?", units[3])
    start = np.datetime64(f"{year}-{int(month):02}-{int(day):02}", "s")
    if clock:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        start = start + np.timedelta64(3600 * hours + 60 * minutes + seconds, "s")
    passed = values.astype(np.float64) * _SECONDS[units[1].lower()]
    if not np.all(np.abs(passed) < 1e13):
        return None
    found: NDArray[Any] = start + np.rint(passed).astype(np.int64).astype("timedelta64[s]")
    return found


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""
