"""Makes a readout from the draws in a store of ``simulate``, and from their descriptions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinseed import readout
from twinseed.errors import InputError, ReadoutError
from twinseed.populations import Population, PowerLaw, Spiked
from twinseed.readout import VARIABLES, Estimate
from twinseed.status import Status
from twinseed.sweep import Result
from twinseed.verbs.sweeps.draws import over_replicates
from twinseed.verbs.sweeps.population_axis import PopulationAxis

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Description", "Draw", "gathered", "label"]

Description = Mapping[str, Any]

Draw = tuple[Description, Result]
"""The description of a draw, and its result."""

_STATUS = f"U{max(map(len, Status))}"
_RESAMPLED = "replicates: training sets, held-out rows and seeds"


def gathered(draws: Sequence[Draw], attrs: Mapping[str, Any]) -> xr.Dataset:
    """Average the draws of each point of the smallest grid that has all draws.

    Coordinates are those of ``simulate``, in rising order; a coordinate with a single value is a
    number. A point without a draw is "not measured"; a point with a single draw has no standard
    error (NaN). The variable ``draws`` is the number of draws per point, and the attribute
    ``missing`` the number of points without a draw.

    Raises:
        ReadoutError: there is no draw, or the populations do not form an axis.
    """
    if not draws:
        raise ReadoutError("the store has no draw yet: let the sweep continue")
    _require_one_version(draws)
    populations = _Populations.of(_distinct("population", draws))
    n, d = (_numbers(key, _distinct(key, draws)) for key in ("n", "d"))
    axes = [populations.axis, n, d, _filters(_distinct("filter", draws))]
    shape = tuple(len(axis.places) for axis in axes)
    points: dict[int, dict[int, Result]] = defaultdict(dict)
    for about, result in draws:
        place = [axis.places[_spelled(about[axis.key])] for axis in axes]
        points[int(np.ravel_multi_index(place, shape))][about["replicate"]] = result
    dims = {axis.name: size for axis, size in zip(axes, shape, strict=True) if size > 1}
    lengths = tuple(dims.values())
    counts = np.zeros(shape, dtype=np.int64)
    counts.flat[list(points)] = [len(found) for found in points.values()]
    estimates = _averaged(points, lengths)
    found = readout.make(
        estimates,
        source="simulate",
        coords={**{k: v for axis in axes for k, v in axis.coords.items()}, "gamma": _load(n, d)},
        dims=dims,
        factors=populations.factors_or_ranks(estimates),
        attrs={
            "population": populations.words,
            "engine": label(draws[0][0]["engine"]),
            "missing": int(np.count_nonzero(counts == 0)),
            **attrs,
        },
    )
    return found.assign(draws=(tuple(dims), counts.reshape(lengths), {"long_name": "draws found"}))


def _require_one_version(draws: Sequence[Draw]) -> None:
    """Refuse draws of a filter, or of a population, whose code was edited between the draws."""
    found: dict[str, str] = {}
    for about, _ in draws:
        identity = about.get("identity", {})
        for key, at in (("filter", None), ("population", about["d"])):
            name = _spelled([key, about[key], at])
            if found.setdefault(name, identity.get(key, "")) != identity.get(key, ""):
                raise ReadoutError(
                    f"the store holds draws of two versions of the {key} {label(about[key])}: its "
                    "code was edited between the draws. Use the table of draws, which names the "
                    f"version in identity_{key}, or use another store for the new version"
                )


def label(description: Description) -> str:
    """Return a description as a call, with the names in the order of the store.

    >>> label({"kind": "Truncation", "rank": 5})
    'Truncation(rank=5)'
    """
    inside = ", ".join(f"{key}={value!r}" for key, value in description.items() if key != "kind")
    return f"{description['kind']}({inside})"


@dataclass(frozen=True)
class _Axis:
    """One axis of the grid: the position of each description."""

    key: str
    name: str
    places: Mapping[str, int]
    coords: Mapping[str, Any]

    @classmethod
    def along(
        cls, key: str, name: str, distinct: Sequence[Any], values: Sequence[Any], **coords: Any
    ) -> _Axis:
        """Return an axis of distinct descriptions in the order of their values."""
        order = np.argsort(np.asarray(values))
        places = {_spelled(distinct[number]): place for place, number in enumerate(order)}
        return cls(key, name, places, {name: (name, np.asarray(values)[order]), **coords})


@dataclass(frozen=True)
class _Populations:
    axis: _Axis
    words: str
    factors: NDArray[np.float64] | None

    @classmethod
    def of(cls, distinct: Sequence[Description]) -> _Populations:
        members = [_rebuilt(one) for one in distinct]
        known = [one for one in members if one is not None]
        if len(distinct) == 1:
            axis = _Axis("population", "population", {_spelled(distinct[0]): 0}, {})
            factors = known[0].factors if known else None
            return cls(axis, repr(known[0]) if known else label(distinct[0]), factors)
        try:
            built = PopulationAxis.build(known)
        except InputError as error:
            raise ReadoutError(
                f"these draws do not form a grid (population {error.problem}): use the table of "
                "draws instead"
            ) from error
        ((name, (_, values)),) = built.coords.items()
        axis = _Axis.along("population", name, distinct, values)
        rising = PopulationAxis.build([known[number] for number in np.argsort(values)])
        return cls(axis, str(rising), rising.factors)

    def factors_or_ranks(self, estimates: Mapping[str, Estimate]) -> NDArray[np.float64]:
        """Return the eigenvalues of the factors, or their ranks where the values are unknown."""
        if self.factors is not None:
            return self.factors
        per_factor = [np.shape(estimates[name].value) for name in estimates if _per_factor(name)]
        return np.arange(1.0, 1.0 + max((shape[-1] for shape in per_factor), default=0))


def _rebuilt(description: Description) -> Population | None:
    """Return the population of a description; None where the description is not complete."""
    if description["kind"] == "Spiked":
        return Spiked(description["strengths"], description["bulk"])
    if description["kind"] == "PowerLaw":
        return PowerLaw(description["exponent"], description["d"], leading=description["leading"])
    return None


def _numbers(key: str, distinct: Sequence[int]) -> _Axis:
    values = [float(one) for one in distinct]
    axis = _Axis.along(key, key, distinct, values)
    return axis if len(values) > 1 else _Axis(key, key, axis.places, {key: values[0]})


def _filters(distinct: Sequence[Description]) -> _Axis:
    first = distinct[0]
    if len(distinct) == 1:
        coords = {"filter_kind" if key == "kind" else key: value for key, value in first.items()}
        return _Axis("filter", "filter", {_spelled(first): 0}, coords)
    if len(first) == 2 and all(
        one.keys() == first.keys() and one["kind"] == first["kind"] for one in distinct
    ):
        (name,) = first.keys() - {"kind"}
        values = [one[name] for one in distinct]
        return _Axis.along("filter", name, distinct, values, filter_kind=first["kind"])
    return _Axis.along("filter", "filter", distinct, [label(one) for one in distinct])


def _load(n: _Axis, d: _Axis) -> Any:
    """Return the coordinate ``gamma`` along n and d, where these are dimensions."""
    given = [axis.coords[axis.key] for axis in (n, d)]
    rows, columns = (one[1] if isinstance(one, tuple) else np.array(one) for one in given)
    names = [one[0] for one in given if isinstance(one, tuple)]
    gamma = np.divide.outer(rows, columns)
    return (names, gamma) if names else float(gamma)


def _averaged(
    points: Mapping[int, Mapping[int, Result]], lengths: tuple[int, ...]
) -> dict[str, Estimate]:
    """Average the draws of each point; points with equal numbers of draws together."""
    size = int(np.prod(lengths))
    alike: dict[int, list[int]] = defaultdict(list)
    for point, draws in points.items():
        alike[len(draws)].append(point)
    parts: dict[str, tuple[NDArray[Any], NDArray[Any], NDArray[Any]]] = {}
    for count, places in alike.items():
        ordered = [[points[place][k] for k in sorted(points[place])] for place in places]
        results = [replicates[k] for k in range(count) for replicates in ordered]
        for name, estimate in over_replicates(results, (len(places),), _RESAMPLED).items():
            full = (size, *np.shape(estimate.value)[1:])
            missing = np.full(full, str(Status.NOT_MEASURED), dtype=_STATUS)
            arrays = parts.setdefault(name, (np.full(full, np.nan), np.full(full, np.nan), missing))
            for array, found in zip(
                arrays, (estimate.value, estimate.se, estimate.status), strict=True
            ):
                array[places] = found
    estimates = {}
    for name, arrays in parts.items():
        value, se, status = (array.reshape((*lengths, *array.shape[1:])) for array in arrays)
        estimates[name] = Estimate(value, se, status, _RESAMPLED)
    return estimates


def _distinct(key: str, draws: Sequence[Draw]) -> list[Any]:
    return list({_spelled(about[key]): about[key] for about, _ in draws}.values())


def _spelled(description: Any) -> str:
    return json.dumps(description, sort_keys=True)


def _per_factor(name: str) -> bool:
    return VARIABLES[name].per_factor
