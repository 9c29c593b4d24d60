"""Divides a square into tiles: small tiles where the measured values change, large elsewhere.

A tile is divided in three along each axis along which it differs from a neighbour. The middle third
has the same centre, so that no measurement is lost. The number of tiles along a straight border
grows only with the logarithm of the sharpness. The tiles depend on the measurements alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ACROSS", "Measure", "Point", "Tile", "TileReading", "Tiling", "painted", "refined"]

ACROSS = 9
"""Number of tiles along each axis at the start."""
_CUT = 3
_DEEPEST = 4
"""Most divisions of one tile along one axis: up to 729 tiles along an axis."""

Point = tuple[Fraction, Fraction]
"""An exact centre in the unit square: a tile and its middle third have the same centre."""


class TileReading(NamedTuple):
    """The measurement at a point: a region, and values between 0 and 1."""

    region: int
    values: tuple[float, ...]


Measure = Callable[[Sequence[Sequence[Point]]], Sequence[Sequence[TileReading]]]
"""Takes groups of points; returns the readings of the first groups, as many as are allowed."""


class Tile(NamedTuple):
    """A rectangle: how often it was divided along each axis, and its place in this grid."""

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
        """The point at which the tile is measured."""
        x, y = 2 * self.column + 1, 2 * self.row + 1
        return Fraction(x, 2 * _count(self.x_cuts)), Fraction(y, 2 * _count(self.y_cuts))

    def cut(self, along_x: bool, along_y: bool) -> list[Tile]:
        """Return the parts of the tile, divided along one or both axes."""
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
    """Tiles that fill the square, and their readings.

    ``sharpness`` is the number of tiles along each axis of a uniform grid that is as fine as these
    tiles wherever two neighbours differ.
    """

    tiles: tuple[Tile, ...]
    readings: tuple[TileReading, ...]
    sharpness: int


def refined(measure: Measure, tolerance: float) -> Tiling:
    """Divide the square until ``measure`` allows no more points, or all borders are finest.

    Neighbouring tiles that differ in their region, or by more than ``tolerance`` in a value, are
    divided along the axis between them. The largest tiles are divided first; of equal tiles those
    that differ most.
    """
    tiles = [Tile(0, 0, i, j) for j in range(ACROSS) for i in range(ACROSS)]
    known: dict[Point, TileReading] = {}
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
    measure: Measure, groups: Sequence[Sequence[Point]], known: dict[Point, TileReading]
) -> int:
    """Add the readings of groups of points to ``known``; return how many groups were allowed."""
    found = measure(groups) if groups else []
    for points, readings in zip(groups, found, strict=False):
        known.update(zip(points, readings, strict=True))
    return len(found)


def _wanted(
    tiles: Sequence[Tile], known: dict[Point, TileReading], tolerance: float
) -> tuple[int, dict[Tile, tuple[bool, bool]]]:
    """Return the least number of divisions of tiles that differ, and how to divide such tiles.

    If no tiles differ, this is the largest number of divisions.
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
