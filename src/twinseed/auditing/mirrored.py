"""Rows that are mirror images of each other: one unit, as a picture and its augmentation are."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Indices
from twinseed.data.rows import Rows

__all__ = ["mirrored_units", "with_mirrors"]

_SHARE = 0.05  # of the rows of a role that are mirror images of another row, at least


def with_mirrors(rows: Rows) -> dict[str, Indices]:
    """Return the unit of each row, by argument name; mirror images of one picture are one unit.

    A file that holds every picture and its mirror image has half as many independent rows as it
    has rows: a test that relabels row by row would take the pair as two witnesses. Groups that were
    given are kept, and joined where a mirror image links them. Nothing is joined where fewer than
    one row in twenty has its mirror image in the same set, or where rows are not images.
    """
    units = dict(rows.units)
    if rows.image_shape is None:
        return units
    for name, part in rows.arrays.items():
        found = mirrored_units(np.asarray(part), rows.image_shape)
        if found is not None and np.array_equal(units[name], np.unique(units[name])):
            units[name] = units[name][found]
    return units


def mirrored_units(rows: NDArray[Any], shape: tuple[int, ...]) -> Indices | None:
    """Return for each image the first row that is it or its mirror image; None where few are.

    >>> left = np.arange(6.0).reshape(1, 2, 3)
    >>> mirrored_units(np.concatenate([left, left[:, :, ::-1]]).reshape(2, 6), (2, 3))
    array([0, 0])
    """
    axis = int(np.sort(np.argsort(shape, kind="stable")[-2:])[-1]) + 1
    keys: dict[bytes, int] = {}
    first = np.arange(len(rows))
    for number, row in enumerate(rows):
        key = _key(row)
        if key not in keys:
            mirror = np.flip(row.reshape(1, *shape), axis).ravel()
            keys[key] = number
            keys.setdefault(_key(mirror), number)
        first[number] = keys[key]
    return first if np.mean(first != np.arange(len(rows))) >= _SHARE else None


def _key(row: NDArray[Any]) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(row).data, digest_size=16).digest()
