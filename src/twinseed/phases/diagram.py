"""The phase diagram of twin linear models: simulated tiles, borders in theory, ways to show it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from twinseed._version import __version__
from twinseed.arrays import Array
from twinseed.checks import given_path
from twinseed.errors import InputError, StoreError
from twinseed.files import require_output, write_bytes, write_text
from twinseed.phases.lines import Lines, borders
from twinseed.phases.plane import ENGINE, MEASURED, Plane, Region
from twinseed.phases.tiles import ACROSS, Point, Reading, Tile, Tiling, painted, refined
from twinseed.sweep import Cell, Result, described, stored
from twinseed.tables import drawn_table, percent

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "KIND",
    "VERSION",
    "KeptSettings",
    "PhaseDiagram",
    "kept_settings",
    "no_work",
    "require_format",
]

KIND = "phase diagram"
VERSION = f"{__version__}/{ENGINE.revision}/1"
_TOLERANCE = 0.25
"""Change of a value, from 0 to 1, between neighbouring tiles that are then cut."""
Perform = Callable[[Sequence[Sequence[Cell]]], Sequence[Sequence[Result]]]
"""Groups of cells to the results of as many whole groups, from the first on, as there are."""
_FORMATS = (".html", ".png", ".svg", ".nc")


@dataclass(frozen=True, eq=False, repr=False)
class PhaseDiagram:
    """Where twins memorise, converge and recover one factor, simulated and in theory.

    ``phase_diagram`` makes a diagram; ``from_store`` reads a finished diagram from its store.

    Args:
        plane: the population, the filter and the thresholds of the diagram.
        entropy: the seed.
        tiling: the tiles, and the result of each tile.
        results: means and standard errors at the centres of the tiles.
        lines: the borders by theory.

    >>> import twinseed as ts
    >>> diagram = ts.phase_diagram(d=1000, gamma=(1, 9), strength=(0.1, 3), ridge=1, cells=81)
    >>> len(diagram.tiling.tiles), diagram.regions[-1].words
    (81, 'converged and recovered')

    See also: ``phase_diagram``.
    """

    plane: Plane
    entropy: tuple[int, ...]
    tiling: Tiling
    results: tuple[Result, ...]
    lines: Lines

    @classmethod
    def from_store(cls, path: str | Path) -> Self:
        """Draw again what a store holds, without simulating; also of a run that is not finished.

        Raises:
            StoreError: the store cannot be read, holds no phase diagram, belongs to another version
                of twinseed, or has too few points yet.
        """
        path = given_path("path", path, "pass the store that was given to ts.phase_diagram")
        kept = kept_settings(path)
        plane = Plane.build(**kept.plane)
        results = {Cell(no_work, text).name: result for text, result in stored(path)}

        def found(group: Sequence[Cell]) -> list[Result]:
            held = [results[cell.name] for cell in group if cell.name in results]
            return held if len(held) == len(group) else []

        def perform(groups: Sequence[Sequence[Cell]]) -> list[list[Result]]:
            return list(takewhile(bool, map(found, groups)))

        diagram = cls.refined(plane, kept.entropy, perform)
        if not diagram.tiling.tiles:
            raise StoreError(
                f"{path} has {len(results)} of the first {ACROSS**2} points only: let the run "
                "that writes this store continue"
            )
        return diagram

    @classmethod
    def refined(cls, plane: Plane, entropy: tuple[int, ...], perform: Perform) -> Self:
        """Cut the plane as far as ``perform`` has results for whole groups of cells."""
        known: dict[Point, Result] = {}

        def measure(groups: Sequence[Sequence[Point]]) -> list[list[Reading]]:
            found = perform([[plane.cell(point) for point in group] for group in groups])
            done = groups[: len(found)]
            for group, results in zip(done, found, strict=True):
                known.update(zip(group, results, strict=True))
            return [[plane.reading(point, known[point]) for point in group] for group in done]

        tiling = refined(measure, _TOLERANCE)
        results = tuple(known[tile.centre] for tile in tiling.tiles)
        return cls(plane, entropy, tiling, results, borders(plane))

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """The tiles, each with its simulated point at the centre."""
        return self.tiling.tiles

    @cached_property
    def pixels(self) -> NDArray[np.int64]:
        """The number of the tile at each pixel of a square picture, rows from below."""
        return painted(self.tiles)

    @cached_property
    def settled(self) -> NDArray[np.bool_]:
        """At which pixels simulation and theory give the same region."""
        side = len(self.pixels)
        share = (np.arange(side) + 0.5) / side
        load, strength = (
            np.exp(np.log(low) + share * np.log(high / low))
            for low, high in (self.plane.gamma, self.plane.strength)
        )
        theory = self.lines.region(*np.meshgrid(load, strength))
        drawn = np.array([int(region) for region in self.regions])[self.pixels]
        return np.asarray(theory == drawn)

    @property
    def uniform(self) -> int:
        """Points of the uniform grid that is as fine as this one wherever two neighbours differ."""
        return self.tiling.sharpness**2

    @cached_property
    def gamma(self) -> Array:
        """Load n/d of each tile's point."""
        return np.array([self.plane.place(tile.centre)[0] / self.plane.d for tile in self.tiles])

    @cached_property
    def strength(self) -> Array:
        """Strength of the factor at each tile's point."""
        return np.array([self.plane.place(tile.centre)[1] for tile in self.tiles])

    @cached_property
    def regions(self) -> list[Region]:
        """The region of each tile, as simulated."""
        return [Region(reading.region) for reading in self.tiling.readings]

    def values(self, name: str) -> tuple[Array, Array]:
        """Return a simulated variable and its standard error, a number for each tile."""
        if name not in MEASURED:
            raise InputError("name", "is not kept", name, f"pass one of {', '.join(MEASURED)}")
        pairs = np.array([result[name] for result in self.results])
        return pairs[:, 0], pairs[:, 1]

    @property
    def areas(self) -> dict[Region, float]:
        """Share of the plane, by its logarithmic axes, that each region has."""
        found: dict[Region, float] = {}
        for region, tile in zip(self.regions, self.tiles, strict=True):
            found[region] = found.get(region, 0.0) + tile.size[0] * tile.size[1]
        return dict(sorted(found.items()))

    @property
    def agreement(self) -> float:
        """Share of the plane whose points are in the region that theory gives them."""
        theory = self.lines.region(self.gamma, self.strength)
        sizes = np.array([tile.size[0] * tile.size[1] for tile in self.tiles])
        return float(sizes[theory == [int(region) for region in self.regions]].sum())

    @property
    def stopped(self) -> int:
        """Draws that ended before their tolerance."""
        return sum(int(result["stopped"]) for result in self.results)

    def readout(self) -> xr.Dataset:
        """Return the tiles as a readout along the dimension ``cell``."""
        from twinseed.readout import Estimate, make

        along = {
            "n": np.rint(self.gamma * self.plane.d),
            "gamma": self.gamma,
            "strength": self.strength,
            "region": np.array([region.words for region in self.regions]),
        }
        estimates = {}
        for name in MEASURED:
            value, se = self.values(name)
            columns = (value[:, None], se[:, None]) if name == "recovery" else (value, se)
            estimates[name] = Estimate(*columns, resampled=f"{self.plane.replicates} replicates")
        return make(
            estimates,
            source=KIND,
            coords={
                "d": self.plane.d,
                "ridge": self.plane.ridge,
                **{name: ("cell", values) for name, values in along.items()},
            },
            dims={"cell": len(self.tiles)},
            factors=1.0 + self.strength[:, None],
            attrs={"entropy": " ".join(map(str, self.entropy))},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the plane, the borders in theory, the areas and all cells, ready for JSON."""
        columns: dict[str, Any] = {
            "gamma": self.gamma.tolist(),
            "strength": self.strength.tolist(),
            "region": [region.words for region in self.regions],
        }
        for name in MEASURED:
            value, se = self.values(name)
            columns |= {name: value.tolist(), f"{name}_se": se.tolist()}
        return {
            "schema": 1,
            "twinseed": __version__,
            "seed": list(self.entropy),
            "plane": self.plane.description(),
            "points": len(self.tiles),
            "uniform_grid": self.uniform,
            "agreement": self.agreement,
            "stopped": self.stopped,
            "areas": {region.words: area for region, area in self.areas.items()},
            "theory": {
                "strength": self.lines.strength.tolist(),
                "memorised_below": self.lines.memorisation.tolist(),
                "converged_above": self.lines.convergence.tolist(),
                "recovered_above": (self.lines.strength**-2.0).tolist(),
            },
            "cells": columns,
        }

    def to_html(self, path: str | Path) -> None:
        """Write the diagram as one self-contained page."""
        self.save(Path(path).with_suffix(".html"))

    def save(self, path: str | Path) -> None:
        """Write the diagram as .html, .png, .svg, or its cells as .nc.

        Raises:
            InputError: another ending, or a file that cannot be written.
            MissingExtraError: matplotlib is not installed.
        """
        target = require_format("path", path)
        if target.suffix.lower() == ".html":
            from twinseed.phases.page import diagram_page

            write_text(target, diagram_page(self))
        elif target.suffix.lower() == ".nc":
            from twinseed.readout import save

            save(self.readout(), target)
        else:
            from twinseed.drawing import as_png, as_svg
            from twinseed.phases.figures import phase_plane

            figure = phase_plane(self)
            if target.suffix.lower() == ".png":
                write_bytes(target, as_png(figure))
            else:
                write_text(target, as_svg(figure, "phase-diagram"))

    def told(self, width: int | None = None) -> str:
        """Return the areas as a table to read, no line of it longer than ``width``."""
        plane = self.plane
        rows = [
            (region.words, percent(area, 1), region.meaning) for region, area in self.areas.items()
        ]
        header = ("region", "of the plane", "meaning")
        more = self.uniform > len(self.tiles)
        sharp = f", as sharp as a uniform grid of {self.uniform:,}" if more else ""
        about = (
            f"Phase diagram at d = {plane.d:,}, ridge {plane.ridge:g}: {len(self.tiles)} "
            f"simulated points{sharp}. On {percent(self.agreement, 1)} of the plane the simulated "
            "region is the region that theory predicts."
        )
        return "\n".join([about, "", drawn_table(header, rows, width=width, prose=True)])

    def __str__(self) -> str:
        return self.told()

    def __repr__(self) -> str:
        return f"PhaseDiagram(d={self.plane.d}, points={len(self.tiles)})"


@dataclass(frozen=True)
class KeptSettings:
    """What a store says of its diagram: the plane's fields, the seed, the most points asked for."""

    plane: Mapping[str, Any]
    entropy: tuple[int, ...]
    cells: int


def kept_settings(path: str | Path) -> KeptSettings:
    """Read what a store holds a diagram of.

    Raises:
        StoreError: it cannot be read, holds no phase diagram, or one of another version.
    """
    about = described(path)
    if about.get("kind") != KIND:
        raise StoreError(
            f"{path} holds no phase diagram: pass a store that was made by phase_diagram"
        )
    if about["version"] != VERSION:
        raise StoreError(
            f"{path} was made by version {about['version']}, this is {VERSION}: draw the "
            "diagram again with another store"
        )
    asked = (text["cells"] for text, _ in stored(path) if "cells" in text)
    return KeptSettings(
        plane=json.loads(about["plane"]),
        entropy=tuple(int(word) for word in about["seed"].split()),
        cells=max(asked, default=ACROSS**2),
    )


def require_format(argument: str, path: str | Path) -> Path:
    """Return the path if ``save`` can write to it, and knows its ending."""
    return require_output(argument, path, _FORMATS)


def no_work(rng: np.random.Generator) -> Result:
    """Stand in for the work of a cell whose description alone matters."""
    return {}
