"""Arrays whose columns have names, such as genes or latitudes: one order in all roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.errors import InputError

__all__ = ["AxisNames", "aligned_axes"]

AxisNames = tuple[str, tuple[str, ...] | tuple[float, ...]]
"""What the entries along an axis are called: "genes" and their names, "lat" and its values."""

_SHOWN = 3


def aligned_axes(
    arrays: Mapping[str, NDArray[Any]],
    names: Mapping[str, Sequence[AxisNames | None]],
    notes: MutableMapping[str, list[str]],
) -> dict[str, NDArray[Any]]:
    """Return arrays whose entries along each named axis come in the order of the first array.

    Shapes: ``names`` holds for each role one entry per axis behind the rows, or nothing where the
    file names no axis. What was changed is added to ``notes``, by role.

    Raises:
        InputError: two arrays whose entries have other names, or names that occur twice and come
            in another order.

    >>> told = {"a": [], "b": []}
    >>> genes = {"a": [("genes", ("x", "y"))], "b": [("genes", ("y", "x"))]}
    >>> made = aligned_axes({"a": np.array([[1, 2]]), "b": np.array([[2, 1]])}, genes, told)
    >>> made["b"], told["b"]
    (array([[1, 2]]), ['the genes are brought into the order of a, by their names'])
    """
    found = dict(arrays)
    for lead, role, axis in _pairs(found, names):
        first, own = names[lead][axis], names[role][axis]
        assert first is not None
        assert own is not None
        if _alike(first[1], own[1]):
            continue
        order = _order(first, own, lead, role)
        found[role] = np.take(found[role], order, axis=axis + 1)
        how = "names" if isinstance(first[1][0], str) else "values"
        notes[role].append(f"the {first[0]} are brought into the order of {lead}, by their {how}")
    return found


def _pairs(
    arrays: Mapping[str, NDArray[Any]], names: Mapping[str, Sequence[AxisNames | None]]
) -> Iterator[tuple[str, str, int]]:
    """Yield the first role that names an axis, another role that names the axis too, the axis."""
    for axis in range(max((len(named) for named in names.values()), default=0)):
        having = [
            role
            for role, named in names.items()
            if role in arrays and arrays[role].ndim == len(named) + 1 and named[axis] is not None
        ]
        for role in having[1:]:
            if len(names[role]) == len(names[having[0]]):
                yield having[0], role, axis


def _alike(first: Sequence[Any], own: Sequence[Any]) -> bool:
    if isinstance(first[0], str) or isinstance(own[0], str):
        return list(first) == list(own)
    return len(first) == len(own) and np.allclose(first, own, rtol=1e-6, atol=1e-9)


def _order(first: AxisNames, own: AxisNames, lead: str, role: str) -> list[int]:
    """Return the place of each name of the first array in the other array."""
    wanted, there = _texts(first[1]), _texts(own[1])
    without, also = sorted(set(wanted) - set(there)), sorted(set(there) - set(wanted))
    if without or also:
        parts = [
            f"{what} {', '.join(those[:_SHOWN])}{', ...' if len(those) > _SHOWN else ''}"
            for what, those in (("without", without), ("also", also))
            if those
        ]
        raise InputError(
            role,
            f"must have the {first[0]} of {lead}",
            "; ".join(parts),
            f"keep the {first[0]} that all files have; or save arrays without names",
        )
    if len(set(wanted)) < len(wanted) or len(there) != len(wanted):
        twice = next(name for name in there if there.count(name) > 1 or wanted.count(name) > 1)
        raise InputError(
            role,
            f"has the {first[0]} in another order than {lead}, and a name occurs twice",
            twice,
            "make the names unique",
        )
    place = {name: k for k, name in enumerate(there)}
    return [place[name] for name in wanted]


def _texts(values: Sequence[Any]) -> list[str]:
    return [one if isinstance(one, str) else f"{one:.6g}" for one in values]
