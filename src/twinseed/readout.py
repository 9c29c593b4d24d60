"""The readout: the data set of results, statuses and errors of each verb.

A readout is an ``xarray.Dataset`` that always has every variable of ``VARIABLES``, each with a
standard error (``_se``), a bias (``_bias``) and a status (``_status``). The standard error says how
much a value varies by chance; its attribute ``resampled`` names what varies and what is held fixed.
The bias says what the formula of a prediction may be off by, relative to the value. A value is NaN
exactly where its status says that no number exists. xarray is imported on first use, because its
import takes a second.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.errors import ReadoutError
from twinseed.files import written
from twinseed.numbers import ReadoutNumbers
from twinseed.status import Status

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "SCHEMA",
    "VARIABLES",
    "Estimate",
    "Readout",
    "Readouts",
    "Variable",
    "check",
    "gathered",
    "load",
    "make",
    "save",
]

Readout: TypeAlias = "xr.Dataset"
"""A data set with the variables of ``VARIABLES``."""
Readouts: TypeAlias = "Mapping[str, xr.Dataset]"
"""Readouts by the label of what they differ in, such as the strength of a factor."""

_BIAS = "what the formula of {} may be off by, relative to the value; 0 for what is measured"
SCHEMA = 1
"""Version of the schema; recorded in every readout and checked on loading."""


@dataclass(frozen=True)
class Variable:
    """A variable of a readout.

    Args:
        symbol: its symbol in equations.
        meaning: its meaning, with the meaning of the ends of its range.
        per_factor: whether the variable has one value per factor.
        squared_units: whether it scales as the variance of the data; if not, it is a pure number.
    """

    symbol: str
    meaning: str
    per_factor: bool = False
    squared_units: bool = False


VARIABLES: Mapping[str, Variable] = {
    "memorisation": Variable(
        "m",
        "mean over samples of the largest |cosine| to a training row; 1: every sample is a copy",
    ),
    "memorisation_heldout": Variable(
        "m_0",
        "mean over samples of the largest |cosine| to a held-out row, with as many "
        "held-out rows as training rows: the level without copying",
    ),
    "memorisation_ratio": Variable(
        "rho", "memorisation / memorisation_heldout at equal numbers of rows; 1: no excess"
    ),
    "memorisation_share": Variable(
        "s", "share of samples closer (|cosine|) to training than to held-out rows; 1/2: no excess"
    ),
    "memorisation_share_euclidean": Variable(
        "s_E",
        "share of samples closer (Euclidean distance) to training than to held-out "
        "rows: the distance-to-closest-record share; 1/2: no excess",
    ),
    "convergence": Variable(
        "q", "E[x_A.x_B] / E|x|^2 over shared seeds; 0: unrelated, 1: the two models agree"
    ),
    "convergence_gap": Variable("1 - q", "1 - convergence, computed without cancellation"),
    "convergence_cosine": Variable(
        "q_cos", "mean cosine of x_A and x_B over shared seeds; 0: unrelated, 1: same direction"
    ),
    "convergence_chance": Variable(
        "q_0", "convergence of two models that learned nothing, through the shared noise alone"
    ),
    "convergence_corrected": Variable(
        "q'", "(convergence - chance) / (1 - chance); 0: nothing learned in common, 1: agreement"
    ),
    "convergence_null": Variable(
        "q_null", "convergence when the seeds of the twins are mismatched; 0 for centred models"
    ),
    "convergence_factor": Variable(
        "q_k", "correlation over seeds of the twins' components along a factor; 1: agreement", True
    ),
    "wasserstein": Variable(
        "W2^2/d",
        "squared 2-Wasserstein distance of model to truth, per dimension; 0: the model "
        "is the truth",
        squared_units=True,
    ),
    "flow_distance": Variable(
        "D^2/d",
        "E|x_A - x_B|^2 per dimension over shared seeds; 0: the twins are one model",
        squared_units=True,
    ),
    "divergence_learnt_true": Variable(
        "KL(f:Sigma)/d",
        "Kullback-Leibler divergence of the learnt law from the true law, per "
        "dimension; 0: the model is the truth",
    ),
    "divergence_true_learnt": Variable(
        "KL(Sigma:f)/d",
        "Kullback-Leibler divergence of the true law from the learnt law, per "
        "dimension; 0: the model is the truth",
    ),
    "recovery_distance": Variable(
        "delta",
        "chordal distance of the factors' subspaces, model to truth; 0: learned, 1: not learned",
    ),
    "recovery": Variable(
        "Q", "squared overlap of the model's and the true direction of a factor; 1: learned", True
    ),
    "recovery_twins": Variable(
        "Q_AB", "overlap of the twins' directions of a factor: recovery without the truth", True
    ),
}


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
