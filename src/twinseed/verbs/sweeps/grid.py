"""The grid of a readout: its populations, sizes and filters, and the names of its axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinseed import readout
from twinseed.arrays import Array
from twinseed.checks import Loads, Sizes, grid_axis
from twinseed.errors import InputError
from twinseed.filters import Filter, require_filter
from twinseed.populations import Population
from twinseed.readout import Estimate, Readout
from twinseed.verbs.sweeps.layout import filter_axis, load_axes
from twinseed.verbs.sweeps.population_axis import PopulationAxis

__all__ = ["Grid"]

_TAKEN = frozenset(
    {"d", "factor", "factor_eigenvalue", "filter", "filter_kind", "gamma", "kind", "n"}
    | {"draws", "exponent", "strength"}
    | {f"{name}{part}" for name in readout.VARIABLES for part in ("", "_se", "_bias", "_status")}
)
"""Names in a readout that no parameter of a filter can have."""

_LARGEST_LOAD = 1e100
"""Loads lie between this number and its inverse, so that their squares do not overflow."""

_REMEDY = {
    "n": "pass the number of training rows of each model",
    "d": "pass the number of columns of the data",
    "gamma": "pass the sample complexity n/d",
}


@dataclass(frozen=True)
class Grid:
    """Every combination of the populations, the loads (two of n, d, gamma) and the filters.

    The arrays ``n``, ``d`` and ``gamma`` have the shape ``shape``, always (populations, first load
    axis, second load axis, filters); ``dims`` names only those axes that were given as sequences,
    so that a single number becomes a scalar coordinate of the readout.
    """

    axis: PopulationAxis
    filters: tuple[Filter, ...]
    n: Array
    d: Array
    gamma: Array
    dims: Mapping[str, int]
    coords: Mapping[str, Any]

    @property
    def populations(self) -> tuple[Population, ...]:
        """The populations along the first axis."""
        return self.axis.members

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the four internal axes."""
        return self.n.shape

    @classmethod
    def build(
        cls,
        population: Population | Sequence[Population],
        filter: Filter | Sequence[Filter],
        *,
        n: Sizes | None = None,
        d: Sizes | None = None,
        gamma: Loads | None = None,
    ) -> Grid:
        """Check the arguments and build the grid.

        Two of ``n``, ``d`` and ``gamma`` determine the loads. A population that has a dimension
        replaces ``d``; ``gamma`` alone is the limit of infinite n and d.
        """
        axis = PopulationAxis.build(population)
        filters = _checked(filter)
        described = [_described(one) for one in filters]
        given: dict[str, Any] = {
            name: value
            for name, value in (("n", n), ("d", d), ("gamma", gamma))
            if value is not None
        }
        if "d" not in given and len(given) == 1 and axis.dimension is not None:
            given["d"] = axis.dimension
        _require_two(given)
        axes = {
            name: grid_axis(name, value, _REMEDY[name], whole_numbers=name != "gamma")
            for name, value in given.items()
        }
        if "gamma" in axes:
            _require_load(axes["gamma"][0])
        loads, load_dims, load_coords = load_axes(axes)
        for size in np.unique(loads["d"]):
            _require_dimension(size)
            for one in axis.members:
                one.spectrum(size)
        labels = [repr(one) for one in filters]
        dims, coords = filter_axis(described, labels, alone=isinstance(filter, Filter))
        full = (len(axis.members), *loads["n"].shape, len(filters))
        return cls(
            axis,
            filters,
            **{name: np.broadcast_to(value[..., None], full) for name, value in loads.items()},
            dims={**axis.dims, **load_dims, **dims},
            coords={**axis.coords, **coords, **load_coords},
        )

    def stacked(self, parts: Sequence[Mapping[str, Estimate]]) -> dict[str, Estimate]:
        """Join the estimates of each population along the first axis."""
        if len(parts) == 1:
            return dict(parts[0])
        estimates = {}
        for name, first in parts[0].items():
            full = (*self.shape[1:], 1) if readout.VARIABLES[name].per_factor else self.shape[1:]
            value, se, status, bias = (
                np.stack(
                    [
                        np.broadcast_to(one, np.broadcast_shapes(np.shape(one), full))
                        for one in (getattr(part[name], field) for part in parts)
                    ]
                )
                for field in ("value", "se", "status", "bias")
            )
            estimates[name] = Estimate(value, se, status, first.resampled, bias)
        return estimates

    def readout(
        self, estimates: Mapping[str, Estimate], *, source: str, attrs: Mapping[str, Any]
    ) -> Readout:
        """Return estimates of the internal shape as a readout, without the axes of length one."""
        lengths = tuple(self.dims.values())
        laid_out = {}
        for name, estimate in estimates.items():
            extra = 1 if readout.VARIABLES[name].per_factor else 0
            value, se, status, bias = (
                _without_scalars(part, self.shape, lengths, extra)
                for part in (estimate.value, estimate.se, estimate.status, estimate.bias)
            )
            laid_out[name] = Estimate(value, se, status, estimate.resampled, bias)
        return readout.make(
            laid_out,
            source=source,
            coords=self.coords,
            dims=self.dims,
            factors=self.axis.factors,
            attrs={"population": str(self.axis), **attrs},
        )


def _checked(filter: Filter | Sequence[Filter]) -> tuple[Filter, ...]:
    if isinstance(filter, Filter):
        return (filter,)
    if not isinstance(filter, Sequence) or isinstance(filter, str) or len(filter) == 0:
        raise InputError(
            "filter", "must be a filter or a sequence of filters", filter, "pass ts.Ridge(0.1)"
        )
    filters = tuple(require_filter(f"filter[{i}]", one) for i, one in enumerate(filter))
    if len(set(filters)) != len(filters):
        raise InputError("filter", "must not repeat a filter", filters, "pass each filter once")
    return filters


def _described(filter: Filter) -> Mapping[str, Any]:
    """Return the description of a filter, whose parameters are coordinates of the readout."""
    described = filter.description()
    for name, value in filter.parameters.items():
        if name in _TAKEN or np.ndim(value) > 0:
            raise InputError(
                "filter",
                f"must have numbers as parameters, and no parameter named {name!r}"
                if name in _TAKEN
                else f"must have numbers as parameters, but {name!r} is a list",
                value,
                "correct the property `parameters` of the filter",
            )
    return described


def _require_two(given: Mapping[str, Any]) -> None:
    if len(given) == 3:
        raise InputError(
            "gamma", "is fixed by n and d", given["gamma"], "pass two of n, d and gamma"
        )
    if len(given) == 0 or (len(given) == 1 and "gamma" not in given):
        raise InputError(
            "n, d, gamma",
            "must be two of the three",
            dict(given),
            "pass n and d, or gamma alone for the limit of large n and d",
        )


def _require_load(gamma: Array) -> None:
    beyond = gamma[(gamma < 1.0 / _LARGEST_LOAD) | (gamma > _LARGEST_LOAD)]
    if beyond.size:
        raise InputError(
            "gamma",
            f"must lie from {1.0 / _LARGEST_LOAD:g} to {_LARGEST_LOAD:g}",
            float(beyond[0]),
            "pass a load in this range: near its ends every order parameter has its limit",
        )


def _require_dimension(size: float) -> None:
    if size < 1:
        raise InputError("d", "= n/gamma must be at least 1", size, "use a larger n")


def _without_scalars(
    part: Any, shape: tuple[int, ...], lengths: tuple[int, ...], extra: int
) -> Any:
    array = np.asarray(part)
    if array.ndim == 0:
        return part
    full = np.broadcast_shapes(array.shape, (*shape, 1) if extra else shape)
    trail = full[len(shape) :]
    if array.size == 1:
        return array.reshape(()).item()
    return np.broadcast_to(array, full).reshape((*lengths, *trail))
