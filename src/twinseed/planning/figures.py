"""A plan as curves with their bands, over the number of training rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from twinseed.drawing.panels import ROWS, TITLES, level, line_key, log_x, unit_y
from twinseed.drawing.style import LOOKS, frames, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twinseed.planning.bands import Band

__all__ = ["plan_curves"]

_SHOWN = 4


@styled
def plan_curves(bands: Mapping[str, Band], pilot_rows: int, *, stacked: bool = False) -> Figure:
    """Draw convergence, recovery and the memorisation ratio against n, with their 90 % bands.

    ``bands`` are those of a plan by name, at rising n; a dotted line marks the pilot's own rows.
    """
    names = ("convergence", "recovery", "memorisation_ratio")
    figure, panels = frames(len(names), stacked=stacked, keys=2)
    for panel, name in zip(panels, names, strict=True):
        band = bands[name]
        lines = [np.atleast_2d(part.T) for part in (band.value, band.low, band.high)]
        several = name == "recovery"
        keys = []
        for k, (value, low, high) in enumerate(zip(*lines, strict=True)):
            if k == _SHOWN:
                break
            look = LOOKS[k % len(LOOKS)]
            panel.axes.fill_between(band.n, low, high, color=look.colour, alpha=0.18, linewidth=0)
            panel.axes.plot(band.n, value, color=look.colour, linestyle=look.line)
            keys.append(line_key(look, f"factor {k + 1}" if several else "planned"))
        log_x(panel.axes, ROWS)
        level(panel.axes, pilot_rows, along="y")
        if name == "memorisation_ratio":
            level(panel.axes, 1.0)
        else:
            unit_y(panel.axes)
        panel.title(*TITLES[name])
        panel.legend(keys)
    return figure
