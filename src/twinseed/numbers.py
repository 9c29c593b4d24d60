"""Holds the numbers of a readout in plain arrays, until a data set is needed.

Importing xarray takes long, and an answer in a terminal does not need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["ReadoutNumbers"]


@dataclass(frozen=True, eq=False)
class ReadoutNumbers:
    """What a data set consists of; ``numbers[name]`` is an array, as ``dataset[name].values``.

    Args:
        variables: dimensions, values and attributes of each variable, by its name.
        coords: the coordinates, as xarray takes them.
        attrs: the attributes.

    >>> found = ReadoutNumbers({"recovery": ("factor", np.array([0.9, 0.1]), {})}, {"n": 50}, {})
    >>> found["recovery"].tolist(), int(found["n"]), found.sizes["factor"]
    ([0.9, 0.1], 50, 2)
    """

    variables: Mapping[str, tuple[Any, NDArray[Any], Mapping[str, Any]]]
    coords: Mapping[str, Any]
    attrs: Mapping[str, Any]

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name in self.variables:
            return self.variables[name][1]
        told = self.coords[name]
        return np.asarray(told[1] if isinstance(told, tuple) else told)

    def __contains__(self, name: object) -> bool:
        return name in self.variables or name in self.coords

    @property
    def sizes(self) -> dict[str, int]:
        """Return the length of each dimension."""
        found: dict[str, int] = {}
        for along, values, _ in self.variables.values():
            names = (along,) if isinstance(along, str) else along
            found.update(zip(names, values.shape, strict=True))
        return found

    def dataset(self) -> xr.Dataset:
        """Return the numbers as a data set of xarray."""
        import xarray as xr

        return xr.Dataset(dict(self.variables), coords=self.coords, attrs=dict(self.attrs))
