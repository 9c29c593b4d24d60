"""Figures over the load n/d: the three order parameters, and agreement with recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from twinseed.drawing.panels import (
    LOAD,
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
from twinseed.drawing.series import axis_values, series
from twinseed.drawing.style import GREY, INK, LOOKS, SMALL, Figure, Look, Panel, frames, styled
from twinseed.readout import Readout, Readouts
from twinseed.status import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes


__all__ = ["agreement_along_a_factor", "agreement_is_blind", "load_curves"]


@styled
def load_curves(theory: Readout, simulated: Sequence[Readout], *, stacked: bool = False) -> Figure:
    """Draw memorisation, convergence and recovery against n/d.

    Lines are ``theory``, one for each ridge (memorisation and convergence) or factor (recovery,
    which the ridge does not change). Points with 95 % bars are ``simulated``, one readout for each
    dimension d: filled markers for the first d, hollow markers for all others. ``stacked`` puts the
    panels below each other, for a narrow page.
    """
    figure, panels = frames(3, stacked=stacked, keys=3)
    sizes = [axis_values(readout, "d")[0] for readout in simulated]
    ridges = axis_values(theory, "ridge")
    variances = theory["factor_eigenvalue"].values
    over_ridges = [(f"ridge {number(ridge)}", {"ridge": ridge}) for ridge in ridges]
    over_factors = [
        (f"variance {number(variance)}", {"ridge": ridges[0], "factor": k})
        for k, variance in enumerate(variances, start=1)
    ]
    drawn = {"memorisation": over_ridges, "convergence": over_ridges, "recovery": over_factors}
    for panel, (name, lines) in zip(panels, drawn.items(), strict=True):
        keys = []
        # Convergence depends on n/d alone; a maximum over rows and a floor depend on d as well.
        theory_sizes = sizes[:1] if name == "convergence" else sizes
        for (words, at), look in zip(lines, cycle(LOOKS), strict=False):
            keys.append(line_key(look, words))
            for size in theory_sizes:
                draw_line(panel.axes, series(theory, name, at={**at, "d": size}), look)
            for place, readout in enumerate(simulated):
                draw_points(panel.axes, series(readout, name, at=at), look, hollow=place > 0)
        log_x(panel.axes, LOAD)
        unit_y(panel.axes)
        panel.title(*TITLES[name])
        marks = [bars_key(f"d = {number(size)}", hollow=i > 0) for i, size in enumerate(sizes)]
        panel.legend([*keys, *marks])
    return figure


@styled
def agreement_is_blind(theory: Readouts, simulated: Readouts, *, stacked: bool = False) -> Figure:
    """Draw the main result: convergence does not show when a factor is learned.

    Both mappings have the strength of a factor, as text, and the readout of this factor and one
    ridge along rising gamma. First panel: convergence, where all strengths have the same curve.
    Second panel: recovery of the factor, which starts at another load for each strength; dotted
    lines mark the load at which recovery by theory rises above its floor.
    """
    figure, panels = frames(2, stacked=stacked, keys=2 if stacked else 1)
    agreement, recovery = (panel.axes for panel in panels)
    looks = dict(zip(theory, cycle(LOOKS), strict=False))
    first = next(iter(theory))
    draw_line(agreement, series(theory[first], "convergence"), Look(INK, "-", "o"))
    for strength, look in looks.items():
        draw_points(agreement, series(simulated[strength], "convergence"), look, hollow=True)
        draw_line(recovery, series(theory[strength], "recovery"), look)
        draw_points(recovery, series(simulated[strength], "recovery"), look, hollow=True)
        onset = _onset(theory[strength])
        if onset is not None:
            for axes in (agreement, recovery):
                _threshold(axes, onset, look)
    title = "Convergence q: one curve"
    _finished(panels, looks, title, TITLES["convergence"][1], 2 if stacked else len(looks))
    return figure


@styled
def agreement_along_a_factor(
    theory: Readouts, simulated: Readouts, *, stacked: bool = False
) -> Figure:
    """Draw agreement along a factor, which does not show where recovery of the factor sets in.

    Both mappings have the strength of a factor, as text, and the readout of this factor along
    rising gamma. First panel: the correlation over seeds of the twins' components along the
    direction of the factor. Second panel: recovery of this direction; dotted lines mark its onset.
    """
    figure, panels = frames(2, stacked=stacked, keys=2 if stacked else 1)
    names = ("convergence_factor", "recovery")
    looks = dict(zip(theory, cycle(LOOKS), strict=False))
    for panel, name in zip(panels, names, strict=True):
        for strength, look in looks.items():
            draw_line(panel.axes, series(theory[strength], name, at={"factor": 1}), look)
            points = series(simulated[strength], name, at={"factor": 1})
            draw_points(panel.axes, points, look, hollow=True)
            onset = _onset(theory[strength])
            if onset is not None and name == "recovery":
                _threshold(panel.axes, onset, look)
            elif onset is not None:
                level(panel.axes, onset, along="y", colour=look.colour)
    title = "Agreement along a factor: smooth"
    _finished(panels, looks, title, TITLES["convergence"][1], 2 if stacked else len(looks))
    return figure


def _finished(
    panels: Sequence[Panel], looks: Mapping[str, Look], title: str, told: str, columns: int
) -> None:
    """Draw axes, legends and titles of both panels; the second panel shows recovery."""
    for panel in panels:
        log_x(panel.axes, LOAD)
        unit_y(panel.axes)
        keys = [bars_key(f"strength {s}", look=look, hollow=True) for s, look in looks.items()]
        panel.legend(keys, columns=columns)
    panels[0].title(title, told)
    onsets = f"Recovery Q: {_count(len(looks))} onsets"
    panels[1].title(onsets, "0: not learned; 1: learned; dotted: onset")


def _onset(theory: Readout) -> float | None:
    """Return the greatest load of the theory's grid at which the factor is at the floor."""
    status = theory["recovery_status"].sel(factor=1).values
    below = np.flatnonzero(status == Status.BELOW_FLOOR)
    if below.size in (0, status.size):
        return None
    return float(theory["gamma"].values[below[-1]])


def _threshold(axes: Axes, load: float, look: Look) -> None:
    level(axes, load, along="y", colour=look.colour)
    axes.annotate(
        number(round(load, 2)),
        (load, 1.0),
        xytext=(3, -2),
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        fontsize=SMALL,
        color=GREY,
        va="top",
    )


def _count(number_of: int) -> str:
    return {1: "one", 2: "two", 3: "three", 4: "four"}.get(number_of, str(number_of))
