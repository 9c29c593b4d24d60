"""A square cut into tiles: small where what is measured at their centres changes, else large.

A tile is cut in three along each axis across which it differs from a neighbour. One of the three
keeps the centre, so that no measurement is lost, and a straight border costs a number of tiles that
grows with the logarithm of its sharpness alone. Which tiles there are follows from the measurements
and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACROSS", "Measure", "Point", "Reading", "Tile", "Tiling", "painted", "refined"]

ACROSS = 9
"""Tiles along each axis before any cut."""
_CUT = 3
_DEEPEST = 4
"""Cuts of one tile along one axis at the most: 729 tiles across."""

Point = tuple[Fraction, Fraction]
"""A centre in the unit square, exact, so that a cut tile and its middle third have the same."""


class Reading(NamedTuple):
    """What was measured at a point: a class, and values between 0 and 1."""

    region: int
    values: tuple[float, ...]


Measure = Callable[[Sequence[Sequence[Point]]], Sequence[Sequence[Reading]]]
"""Groups of points to the readings of as many whole groups, from the first on, as there is room."""


class Tile(NamedTuple):
    """A rectangle: how often it was cut along each axis, and its place in that grid."""

    x_cuts: int
    y_cuts: int
    column: int
    row: int

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return 1.0 / _count(self.x_cuts), 1.0 / _count(self.y_cuts)

    @property
    def centre(self) -> Point:
        """Where it is measured."""
        x, y = 2 * self.column + 1, 2 * self.row + 1
        return Fraction(x, 2 * _count(self.x_cuts)), Fraction(y, 2 * _count(self.y_cuts))

    def cut(self, along_x: bool, along_y: bool) -> list[Tile]:
        """Return its parts."""
        wide, high = (_CUT if along else 1 for along in (along_x, along_y))
        return [
            Tile(
                self.x_cuts + along_x,
                self.y_cuts + along_y,
                wide * self.column + i,
                high * self.row + j,
            )
            for j, i in product(range(high), range(wide))
        ]


@dataclass(frozen=True)
class Tiling:
    """Tiles that fill the square, their readings, and how many a uniform grid would have.

    ``sharpness`` is the number of tiles along each axis of the uniform grid that is as fine as this
    one wherever two neighbours differ.
    """

    tiles: tuple[Tile, ...]
    readings: tuple[Reading, ...]
    sharpness: int


def refined(measure: Measure, tolerance: float) -> Tiling:
    """Cut the square until ``measure`` has no more room, or all borders are as fine as can be.

    Tiles that differ across a side, in their region or by more than ``tolerance`` in a value, are
    cut along that axis: those first that were cut least, among them those that differ most.
    """
    tiles = [Tile(0, 0, i, j) for j in range(ACROSS) for i in range(ACROSS)]
    known: dict[Point, Reading] = {}
    if not _measured(measure, [[tile.centre for tile in tiles]], known):
        return Tiling((), (), 0)
    while True:
        cuts, wanted = _wanted(tiles, known, tolerance)
        parts = {tile: tile.cut(*axes) for tile, axes in wanted.items()}
        groups = [
            [part.centre for part in several if part.centre not in known]
            for several in parts.values()
        ]
        done = _measured(measure, groups, known) if cuts < _DEEPEST else 0
        for tile in list(parts)[done:]:
            del parts[tile]
        tiles = [part for tile in tiles for part in parts.get(tile, [tile])]
        if done < len(groups) or not groups:
            break
    readings = tuple(known[tile.centre] for tile in tiles)
    return Tiling(tuple(tiles), readings, _count(min(cuts, _DEEPEST)))


def painted(tiles: Sequence[Tile]) -> NDArray[np.int64]:
    """Return the number of the tile at each pixel, rows from below, as fine as the finest tile."""
    finest = max(max(tile.x_cuts, tile.y_cuts) for tile in tiles)
    pixels = np.empty((_count(finest), _count(finest)), dtype=np.int64)
    for number, tile in enumerate(tiles):
        wide, high = _CUT ** (finest - tile.x_cuts), _CUT ** (finest - tile.y_cuts)
        rows = slice(tile.row * high, (tile.row + 1) * high)
        pixels[rows, tile.column * wide : (tile.column + 1) * wide] = number
    return pixels


def _count(cuts: int) -> int:
    return int(ACROSS * _CUT**cuts)


def _measured(
    measure: Measure, groups: Sequence[Sequence[Point]], known: dict[Point, Reading]
) -> int:
    """Measure groups of points into ``known``; return how many there was room for."""
    found = measure(groups) if groups else []
    for points, readings in zip(groups, found, strict=False):
        known.update(zip(points, readings, strict=True))
    return len(found)


def _wanted(
    tiles: Sequence[Tile], known: dict[Point, Reading], tolerance: float
) -> tuple[int, dict[Tile, tuple[bool, bool]]]:
    """Return the least number of cuts among tiles that differ, and how to cut those that have it.

    Without any that differ the number is that of the deepest cut.
    """
    pixels = painted(tiles)
    readings = [known[tile.centre] for tile in tiles]
    regions = np.array([reading.region for reading in readings])
    values = np.array([reading.values for reading in readings])
    gaps = np.zeros((2, len(tiles)))
    sides = (pixels[:, :-1], pixels[:, 1:]), (pixels[:-1], pixels[1:])
    for axis, (one, other) in enumerate(sides):
        apart = one != other
        a, b = np.divmod(np.unique(one[apart] * len(tiles) + other[apart]), len(tiles))
        gap = np.abs(values[a] - values[b]).max(axis=-1)
        differ = (regions[a] != regions[b]) | (gap > tolerance)
        for side in (a, b):
            np.maximum.at(gaps[axis], side[differ], gap[differ] + np.finfo(float).tiny)
    cuts = np.array([[tile.x_cuts, tile.y_cuts] for tile in tiles]).T
    least = int(cuts[gaps > 0].min(initial=_DEEPEST))
    now = (gaps > 0) & (cuts == least)
    size = np.where(now, gaps, 0.0).max(axis=0)
    order = sorted(np.flatnonzero(size).tolist(), key=lambda place: (-size[place], tiles[place]))
    return least, {tiles[k]: (bool(now[0, k]), bool(now[1, k])) for k in order}
