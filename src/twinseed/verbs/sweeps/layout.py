"""The dimensions and coordinates of a grid in a readout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array

__all__ = ["filter_axis", "filter_values", "load_axes"]


def load_axes(
    axes: Mapping[str, tuple[Array, bool]],
) -> tuple[dict[str, Array], dict[str, int], dict[str, Any]]:
    """Combine two of n, d and gamma, or gamma alone: the limit of infinite n and d.

    ``axes`` has for each name the values, and whether they are a single number. Returns n, d and
    gamma, each with the shape of the two axes, and the dimensions and coordinates of a readout. A
    single number is a coordinate without dimension.
    """
    order = [name for name in ("n", "d", "gamma") if name in axes]
    second = axes[order[1]][0] if len(order) == 2 else np.ones(1)
    mesh = np.meshgrid(axes[order[0]][0], second, indexing="ij")
    loads = _complete(dict(zip(order, mesh, strict=False)))
    dims = {name: axes[name][0].size for name in order if not axes[name][1]}
    coords: dict[str, Any] = {}
    for name, value in loads.items():
        if name in dims:
            coords[name] = (name, axes[name][0])
        elif name in order:
            coords[name] = float(axes[name][0][0])
        else:
            coords[name] = (list(dims), value.reshape(list(dims.values())))
    return loads, dims, coords


def filter_values(
    described: Sequence[Mapping[str, Any]], labels: Sequence[str]
) -> tuple[str, NDArray[Any]]:
    """Return the dimension of several filters, and the value of each filter along it.

    The dimension of filters of one kind with one parameter is this parameter. For other filters it
    is "filter", with the ``labels`` as values.
    """
    first = described[0]
    names = [name for name in first if name != "kind"]
    alike = all(one.keys() == first.keys() and one["kind"] == first["kind"] for one in described)
    if len(names) == 1 and alike:
        return names[0], np.array([one[names[0]] for one in described])
    return "filter", np.array(labels)


def filter_axis(
    described: Sequence[Mapping[str, Any]], labels: Sequence[str], *, alone: bool
) -> tuple[dict[str, int], dict[str, Any]]:
    """Return the dimension of filters, and their coordinates.

    With ``alone`` the parameters of the single filter are coordinates without dimension.
    """
    kind = {"filter_kind": described[0]["kind"]}
    if alone:
        return {}, {k: value for k, value in described[0].items() if k != "kind"} | kind
    name, values = filter_values(described, labels)
    return {name: len(described)}, {name: (name, values)} | ({} if name == "filter" else kind)


def _complete(loads: dict[str, Array]) -> dict[str, Array]:
    if set(loads) == {"gamma"}:
        infinite = np.full_like(loads["gamma"], np.inf)
        return {**loads, "n": infinite, "d": infinite}
    if "gamma" not in loads:
        return {**loads, "gamma": loads["n"] / loads["d"]}
    if "n" not in loads:
        return {**loads, "n": loads["gamma"] * loads["d"]}
    return {**loads, "d": loads["n"] / loads["gamma"]}
