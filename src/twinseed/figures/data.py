"""Figures of real data: measured against predicted, what the models draw, and the two controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twinseed.figures.panels import (
    ROWS,
    TITLES,
    bars_key,
    draw_line,
    draw_points,
    level,
    line_key,
    log_x,
    number,
    unit_y,
)
from twinseed.figures.series import Series, series
from twinseed.figures.style import GREY, INK, LOOKS, frames, styled

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.figure import Figure

__all__ = ["controls", "directions", "picture_strip", "real_data"]

_MOST_LINES = 3


@styled
def real_data(
    measured: xr.Dataset,
    predicted: xr.Dataset,
    gaussian: xr.Dataset,
    *,
    stacked: bool = False,
) -> Figure:
    """Draw what twins trained on data show, over what theory predicts from the data's spectrum.

    Points with 95 % bars: measured on the data (filled) and on Gaussian data of the same spectrum
    (hollow); lines: predicted. Recovery shows the leading directions, three lines at the most;
    directions that were measured together, as one subspace, are one line.
    """
    figure, panels = frames(3, stacked=stacked, keys=3)
    marks = [("these data", False), ("Gaussian data", True)]
    for panel, name in zip(panels, ("memorisation_ratio", "convergence", "recovery"), strict=True):
        axes = panel.axes
        panel.title(*TITLES[name])
        recovery = name == "recovery"
        lines = directions(measured) if recovery else {"predicted": 1}
        keys = []
        for (words, factor), look in zip(lines.items(), cycle(LOOKS), strict=False):
            at = {"factor": factor}
            keys.append(line_key(look, words))
            draw_line(axes, series(predicted, name, along="n", at=at), look)
            draw_points(axes, series(gaussian, name, along="n", at=at), look, hollow=True)
            draw_points(axes, series(measured, name, along="n", at=at), look)
        look_of_key = None if recovery else LOOKS[0]
        keys += [bars_key(words, look=look_of_key, hollow=hollow) for words, hollow in marks]
        if not lines:
            axes.set_xlim(panels[0].axes.get_xlim())
            words = "no direction stands out"
            axes.annotate(words, (0.5, 0.5), xycoords="axes fraction", ha="center")
        log_x(axes, ROWS)
        panel.legend(keys)
    level(panels[0].axes, 1.0)
    unit_y(panels[1].axes)
    unit_y(panels[2].axes)
    return figure


def directions(measured: xr.Dataset) -> dict[str, int]:
    """Return a label and the first factor of each line; equal columns are one subspace."""
    values = measured["recovery"].values
    found: dict[str, int] = {}
    first = 0
    for k in range(1, values.shape[-1] + 1):
        ends = k == values.shape[-1] or not np.array_equal(
            values[..., k], values[..., first], equal_nan=True
        )
        if ends and len(found) < _MOST_LINES:
            one = k == first + 1
            found[f"direction {k}" if one else f"directions {first + 1} to {k}"] = first + 1
        if ends:
            first = k
    return found


@styled
def controls(named: Mapping[str, xr.Dataset], *, stacked: bool = False) -> Figure:
    """Draw what generators with a known verdict read: one row for each, with 95 % bars.

    ``named`` goes from what a row is called to its readout; of several n the largest is drawn.
    """
    height = 1.15 + 0.34 * len(named)
    figure, panels = frames(2, stacked=stacked, width=4.2, height=height, left=0.95, keys=0)
    rows = list(range(len(named)))[::-1]
    for panel, name in zip(panels, ("memorisation_ratio", "memorisation_share"), strict=True):
        axes = panel.axes
        panel.title(*TITLES[name])
        for row, readout, look in zip(rows, named.values(), cycle(LOOKS), strict=False):
            along = series(readout, name, along="n")
            x, half = along.y[-1:], along.half[-1:]
            draw_points(axes, Series(x, np.array([float(row)]), np.zeros(1)), look, across=half)
            words = f"{x[0]:.3f}" if half[0] == 0 else f"{x[0]:.3f} ± {half[0]:.3f}"
            axes.annotate(
                words,
                (x[0], row),
                xytext=(0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=8.0,
                color=look.colour,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
            )
        axes.set_yticks(rows, list(named))
        axes.set_ylim(-0.5, len(named) - 0.3)
        axes.margins(x=0.25)
        axes.grid(axis="y", visible=False)
    level(panels[0].axes, 1.0, along="y")
    level(panels[1].axes, 0.5, along="y")
    panels[1].axes.set_xlim(0.35, 1.1)
    return figure


@styled
def picture_strip(
    pictures: NDArray[np.float64], sizes: Sequence[float], *, stacked: bool = False
) -> Figure:
    """Draw what twins make of one seed as they see more data.

    ``pictures`` has the shape (sizes, seeds, 3, height, width): model A, model B, and the training
    image nearest to A's, or (sizes, seeds, 2, height, width) without that. One row is one seed; one
    block of columns is one n.
    """
    from matplotlib.figure import Figure

    blocks, seeds, across_each, high, wide = pictures.shape
    columns = min(2, blocks) if stacked else blocks
    rows = -(-blocks // columns)
    tile = 0.5 if stacked else 0.42
    across, down = across_each * tile, seeds * tile * high / wide
    size = (columns * (across + _BETWEEN) + _BETWEEN, rows * (down + _HEADING))
    figure = Figure(figsize=size)
    low, top = float(pictures[:, :, -1].min()), float(pictures[:, :, -1].max())
    for block in range(blocks):
        row, column = divmod(block, columns)
        x = _BETWEEN + column * (across + _BETWEEN)
        y = size[1] - row * (down + _HEADING) - _HEADING + 0.1 - down
        bounds = (x / size[0], y / size[1], across / size[0], down / size[1])
        axes = figure.add_axes(bounds)
        axes.set_axis_off()
        sheet = _sheet(pictures[block])
        axes.imshow(
            sheet, cmap="gray_r", vmin=low, vmax=top, interpolation="nearest", aspect="auto"
        )
        axes.set_title(f"n = {number(float(sizes[block]))}", loc="center", pad=14.0)
        for place, name in enumerate(("A", "B", "nearest")[:across_each]):
            axes.annotate(
                name,
                (place * (wide + _GAP) + (wide - 1) / 2, -0.5),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=7.0,
                color=INK,
                annotation_clip=False,
            )
    return figure


_BETWEEN, _HEADING = 0.25, 0.6
"""Inches between blocks of pictures, and above each."""

_GAP = 1
"""Pixels between two pictures."""
_REFERENCE: dict[str, Any] = {
    "color": GREY,
    "linewidth": 1.0,
    "linestyle": (0, (1, 2)),
    "zorder": 1,
}


def _sheet(block: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lay out seeds x 3 pictures as one sheet; the gaps are NaN, which is drawn as nothing."""
    seeds, across, high, wide = block.shape
    sheet = np.full((seeds * (high + _GAP) - _GAP, across * (wide + _GAP) - _GAP), np.nan)
    for seed in range(seeds):
        for column in range(across):
            y, x = seed * (high + _GAP), column * (wide + _GAP)
            sheet[y : y + high, x : x + wide] = block[seed, column]
    return sheet
