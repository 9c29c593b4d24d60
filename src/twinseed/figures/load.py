"""Figures over the load n/d: the three order parameters, and the one that makes the point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from twinseed.figures.panels import (
    LOAD,
    bars_key,
    draw_line,
    draw_points,
    line_key,
    log_x,
    number,
    unit_y,
)
from twinseed.figures.series import axis_values, series
from twinseed.figures.style import GREY, INK, LOOKS, Look, frames, styled
from twinseed.status import Status

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["agreement_is_blind", "load_curves"]


@styled
def load_curves(
    theory: xr.Dataset, simulated: Sequence[xr.Dataset], *, stacked: bool = False
) -> Figure:
    """Draw memorisation, convergence and recovery against n/d.

    Lines are ``theory``, one for each ridge (memorisation and convergence) or factor (recovery,
    which the ridge does not move). Points with 95 % bars are ``simulated``, one readout for each
    dimension d: filled markers for the first, hollow ones for the others. ``stacked`` puts the
    panels below each other, for a narrow page.
    """
    figure, panels = frames(3, stacked=stacked, keys=3)
    ridges = axis_values(theory, "ridge")
    factors = list(range(1, theory.sizes["factor"] + 1))
    sizes = [axis_values(readout, "d")[0] for readout in simulated]
    names = ("memorisation", "convergence", "recovery")
    for panel, name in zip(panels, names, strict=True):
        over_factors = name == "recovery"
        labels = factors if over_factors else ridges
        for label, look in zip(labels, cycle(LOOKS), strict=False):
            at = {"ridge": ridges[0], "factor": label} if over_factors else {"ridge": label}
            if "d" in theory.dims:
                for size in sizes if name == "memorisation" else sizes[:1]:
                    draw_line(panel.axes, series(theory, name, at={**at, "d": size}), look)
            else:
                draw_line(panel.axes, series(theory, name, at=at), look)
            for place, readout in enumerate(simulated):
                draw_points(panel.axes, series(readout, name, at=at), look, hollow=place > 0)
        log_x(panel.axes, LOAD)
        unit_y(panel.axes)
        keys = [
            line_key(
                look, f"factor of variance {number(float(theory.factor_eigenvalue[label - 1]))}"
            )
            if over_factors
            else line_key(look, f"ridge {number(label)}")
            for label, look in zip(labels, cycle(LOOKS), strict=False)
        ]
        keys += [bars_key(f"d = {number(s)}", hollow=i > 0) for i, s in enumerate(sizes)]
        panel.legend(keys)
    panels[0].title("Memorisation m", "1: every sample is a copy; falls as copying stops")
    panels[1].title("Convergence q", "0: the twins are unrelated; 1: they agree")
    panels[2].title("Recovery Q", "0: the factor was not learned; 1: learned exactly")
    return figure


@styled
def agreement_is_blind(
    theory: Mapping[str, xr.Dataset],
    simulated: Mapping[str, xr.Dataset],
    *,
    stacked: bool = False,
) -> Figure:
    """Draw what the package is about: agreement does not see when a factor is learned.

    Both mappings go from the strength of a factor, as text, to the readout with that one factor,
    along rising gamma. First panel: convergence, where all strengths share one curve. Second panel:
    recovery of the factor, which sets in at a load of its own for each strength; dotted lines mark
    where theory rises above the floor of a factor that was never learned.
    """
    figure, panels = frames(2, stacked=stacked, width=4.3, height=3.0)
    agreement, recovery = (panel.axes for panel in panels)
    looks = dict(zip(theory, cycle(LOOKS), strict=False))
    first = next(iter(theory))
    draw_line(agreement, series(theory[first], "convergence"), Look(INK, "-", "o"))
    for strength, look in looks.items():
        draw_points(agreement, series(simulated[strength], "convergence"), look, hollow=True)
        draw_line(recovery, series(theory[strength], "recovery", at={"factor": 1}), look)
        draw_points(
            recovery, series(simulated[strength], "recovery", at={"factor": 1}), look, hollow=True
        )
        onset = _onset(theory[strength])
        if onset is not None:
            for axes in (agreement, recovery):
                _threshold(axes, onset, look)
    for panel in panels:
        log_x(panel.axes, LOAD)
        unit_y(panel.axes)
        keys = [bars_key(f"strength {s}", look=look, hollow=True) for s, look in looks.items()]
        panel.legend(keys, columns=len(keys))
    panels[0].title("Convergence q: one curve", "0: the twins are unrelated; 1: they agree")
    panels[1].title(
        f"Recovery Q: {_count(len(looks))} thresholds",
        "0: not learned; 1: learned; dotted: the onset",
    )
    return figure


def _onset(theory: xr.Dataset) -> float | None:
    """Return the least load of the theory's grid at which the factor stands above the floor."""
    status = theory["recovery_status"].sel(factor=1).values
    above = np.flatnonzero(status != Status.BELOW_FLOOR)
    if above.size == 0 or above[0] == 0:
        return None
    return float(theory["gamma"].values[above[0]])


def _threshold(axes: Axes, load: float, look: Look) -> None:
    axes.axvline(load, color=look.colour, linewidth=1.0, linestyle=(0, (1, 2)), zorder=1.0)
    axes.annotate(
        number(round(load, 2)),
        (load, 1.0),
        xytext=(3, -2),
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        fontsize=7.5,
        color=GREY,
        va="top",
    )


def _count(number_of: int) -> str:
    return {1: "one", 2: "two", 3: "three", 4: "four"}.get(number_of, str(number_of))
