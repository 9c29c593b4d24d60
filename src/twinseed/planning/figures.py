"""A plan as curves with their bands, over the number of training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from twinseed.drawing.panels import ROWS, TITLES, draw_points, level, line_key, log_x, unit_y
from twinseed.drawing.series import Series
from twinseed.drawing.style import INK, LOOKS, Look, frames, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from twinseed.planning.bands import Band
    from twinseed.planning.needed import RowsNeeded

__all__ = ["plan_curves"]

_SHOWN = 4


@styled
def plan_curves(
    bands: Mapping[str, Band],
    pilot_rows: int,
    needed: Sequence[RowsNeeded] = (),
    *,
    groups: Sequence[slice] = (),
    stacked: bool = False,
) -> Figure:
    """Draw convergence, recovery and the memorisation ratio against n, with their 90 % bands.

    A dotted vertical line marks the rows of the pilot. A dotted horizontal line marks a target; a
    point is at the rows that the target needs, with a bar over the 90 % interval of these rows.
    Rows beyond the largest n are not drawn.

    Args:
        bands: the bands of a plan by name, at rising n.
        pilot_rows: rows of the pilot.
        needed: answers of ``samples_for``.
        groups: ranks of the factors that have one recovery, which is one curve; by default each
            factor has its own curve.
        stacked: whether the panels stand below each other.
    """
    names = ("convergence", "recovery", "memorisation_ratio")
    figure, panels = frames(len(names), stacked=stacked, keys=2)
    for panel, name in zip(panels, names, strict=True):
        band = bands[name]
        lines = [np.atleast_2d(part.T) for part in (band.value, band.low, band.high)]
        several = name == "recovery"
        every = groups or [slice(k, k + 1) for k in range(len(lines[0]))]
        keys = []
        for k, group in enumerate((every if several else [slice(0, 1)])[:_SHOWN]):
            value, low, high = (part[group.start] for part in lines)
            look = LOOKS[k % len(LOOKS)]
            panel.axes.fill_between(band.n, low, high, color=look.colour, alpha=0.18, linewidth=0)
            panel.axes.plot(band.n, value, color=look.colour, linestyle=look.line)
            keys.append(line_key(look, _named(group) if several else "planned"))
        for one in needed:
            if one.name == name:
                _target(panel.axes, one, float(band.n[-1]))
        log_x(panel.axes, ROWS)
        level(panel.axes, pilot_rows, along="y")
        if name == "memorisation_ratio":
            level(panel.axes, 1.0)
        else:
            unit_y(panel.axes)
        panel.title(*TITLES[name])
        panel.legend(keys)
    return figure


def _named(group: slice) -> str:
    """Name a group of factors, counted from 1."""
    first, last = group.start + 1, group.stop
    return f"factor {first}" if first == last else f"factors {first} to {last}"


def _target(axes: Axes, needed: RowsNeeded, last: float) -> None:
    """Mark a target, and the rows at which the plan meets it, with their interval."""
    level(axes, needed.target)
    if needed.value <= last:
        ends = [[needed.value - needed.low], [min(needed.high, last) - needed.value]]
        point = (np.array([one]) for one in (needed.value, needed.target, 0.0))
        draw_points(axes, Series(*point), Look(INK, "-", "o"), across=ends)
