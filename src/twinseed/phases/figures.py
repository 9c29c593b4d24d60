"""Figures of a phase diagram: its regions and its order parameters, with the borders by theory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.drawing.panels import LOAD, TITLES, log_ticks, log_x
from twinseed.drawing.style import GREY, INK, SMALL, Figure, frames, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from twinseed.phases import PhaseDiagram

__all__ = ["phase_plane", "phase_values"]

_STRENGTH = "strength of the factor \N{GREEK SMALL LETTER BETA}"
_FILLS = (
    "#EDEDEB",
    "#F6CDB5",
    "#FFE07A",
    "#E8C58E",
    "#CFE8DC",
    "#E9A98B",
    "#A9D0EE",
    "#C9A7C4",
)
"""The colour of each region, by its flags; the region in which agreement misleads is strongest."""
_LINES: dict[str, tuple[str, Any]] = {
    "memorisation": ("#A33100", (0, (1.4, 1.4))),
    "convergence": ("#1f1f1f", (0, (5, 1.6))),
    "recovery": ("#00579C", "-"),
}
_TITLES = {
    "memorisation_ratio": (
        TITLES["memorisation_ratio"][0],
        "1: no closer to training than to new rows",
    ),
    "convergence_corrected": (
        "Convergence beyond chance",
        TITLES["convergence"][1],
    ),
    "recovery": TITLES["recovery"],
}
_LABEL = SMALL
"""Size of the regions' names, in points."""


@styled
def phase_plane(diagram: PhaseDiagram, *, stacked: bool = False) -> Figure:
    """Draw the regions of a phase diagram, with names, or with numbers where space is too small.

    Every tile is a simulated point; thin lines are the borders of tiles. The other lines are the
    borders of regions by theory.
    """
    wide, high = (4.2, 4.0) if stacked else (6.4, 4.6)
    keys = 6 if stacked else 3
    figure, (panel,) = frames(1, width=wide, height=high, left=0.62, keys=keys)
    axes = panel.axes
    _log_axes(axes, diagram)
    axes.set_ylabel(_STRENGTH)
    for region in diagram.areas:
        chosen = [
            tile for tile, one in zip(diagram.tiles, diagram.regions, strict=True) if one == region
        ]
        _fill(axes, chosen, _FILLS[int(region)])
    numbers = _name_regions(axes, diagram)
    handles = _theory(axes, diagram, tuple(_LINES))
    plane = diagram.plane
    panel.title(
        "Agreement does not see the factor",
        f"tiles: simulated at d = {_power(plane.d)}; lines: theory",
    )
    panel.legend([*handles, *numbers], 1 if stacked else 2)
    return figure


@styled
def phase_values(diagram: PhaseDiagram, *, stacked: bool = False) -> Figure:
    """Draw the simulated order parameters, from which the regions follow, with the borders."""
    figure, panels = frames(3, stacked=stacked, height=2.9, left=0.58, keys=1)
    scales: dict[str, dict[str, Any]] = {
        "memorisation_ratio": {"cmap": "OrRd", "vmin": 1.0, "vmax": 4.0},
        "convergence_corrected": {"cmap": "Greys", "vmin": 0.0, "vmax": 1.0},
        "recovery": {"cmap": "Blues", "vmin": 0.0, "vmax": 1.0},
    }
    for panel, (name, scale), line in zip(panels, scales.items(), _LINES, strict=True):
        axes = panel.axes
        values, _ = diagram.values(name)
        image = axes.imshow(
            values[diagram.pixels],
            extent=(0.0, 1.0, 0.0, 1.0),
            transform=axes.transAxes,
            origin="lower",
            aspect="auto",
            zorder=0.5,
            **scale,
        )
        _log_axes(axes, diagram)
        handles = _theory(axes, diagram, (line,))
        panel.title(*_TITLES[name])
        panel.legend(handles)
        _colours(panel, image)
    panels[0].axes.set_ylabel(_STRENGTH)
    return figure


def _log_axes(axes: Axes, diagram: PhaseDiagram) -> None:
    log_x(axes, LOAD)
    axes.set_yscale("log")
    axes.set_xlim(*diagram.plane.gamma)
    axes.set_ylim(*diagram.plane.strength)
    log_ticks(axes.xaxis)
    log_ticks(axes.yaxis)
    axes.grid(visible=False)


def _fill(axes: Axes, tiles: Sequence[Any], colour: str) -> None:
    """Draw tiles of one colour as one path."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    corners, codes = [], []
    for tile in tiles:
        (wide, high), (x, y) = tile.size, (float(one) for one in tile.centre)
        left, right, below, above = x - wide / 2, x + wide / 2, y - high / 2, y + high / 2
        corners += [(left, below), (right, below), (right, above), (left, above), (left, below)]
        codes += [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
    patch = PathPatch(
        Path(corners, codes),
        transform=axes.transAxes,
        facecolor=colour,
        edgecolor="white",
        linewidth=0.25,
        zorder=1.0,
    )
    axes.add_patch(patch)


def _theory(axes: Axes, diagram: PhaseDiagram, names: Sequence[str]) -> list[Any]:
    """Draw borders by theory; return their legend entries."""
    from matplotlib.lines import Line2D

    plane, lines = diagram.plane, diagram.lines
    load = np.geomspace(*plane.gamma, 60)
    drawn = {
        "memorisation": (lines.memorisation, lines.strength),
        "convergence": (lines.convergence, lines.strength),
        "recovery": (load, load**-0.5),
    }
    words = {
        "memorisation": f"memorisation ratio \N{GREEK SMALL LETTER RHO} = {plane.memorisation:g}",
        "convergence": f"convergence {'q' if plane.ridge == 0 else 'beyond chance'}"
        f" = {plane.convergence:g}",
        "recovery": "recovery starts: n/d = 1/β²",
    }
    handles = []
    for name in names:
        colour, dashes = _LINES[name]
        axes.plot(*drawn[name], color=colour, linestyle=dashes, linewidth=1.6, zorder=3.0)
        handles.append(
            Line2D([], [], color=colour, linestyle=dashes, linewidth=1.6, label=words[name])
        )
    return handles


def _colours(panel: Any, image: Any) -> None:
    """Draw the scale of colours to the right of the legend."""
    box = panel.axes.get_position()
    high = panel.figure.get_size_inches()[1]
    across = 0.3 * box.width
    place = (box.x1 - across, panel.corner[1] - 0.17 / high, across, 0.09 / high)
    scale = panel.figure.colorbar(image, cax=panel.figure.add_axes(place), orientation="horizontal")
    scale.outline.set_visible(False)
    scale.ax.tick_params(length=0.0, pad=1.5, labelsize=SMALL)
    low, top = image.get_clim()
    scale.set_ticks([low, top], labels=[f"{low:g}", f"{top:g}" if top == 1.0 else f"{top:g}+"])


def _name_regions(axes: Axes, diagram: PhaseDiagram) -> list[Any]:
    """Write the name of each region into its widest part, or a number where space is too small.

    Return legend entries for the regions with numbers.
    """
    from matplotlib.patches import Patch

    inches = (axes.bbox.width / axes.figure.dpi, axes.bbox.height / axes.figure.dpi)
    codes = np.array([int(region) for region in diagram.regions])[diagram.pixels]
    handles: list[Any] = []
    for region in diagram.areas:
        inside = (codes == int(region)) & diagram.settled
        spot = _spot(inside, region.words.split(" "), inches)
        if spot is None:
            label, number = region.words, str(len(handles) + 1)
            handles.append(Patch(facecolor=_FILLS[int(region)], edgecolor=GREY, label=""))
            spot = _spot(inside, [number], inches)
            handles[-1].set_label(f"{number if spot else ''} {label}".strip())
        if spot is not None:
            x, y, text, angle = spot
            axes.annotate(
                text,
                (x, y),
                xycoords="axes fraction",
                ha="center",
                va="center",
                rotation=angle,
                fontsize=_LABEL,
                fontweight="bold" if region.misleads else "normal",
                color=INK,
                zorder=4.0,
            )
    return handles


def _spot(
    inside: NDArray[np.bool_], words: Sequence[str], inches: tuple[float, float]
) -> tuple[float, float, str, float] | None:
    """Return the place for a text: its centre, its lines, its angle; None if it fits nowhere.

    The text is tried on one line, then on several lines, then vertically.
    """
    letter, line = 0.62 * _LABEL / 72.0, 1.45 * _LABEL / 72.0
    for angle in (0.0, 90.0):
        for rows in range(1, min(len(words), 3) + 1):
            text = _broken(words, rows)
            across = letter * (max(map(len, text)) + 1.5)
            down = line * (len(text) + 0.4)
            if angle:
                across, down = down, across
            found = _fitting(inside, across / inches[0], down / inches[1])
            if found is not None:
                return (*found, "\n".join(text), angle)
    return None


def _broken(words: Sequence[str], rows: int) -> list[str]:
    """Break a text into lines of about equal length."""
    aim = len(" ".join(words)) / rows
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and len(longer) > aim + 2 and len(lines) < rows:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _fitting(inside: NDArray[np.bool_], across: float, down: float) -> tuple[float, float] | None:
    """Return the centre of the box of this size that is farthest from the border, or None."""
    rows, columns = inside.shape
    half = (max(round(across * columns / 2), 1), max(round(down * rows / 2), 1))
    if 2 * half[0] >= columns or 2 * half[1] >= rows:
        return None
    total = np.zeros((rows + 1, columns + 1), dtype=np.int64)
    total[1:, 1:] = (~inside).cumsum(axis=0).cumsum(axis=1)
    best = None
    for grown in (1.0, 1.15, 1.3, 1.5, 1.8, 2.2, 3.0):
        w, h = round(2 * half[0] * grown), round(2 * half[1] * grown)
        if w >= columns or h >= rows:
            break
        outside = total[h:, w:] - total[:-h, w:] - total[h:, :-w] + total[:-h, :-w]
        free = np.argwhere(outside == 0)
        if not free.size:
            break
        y, x = free[np.argmin(np.abs(free - free.mean(axis=0)).sum(axis=1))]
        best = (float(x + w / 2) / columns, float(y + h / 2) / rows)
    return best


def _power(d: int) -> str:
    exponent = len(str(d)) - 1
    if d != 10**exponent:
        return f"{d:,}"
    digits = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    return "10" + str(exponent).translate(digits)
