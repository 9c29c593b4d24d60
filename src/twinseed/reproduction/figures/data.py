"""Figures of real data: measurements with predictions, and the two controls."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from twinseed.drawing.directions import directions
from twinseed.drawing.panels import (
    ROWS,
    TITLES,
    bars_key,
    draw_line,
    draw_points,
    level,
    line_key,
    log_x,
    unit_y,
)
from twinseed.drawing.series import Series, series
from twinseed.drawing.style import LOOKS, SMALL, Figure, Look, frames, styled
from twinseed.readout import Readout, Readouts
from twinseed.status import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["controls", "real_data"]


@styled
def real_data(
    measured: Readout, predicted: Readout, gaussian: Readout, *, stacked: bool = False
) -> Figure:
    """Draw the measurements of twins trained on data, and the prediction from the data's spectrum.

    Points with 95 % bars: measured on the data (filled) and on Gaussian data of the same spectrum
    (hollow); lines: predicted, thin and dotted where recovery is not "ok". Recovery shows at most
    three lines for the leading directions; directions that were measured together, as one subspace,
    are one line.
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
            _draw_predicted(axes, predicted, name, at, look)
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


def _draw_predicted(
    axes: Axes, predicted: Readout, name: str, at: Mapping[str, float], look: Look
) -> None:
    """Draw a prediction; of recovery, parts with an end that is not "ok" are thin and dotted."""
    line = series(predicted, name, along="n", at=at)
    if name != "recovery":
        draw_line(axes, line, look)
        return
    status = predicted[f"{name}_status"].sel(at).sel(n=line.x).values
    sure = status == str(Status.OK)
    if not sure.all():
        draw_line(axes, line, Look(look.colour, (0, (1, 2)), look.marker), linewidth=1.0)
    draw_line(axes, Series(line.x, np.where(sure, line.y, np.nan), line.half), look)


@styled
def controls(named: Readouts, *, stacked: bool = False) -> Figure:
    """Draw the measurements of generators with a known verdict, one row each, with 95 % bars.

    ``named`` has the name of each row and its readout; of several n the largest is drawn.
    """
    height = 1.15 + 0.34 * len(named)
    figure, panels = frames(2, stacked=stacked, height=height, left=0.95, keys=0)
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
                fontsize=SMALL,
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
