"""Figures of power-law spectra, and of a growing ridge."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from twinseed.drawing.panels import (
    LOAD,
    TITLES,
    bars_key,
    draw_line,
    draw_points,
    level,
    line_key,
    log_ticks,
    log_x,
    unit_y,
)
from twinseed.drawing.series import Series, series
from twinseed.drawing.style import LOOKS, Figure, Look, frames, styled
from twinseed.readout import Readout, Readouts

if TYPE_CHECKING:
    from matplotlib.axes import Axes


__all__ = ["power_law", "ridge_path"]


@styled
def power_law(theory: Readouts, simulated: Readouts, *, stacked: bool = False) -> Figure:
    """Draw memorisation ratio, convergence and recovery for spectra mu_k ~ k^-a.

    Both mappings have the exponent a, as text, and the readout of this spectrum. Recovery is shown
    for two directions: filled markers for the first direction, hollow markers for the second.
    """
    figure, panels = frames(3, stacked=stacked, keys=3)
    ratio, agreement, recovery = (panel.axes for panel in panels)
    for panel, name in zip(panels, ("memorisation_ratio", "convergence", "recovery"), strict=True):
        panel.title(*TITLES[name])
    looks = dict(zip(theory, cycle(LOOKS), strict=False))
    for exponent, look in looks.items():
        for axes, name in ((ratio, "memorisation_ratio"), (agreement, "convergence")):
            draw_line(axes, series(theory[exponent], name, at={"ridge": 0.0}), look)
            draw_points(axes, series(simulated[exponent], name, at={"ridge": 0.0}), look)
        for factor in (1, 2):
            at = {"factor": factor, "ridge": 0.0}
            draw_line(recovery, series(theory[exponent], "recovery", at=at), look)
            points = series(simulated[exponent], "recovery", at=at)
            draw_points(recovery, points, look, hollow=factor > 1)
    level(ratio, 1.0)
    keys = [line_key(look, f"exponent {exponent}") for exponent, look in looks.items()]
    for panel in panels:
        log_x(panel.axes, LOAD)
    for panel in panels[:2]:
        panel.legend(keys)
    panels[2].legend([*keys, bars_key("1st direction"), bars_key("2nd direction", hollow=True)])
    for axes in (agreement, recovery):
        unit_y(axes)
    return figure


@styled
def ridge_path(theory: Readouts, simulated: Readouts, *, stacked: bool = False) -> Figure:
    """Draw convergence against the distance to the truth while the ridge grows.

    Both mappings have the load gamma = n/d, as text, and a readout along ``ridge``. The diamond is
    the ridge of the least distance on the grid of theory: with a larger ridge convergence still
    rises while the model gets worse. The vertical axis is logarithmic in 1 - q, so that values
    close to 1 can be distinguished.
    """
    figure, panels = frames(
        1, width=4.2 if stacked else 6.6, height=3.9, left=0.75, keys=4 if stacked else 2
    )
    axes = panels[0].axes
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.invert_yaxis()
    keys = []
    for load, look in zip(theory, cycle(LOOKS), strict=False):
        line = _path(theory[load])
        axes.plot(line[0].y, line[1].y, color=look.colour, linestyle=look.line, zorder=2.0)
        x, y = _path(simulated[load])
        draw_points(axes, Series(x.y, y.y, y.half), look, hollow=True, across=x.half)
        best = int(np.argmin(line[0].y))
        marked = [best, -2, -1]
        _annotate(axes, line[0].y[marked], line[1].y[marked], load, look)
        keys.append(line_key(look, f"n/d = {load}: best at r = {line[0].x[best]:.2g}"))
    axes.margins(x=0.15, y=0.12)
    axes.set_xlim(right=axes.get_xlim()[1] * (2.6 if stacked else 1.6))
    log_ticks(axes.xaxis)
    log_ticks(axes.yaxis, lambda gap: f"{1.0 - gap:.4g}")
    axes.set_xlabel("distance to the truth, W₂²/d (right: worse)")
    axes.set_ylabel("convergence q (up: the twins agree more)")
    panels[0].title(
        "Ridge: more agreement, worse model",
        "the ridge grows along the arrow; diamond: best",
    )
    panels[0].legend([*keys, bars_key("simulated, 95 % bars", hollow=True)], 1 if stacked else 2)
    return figure


def _path(readout: Readout) -> tuple[Series, Series]:
    """Return distance and 1 - convergence along the ridge."""
    distance = series(readout, "wasserstein", along="ridge")
    return distance, series(readout, "convergence_gap", along="ridge")


def _annotate(axes: Axes, x: Any, y: Any, load: str, look: Look) -> None:
    """Mark the best ridge and the end of a curve; x and y have these points and the one before."""
    axes.plot(x[:1], y[:1], "D", markersize=7.5, color=look.colour, zorder=4.0)
    end = (x[2], y[2])
    arrow = {"arrowstyle": "-|>", "color": look.colour, "shrinkA": 0.0, "shrinkB": 0.0}
    axes.annotate("", end, xytext=(x[1], y[1]), arrowprops=arrow)
    axes.annotate(
        f"n/d = {load}",
        end,
        xytext=(7, 0),
        textcoords="offset points",
        va="center",
        color=look.colour,
        fontweight="bold",
    )
