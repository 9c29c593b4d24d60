"""Makes a readout from the draws in a store of ``simulate``, and from their descriptions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed import readout
from twinseed.arrays import Array
from twinseed.errors import InputError, ReadoutError
from twinseed.populations import Population, PowerLaw, Spiked
from twinseed.readout import VARIABLES, Estimate, Readout
from twinseed.status import Status
from twinseed.sweep import Result
from twinseed.verbs.sweeps.draws import over_replicates
from twinseed.verbs.sweeps.layout import filter_axis, filter_values, load_axes
from twinseed.verbs.sweeps.population_axis import PopulationAxis

__all__ = ["Description", "Draw", "gathered", "label", "require_draws"]

Description = Mapping[str, Any]

Draw = tuple[Description, Result]
"""The description of a draw, and its result."""

_STATUS = f"U{max(map(len, Status))}"
_RESAMPLED = "replicates: training sets, held-out rows and seeds"


def require_draws(draws: Sequence[Draw]) -> None:
    """Refuse a store without a draw, from which neither a readout nor a table can be made."""
    if not draws:
        raise ReadoutError(
            "the store has no draw yet: wait for the first draw; if the run was stopped, run the "
            "same command again"
        )


def gathered(draws: Sequence[Draw], attrs: Mapping[str, Any]) -> Readout:
    """Average the draws of each point of the smallest grid that has all draws.

    Coordinates are those of ``simulate``, in rising order; a coordinate with a single value is a
    number. A point without a draw is "not measured"; a point with a single draw has no standard
    error (NaN). The variable ``draws`` is the number of draws per point, and the attribute
    ``missing`` the number of points without a draw.

    Raises:
        ReadoutError: there is no draw, or the populations do not form an axis.
    """
    require_draws(draws)
    _require_one_version(draws)
    described, populations = _populations(_distinct("population", draws))
    sizes = {key: sorted(_distinct(key, draws)) for key in ("n", "d")}
    filters = _rising(_distinct("filter", draws))
    axes = {"population": described, **sizes, "filter": filters}
    places = {key: {_spelled(one): k for k, one in enumerate(axis)} for key, axis in axes.items()}
    shape = tuple(map(len, axes.values()))
    points: dict[int, dict[int, Result]] = defaultdict(dict)
    for about, result in draws:
        place = [places[key][_spelled(about[key])] for key in axes]
        points[int(np.ravel_multi_index(place, shape))][about["replicate"]] = result
    _, load_dims, load_coords = load_axes(
        {key: (np.array(some, dtype=np.float64), len(some) == 1) for key, some in sizes.items()}
    )
    labels = [label(one) for one in filters]
    along, coords = filter_axis(filters, labels, alone=len(filters) == 1)
    dims = {**(populations.dims if populations else {}), **load_dims, **along}
    lengths = tuple(dims.values())
    counts = np.zeros(shape, dtype=np.int64)
    counts.flat[list(points)] = [len(found) for found in points.values()]
    estimates = _averaged(points, lengths)
    found = readout.make(
        estimates,
        source="simulate",
        coords={**(populations.coords if populations else {}), **coords, **load_coords},
        dims=dims,
        factors=populations.factors if populations else _ranks(estimates),
        attrs={
            "population": str(populations or label(described[0])),
            "engine": " and ".join(dict.fromkeys(label(about["engine"]) for about, _ in draws)),
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


def _populations(
    distinct: Sequence[Description],
) -> tuple[Sequence[Description], PopulationAxis | None]:
    """Return the populations in rising order, and their axis: None if no description says all."""
    known = [one for one in map(_rebuilt, distinct) if one is not None]
    if len(distinct) == 1:
        return distinct, PopulationAxis.build(known[0]) if known else None
    try:
        ((_, values),) = PopulationAxis.build(known).coords.values()
    except InputError as error:
        raise ReadoutError(
            f"these draws do not form a grid (population {error.problem}): use the table of draws "
            "instead"
        ) from error
    order = np.argsort(values)
    return [distinct[k] for k in order], PopulationAxis.build([known[k] for k in order])


def _ranks(estimates: Mapping[str, Estimate]) -> Array:
    """Return the ranks of the factors, where their eigenvalues are not known."""
    shapes = [np.shape(one.value) for name, one in estimates.items() if VARIABLES[name].per_factor]
    return np.arange(1.0, 1.0 + max((shape[-1] for shape in shapes), default=0))


def _rebuilt(description: Description) -> Population | None:
    """Return the population of a description; None where the description is not complete."""
    if description["kind"] == "Spiked":
        return Spiked(description["strengths"], description["bulk"])
    if description["kind"] == "PowerLaw":
        return PowerLaw(description["exponent"], description["d"], leading=description["leading"])
    return None


def _rising(filters: Sequence[Description]) -> list[Description]:
    """Return the filters in the order of their values along the dimension that they make."""
    _, values = filter_values(filters, [label(one) for one in filters])
    return [filters[number] for number in np.argsort(values)]


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
