"""The phase diagram of twin linear models: simulated tiles, borders by theory, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.checks import given_path
from twinseed.errors import InputError, StoreError
from twinseed.files import require_output, write_bytes, write_text
from twinseed.phases.kept import kept_settings, no_work
from twinseed.phases.lines import Lines, borders
from twinseed.phases.plane import MEASURED, Plane, Region
from twinseed.phases.tiles import ACROSS, Point, Tile, TileReading, Tiling, painted, refined
from twinseed.readout import Readout
from twinseed.sweep import Cell, Result, stored
from twinseed.tables import data_frame, drawn_table, html_table, percent

if TYPE_CHECKING:
    import pandas as pd

    from twinseed.drawing.style import Figure

__all__ = ["PhaseDiagram"]

_TOLERANCE = 0.25
"""Neighbouring tiles are divided if a value from 0 to 1 differs by more than this."""
Perform = Callable[[Sequence[Sequence[Cell]]], Sequence[Sequence[Result]]]
"""Takes groups of cells; returns the results of the first groups, as many as are available."""
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
        """Return the diagram in a store, without simulating; also of a run that is not finished.

        Args:
            path: the store that was passed to ``phase_diagram``.

        Raises:
            StoreError: the store cannot be read, has no phase diagram, belongs to another version
                of twinseed, or has too few points yet.
        """
        path = given_path("path", path, "pass the store that was passed to ts.phase_diagram")
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
        """Return a diagram whose plane is divided while there are results.

        Args:
            plane: the population, the filter and the thresholds.
            entropy: the seed.
            perform: takes groups of cells, and returns the results of the first groups.
        """
        known: dict[Point, Result] = {}

        def measure(groups: Sequence[Sequence[Point]]) -> list[list[TileReading]]:
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
        """The tiles; the centre of each tile is its simulated point."""
        return self.tiling.tiles

    @cached_property
    def pixels(self) -> NDArray[np.int64]:
        """The number of the tile at each pixel of a square picture, rows from below."""
        return painted(self.tiles)

    @cached_property
    def settled(self) -> NDArray[np.bool_]:
        """For each pixel, whether simulation and theory give the same region."""
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
        """Number of points of a uniform grid that is as fine as this diagram at all borders."""
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
        """Return a simulated variable and its standard error, one number per tile.

        Args:
            name: a variable of ``readout()``.
        """
        if name not in MEASURED:
            raise InputError("name", "is not kept", name, f"pass one of {', '.join(MEASURED)}")
        pairs = np.array([result[name] for result in self.results])
        return pairs[:, 0], pairs[:, 1]

    @property
    def areas(self) -> dict[Region, float]:
        """Share of the plane (with logarithmic axes) of each region."""
        found: dict[Region, float] = {}
        for region, tile in zip(self.regions, self.tiles, strict=True):
            found[region] = found.get(region, 0.0) + tile.size[0] * tile.size[1]
        return dict(sorted(found.items()))

    @property
    def agreement(self) -> float:
        """Share of the plane on which simulation and theory give the same region."""
        theory = self.lines.region(self.gamma, self.strength)
        sizes = np.array([tile.size[0] * tile.size[1] for tile in self.tiles])
        return float(sizes[theory == [int(region) for region in self.regions]].sum())

    @property
    def stopped(self) -> int:
        """Number of draws that did not reach their tolerance."""
        return sum(int(result["stopped"]) for result in self.results)

    def readout(self) -> Readout:
        """Return the tiles as a readout along the dimension ``cell``."""
        from twinseed.phases.written import readout

        return readout(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the plane, the borders by theory, the areas and all cells, ready for JSON."""
        from twinseed.phases.written import dictionary

        return dictionary(self)

    def to_html(self, path: str | Path) -> None:
        """Write the diagram as one self-contained page.

        Args:
            path: the file to write.
        """
        self.save(Path(path).with_suffix(".html"))

    def save(self, path: str | Path) -> None:
        """Write the diagram, in the format that the ending of the file names.

        Args:
            path: a file that ends in .html, .png or .svg, or in .nc for the cells.

        Raises:
            InputError: another ending, or a file that cannot be written.
            MissingExtraError: matplotlib is not installed.
        """
        target = require_output("path", path, _FORMATS)
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

    def plot(self) -> Figure:
        """Draw the plane as a figure of matplotlib.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        from twinseed.phases.figures import phase_plane

        return phase_plane(self)

    def to_frame(self) -> pd.DataFrame:
        """Return a table of pandas with one row per simulated point.

        Raises:
            MissingExtraError: pandas is not installed.
        """
        columns: dict[str, Any] = {"gamma": self.gamma, "strength": self.strength}
        columns["region"] = [region.words for region in self.regions]
        for name in MEASURED:
            columns[name], columns[f"{name}_se"] = self.values(name)
        return data_frame(columns, "PhaseDiagram.to_frame")

    def _table(self) -> tuple[str, tuple[str, str, str], list[tuple[str, str, str]]]:
        """Return a sentence about the diagram, the header of the table of areas, and its rows."""
        plane = self.plane
        rows = [
            (region.words, percent(area, 1), region.meaning) for region, area in self.areas.items()
        ]
        more = self.uniform > len(self.tiles)
        sharp = f", as sharp as a uniform grid of {self.uniform:,}" if more else ""
        about = (
            f"Phase diagram at d = {plane.d:,}, ridge {plane.ridge:g}: {len(self.tiles)} "
            f"simulated points{sharp}. On {percent(self.agreement, 1)} of the plane the simulated "
            "region is the region that theory predicts."
        )
        return about, ("region", "of the plane", "meaning"), rows

    def _repr_html_(self) -> str:
        """Return the areas as a table, as a notebook shows them."""
        about, header, rows = self._table()
        return html_table(header, rows, title=about)

    def told(self, width: int | None = None) -> str:
        """Return the areas as a table of text.

        Args:
            width: the longest line, in characters; the terminal's by default.
        """
        about, header, rows = self._table()
        return "\n".join([about, "", drawn_table(header, rows, width=width, prose=True)])

    def __str__(self) -> str:
        return self.told()

    def __repr__(self) -> str:
        return f"PhaseDiagram(d={self.plane.d}, points={len(self.tiles)})"
