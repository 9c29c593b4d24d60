"""The schema of a readout: how estimates become one, and what a readout must hold."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.errors import ReadoutError
from twinseed.numbers import ReadoutNumbers
from twinseed.readout.variables import VARIABLES
from twinseed.status import Status

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["SCHEMA", "Estimate", "Readout", "Readouts", "check", "gathered", "make"]

Readout: TypeAlias = "xr.Dataset"
"""A data set with the variables of ``VARIABLES``."""
Readouts: TypeAlias = "Mapping[str, xr.Dataset]"
"""Readouts by the label of what they differ in, such as the strength of a factor."""

_BIAS = "what the formula of {} may be off by, relative to the value; 0 for what is measured"
SCHEMA = 1
"""Version of the schema; recorded in every readout and checked on loading."""


@dataclass(frozen=True)
class Estimate:
    """A value with its standard error and status; arrays broadcast to the grid of a readout.

    Args:
        value: the value; variables of factors have the factor on the last axis.
        se: its standard error; 0 for theory.
        status: how far to trust the value.
        resampled: what the error bar resamples (seeds, rows, replicates); all else is held fixed.
        bias: what the formula may be off by, relative to the value; 0 for what is measured.
    """

    value: ArrayLike
    se: ArrayLike = 0.0
    status: str | NDArray[Any] = Status.OK
    resampled: str = ""
    bias: ArrayLike = 0.0

    @classmethod
    def missing(cls, status: Status, shape: int | tuple[int, ...] = ()) -> Estimate:
        """Return the estimate of numbers that do not exist.

        Args:
            status: why the numbers do not exist.
            shape: the shape of the numbers, such as the number of factors; by default one number.
        """
        nan = np.full(shape, np.nan)
        return cls(nan, nan, status, bias=nan)


def make(estimates: Mapping[str, Estimate], **about: Any) -> xr.Dataset:
    """Return estimates as a readout, from the arguments of ``gathered``."""
    return gathered(estimates, **about).dataset()


def gathered(
    estimates: Mapping[str, Estimate],
    *,
    source: str,
    coords: Mapping[str, Any],
    dims: Mapping[str, int] | None = None,
    factors: Sequence[float] | Array = (),
    attrs: Mapping[str, Any] | None = None,
) -> ReadoutNumbers:
    """Return the numbers of a readout, which ``dataset()`` makes into the readout.

    ``dims`` maps the grid's dimensions to their lengths, in the order of the estimates' axes;
    ``coords`` must have ``n``, ``d`` and ``gamma``; ``factors`` are the labels of the factor axis:
    population eigenvalues, or ranks where these are unknown. If the eigenvalues change along the
    first dimension, ``factors`` has the shape (first dimension, factor). Variables without an
    estimate are "not measured".
    """
    eigenvalues = np.asarray(factors, dtype=np.float64)
    number = eigenvalues.shape[-1]

    unknown = set(estimates) - set(VARIABLES)
    if unknown:
        raise ReadoutError(f"not variables of a readout: {sorted(unknown)}")
    shape = tuple((dims or {}).values())
    names = tuple(dims or {})
    data: dict[str, Any] = {}
    missing = Estimate.missing(Status.NOT_MEASURED)
    for name, variable in VARIABLES.items():
        estimate = estimates.get(name, missing)
        full = (*shape, number) if variable.per_factor else shape
        along = (*names, "factor") if variable.per_factor else names
        status = np.broadcast_to(np.asarray(estimate.status, dtype=np.str_), full)
        value = np.broadcast_to(np.asarray(estimate.value, dtype=np.float64), full)
        se = np.broadcast_to(np.asarray(estimate.se, dtype=np.float64), full)
        bias = np.where(np.isnan(value), np.nan, np.asarray(estimate.bias, dtype=np.float64))
        about = {"symbol": variable.symbol, "long_name": variable.meaning}
        data[name] = (along, value, about)
        held = f" over {estimate.resampled}" if estimate.resampled else ""
        about_se = {"long_name": f"standard error of {name}{held}"}
        if estimate.resampled:
            about_se["resampled"] = estimate.resampled
        data[f"{name}_se"] = (along, se, about_se)
        about_bias = {"long_name": _BIAS.format(name)}
        data[f"{name}_bias"] = (along, np.broadcast_to(bias, full), about_bias)
        data[f"{name}_status"] = (along, status, {"long_name": f"how far to trust {name}"})
    every = {**coords, "factor": ("factor", np.arange(1, number + 1))}
    along = (names[0], "factor") if eigenvalues.ndim == 2 and number else ("factor",)
    every["factor_eigenvalue"] = (along, eigenvalues if number else eigenvalues.reshape(0))
    found = ReadoutNumbers(data, every, {**_provenance(source), **(attrs or {})})
    _consistent(found)
    return found


def check(readout: xr.Dataset) -> xr.Dataset:
    """Return the readout if it follows the schema; else raise ``ReadoutError`` with the reason."""
    import xarray as xr

    if not isinstance(readout, xr.Dataset):
        raise ReadoutError(
            f"this is not a readout but an object of the class {type(readout).__name__}: pass a "
            "result of ts.predict, ts.simulate or ts.measure"
        )
    if readout.attrs.get("schema") != SCHEMA:
        raise ReadoutError(
            f"this is not a readout of schema {SCHEMA} (its 'schema' attribute is "
            f"{readout.attrs.get('schema')!r}): make the readout again with this version"
        )
    _consistent(readout)
    return readout


def _consistent(readout: xr.Dataset | ReadoutNumbers) -> None:
    """Raise ``ReadoutError`` where a variable is missing, or its parts do not fit together."""
    known = [str(s) for s in Status]
    valueless = [str(s) for s in Status if not s.has_value]
    for name in ("n", "d", "gamma"):
        if name not in readout.coords:
            raise ReadoutError(f"the coordinate {name!r} is missing")
    for name in VARIABLES:
        for part in (name, f"{name}_se", f"{name}_bias", f"{name}_status"):
            if part not in readout:
                raise ReadoutError(f"the variable {part!r} is missing")
        value, status = (np.asarray(readout[part]) for part in (name, f"{name}_status"))
        if not np.isin(status, known).all():
            raise ReadoutError(f"{name}_status has an unknown status")
        if np.any(np.isnan(value) != np.isin(status, valueless)):
            raise ReadoutError(
                f"{name} must be NaN exactly where its status says that no number exists"
            )
        for part in ("se", "bias"):
            if np.any(np.asarray(readout[f"{name}_{part}"]) < 0):
                raise ReadoutError(f"{name}_{part} must not be negative")


def _provenance(source: str) -> dict[str, Any]:
    import scipy

    from twinseed._version import __version__

    return {
        "title": f"twinseed readout ({source})",
        "source": source,
        "schema": SCHEMA,
        "twinseed": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }
