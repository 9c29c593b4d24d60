"""Subtracts one readout from another, and gives the standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.errors import ReadoutError
from twinseed.readout import VARIABLES, check
from twinseed.status import Status

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["compare"]

_LOADS = ("n", "d", "gamma")
_EVERYWHERE = frozenset({*_LOADS, "factor", "factor_eigenvalue"})
"""The coordinates that every readout has; all other coordinates describe the model."""

_SUFFIXES = ("", "_se", "_bias", "_status")


def compare(readout: xr.Dataset, other: xr.Dataset) -> xr.Dataset:
    """Subtract two readouts, variable by variable, also in units of the standard error.

    Equation: ``z = sign(D) max(|D| - bias, 0) / se``, ``D = readout - other``, ``se =
    sqrt(se_readout^2 + se_other^2)``, ``bias = (bias_readout + bias_other) max(|readout|,
    |other|)`` from the relative biases of the two readouts. So the part of the difference that a
    formula may be off by is not counted as a disagreement. Range of z: any number; 0 means that the
    values differ by no more than the bias, beyond +-3 the readouts disagree. Where one readout has
    no number, the difference is NaN. The status is the worse of the two statuses, so it is "ok"
    only where both are "ok". Where a bias is not known (NaN, in files of earlier versions) it
    counts as 0. Where no readout has an error bar, z is 0 within the bias and infinite beyond.

    Shapes: the two readouts are aligned to one grid first.

    - A dimension that both readouts have must have the same values, in any order.
    - Where one readout has a dimension and the other a single value, this value is selected.
    - A dimension of a model's parameter, such as ``ridge``, is kept where the other readout is from
      data: the data are then compared with every model along this dimension.
    - Factors are matched by their rank; the attribute ``factors_compared`` is their number.
    - Coordinates of one side alone become attributes of the result: the parameters of a model that
      is compared with data, and ``factor_eigenvalue_first`` and ``factor_eigenvalue_second`` where
      the eigenvalues differ.

    Args:
        readout: a readout of ``predict``, ``simulate`` or ``measure``.
        other: the readout to subtract, on the same grid or with a single value where the first has
            a dimension.

    Returns:
        A dataset with five variables per variable of the readouts, with the endings
        ``_difference``, ``_se``, ``_bias`` (in the units of the difference), ``_z`` and
        ``_status``.

    Raises:
        ReadoutError: a coordinate differs (it is named), or an argument is not a readout.

    Validity: the two readouts must be independent; two readouts of the same draw are not
    independent. Theory has no standard error; what its formulas may be off by is the bias, which
    was fitted to random models (docs/statuses.md).

    >>> import numpy as np, twinseed as ts
    >>> theory = ts.predict(ts.Spiked([]), n=[100, 200], d=8)
    >>> rows = np.random.default_rng(0).standard_normal((3, 100, 8))
    >>> twins = ts.Twins(rows[0] + 1, rows[0] + 1, rows[1], rows[2])
    >>> apart = ts.compare(ts.measure(twins, rng=0), theory)
    >>> float(apart.n), apart.attrs["ridge"], apart.attrs["title"]
    (100.0, 0.0, 'measure minus predict')

    See also: ``predict``, ``simulate``, ``measure``.
    """
    import xarray as xr

    for side in (readout, other):
        check(side)
    one, two, attrs = _aligned(readout, other)
    worst = {str(status): rank for rank, status in enumerate(Status)}
    pick = np.vectorize(lambda a, b: max(str(a), str(b), key=worst.__getitem__), otypes=["U32"])
    data: dict[str, Any] = {}
    for name in VARIABLES:
        parts = (side[f"{name}{part}"] for part in ("", "_se", "_bias") for side in (one, two))
        ends = ("_difference", "_se", "_bias", "_z")
        found = xr.apply_ufunc(_subtracted, *parts, output_core_dims=[[]] * len(ends))
        data |= {f"{name}{end}": part for end, part in zip(ends, found, strict=True)}
        left, right = xr.broadcast(one[f"{name}_status"], two[f"{name}_status"])
        data[f"{name}_status"] = xr.apply_ufunc(pick, left, right) if left.size else left
    title = f"{readout.attrs['source']} minus {other.attrs['source']}"
    apart = xr.Dataset(data, attrs={"title": title, "source": "compare", **attrs})
    return apart.transpose(..., "factor")


def _subtracted(
    one: Array, two: Array, se_one: Array, se_two: Array, bias_one: Array, bias_two: Array
) -> tuple[Array, Array, Array, Array]:
    """Return the difference, its standard error, its bias and z."""
    difference, se = one - two, np.hypot(se_one, se_two)
    largest = np.maximum(np.abs(one), np.abs(two))
    bias = (np.nan_to_num(bias_one) + np.nan_to_num(bias_two)) * largest
    beyond = np.sign(difference) * np.maximum(np.abs(difference) - bias, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(beyond == 0.0, 0.0, beyond / se)
    return difference, se, bias, z


def _aligned(one: xr.Dataset, two: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset, dict[str, Any]]:
    """Return the two readouts on one grid, and the coordinates of one readout alone."""
    _require_one_kind(one, two)
    one, two = _by_rows_or_columns(one, two), _by_rows_or_columns(two, one)
    names = dict.fromkeys(str(name) for name in (*one.dims, *two.dims) if name != "factor")
    for name in names:
        one, two = _along(name, one, two)
    ranks = np.intersect1d(one["factor"].values, two["factor"].values)
    attrs: dict[str, Any] = {}
    if one.sizes["factor"] != two.sizes["factor"]:
        attrs["factors_compared"] = int(ranks.size)
    one, two = one.sel(factor=ranks), two.sel(factor=ranks)
    one, two, eigenvalues = _factors(one, two)
    attrs |= eigenvalues
    for name in dict.fromkeys((*_LOADS, *map(str, one.coords), *map(str, two.coords))):
        if name in one.coords and name in two.coords:
            _require_equal(name, one, two)
            if name not in one.dims:
                two = two.assign_coords({name: one[name].variable})  # equal up to rounding
            continue
        side = one if name in one.coords else two
        if side[name].ndim == 0:
            attrs[name] = side[name].item()
            one, two = (part.drop_vars(name, errors="ignore") for part in (one, two))
    variables = [f"{name}{suffix}" for name in VARIABLES for suffix in _SUFFIXES]
    return one[variables], two[variables], attrs


def _require_one_kind(one: xr.Dataset, two: xr.Dataset) -> None:
    """Refuse models with different coordinates: of two kinds of filter, or only one a sweep."""
    ours, theirs = ({str(n) for n in side.coords} - _EVERYWHERE for side in (one, two))
    if _is_model(one) and _is_model(two) and ours != theirs:
        raise ReadoutError(
            f"the coordinates differ: {sorted(ours ^ theirs)} is on one side only; "
            "predict or simulate the same populations and filters before comparing"
        )


def _is_model(readout: xr.Dataset) -> bool:
    return "filter" in readout.coords or "filter_kind" in readout.coords


def _by_rows_or_columns(one: xr.Dataset, two: xr.Dataset) -> xr.Dataset:
    """Return a sweep over gamma as a sweep over n, or over d, where the other has n or d."""
    if "gamma" not in one.dims or "gamma" in two.dims:
        return one
    for name in ("n", "d"):
        if name in two.dims and one[name].dims == ("gamma",):
            exact = one[name].values
            near = np.rint(exact)
            sizes = np.where(np.isclose(exact, near, rtol=1e-9, atol=0.0), near, exact)
            return one.assign_coords({name: ("gamma", sizes)}).swap_dims({"gamma": name})
    return one


def _along(name: str, one: xr.Dataset, two: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Return the two readouts with the same values along a dimension."""
    if name in one.dims and name in two.dims:
        ours, theirs = one[name].values, two[name].values
        if not np.array_equal(np.sort(ours), np.sort(theirs)):
            raise _differing(name, ours, theirs)
        return one, two.sel({name: ours})
    if name in one.dims and name in two.coords:
        return _looked_up(name, one, two[name].values), two
    if name in two.dims and name in one.coords:
        return one, _looked_up(name, two, one[name].values)
    return one, two


def _looked_up(name: str, many: xr.Dataset, value: NDArray[Any]) -> xr.Dataset:
    places = np.flatnonzero(many[name].values == value) if value.ndim == 0 else np.empty(0)
    if places.size != 1:
        raise _differing(name, many[name].values, value)
    return many.isel({name: int(places[0])})


def _factors(one: xr.Dataset, two: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset, dict[str, Any]]:
    """Return the two readouts, without the eigenvalues of factors where these differ."""
    ours, theirs = one["factor_eigenvalue"], two["factor_eigenvalue"]
    if ours.dims == theirs.dims and np.array_equal(ours.values, theirs.values):
        return one, two, {}
    if _is_model(one) and _is_model(two) and not (_are_ranks(ours) or _are_ranks(theirs)):
        raise _differing("factor_eigenvalue", ours.values, theirs.values)
    attrs = {
        f"factor_eigenvalue_{which}": values.values.tolist()
        for which, values in (("first", ours), ("second", theirs))
        if values.ndim == 1 and not _are_ranks(values)
    }
    return one.drop_vars("factor_eigenvalue"), two.drop_vars("factor_eigenvalue"), attrs


def _are_ranks(eigenvalues: xr.DataArray) -> bool:
    """Tell whether the factors have ranks, 1, 2, 3, in place of eigenvalues."""
    size = eigenvalues.sizes["factor"]
    return eigenvalues.ndim == 1 and np.array_equal(eigenvalues.values, np.arange(1.0, size + 1.0))


def _require_equal(name: str, one: xr.Dataset, two: xr.Dataset) -> None:
    a, b = one[name].values, two[name].values
    if a.shape == b.shape and np.array_equal(a, b):
        return
    if name in _LOADS and a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=0.0):
        return  # n = gamma d, or gamma = n/d, up to rounding
    raise _differing(name, a, b)


def _differing(name: str, a: NDArray[Any], b: NDArray[Any]) -> ReadoutError:
    return ReadoutError(
        f"the coordinate {name!r} differs: {a!s:.80} against {b!s:.80}; "
        "predict, simulate or measure at the same values before comparing"
    )
