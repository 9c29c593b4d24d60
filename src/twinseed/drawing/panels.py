"""The parts of every figure: lines of theory, points with error bars, and labelled axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from twinseed.drawing.series import Series
from twinseed.drawing.style import GREY, INK, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = [
    "LOAD",
    "ROWS",
    "TITLES",
    "bars_key",
    "draw_line",
    "draw_points",
    "level",
    "line_key",
    "log_ticks",
    "log_x",
    "number",
    "unit_y",
]

TITLES: Mapping[str, tuple[str, str]] = {
    "memorisation": (
        "Memorisation m",
        "1: all samples are copies; lower is better",
    ),
    "memorisation_ratio": (
        "Memorisation ratio \N{GREEK SMALL LETTER RHO}",
        "1 (dotted): as new rows; lower is better",
    ),
    "memorisation_share": ("Share closer to training", "0.5 (dotted): no excess; lower is better"),
    "convergence": ("Convergence q", "0: the twins are unrelated; 1: they agree"),
    "recovery": ("Recovery Q", "0: the direction was not learned; 1: exactly"),
}
"""For each variable with a panel: the title, and the meaning of the ends of its range."""

LOAD = "training rows per dimension, n/d (few to many)"
ROWS = "training rows of each model, n (few to many)"


def number(value: float) -> str:
    """Write a number as a label: 0.1, 400, 1,000."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def draw_line(axes: Axes, points: Series, look: Look, **further: Any) -> None:
    """Draw a prediction."""
    kwargs = {"color": look.colour, "linestyle": look.line, "zorder": 2.0, **further}
    axes.plot(points.x, points.y, **kwargs)


def draw_points(
    axes: Axes,
    points: Series,
    look: Look,
    *,
    hollow: bool = False,
    half: bool = False,
    across: Any = None,
) -> None:
    """Draw measured points with 95 % bars; ``across`` are the half widths of bars along x.

    Markers are filled, ``hollow``, or ``half`` filled.
    """
    axes.errorbar(
        points.x,
        points.y,
        yerr=points.half,
        xerr=across,
        color=look.colour,
        linestyle="none",
        marker=look.marker,
        markerfacecolor="white" if hollow else look.colour,
        fillstyle=_fill(half),
        markerfacecoloralt="white",
        markeredgewidth=1.1,
        elinewidth=1.1,
        zorder=3.0,
    )


def line_key(look: Look, label: str) -> Any:
    """Return a legend entry for a line of theory."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=look.colour, linestyle=look.line, label=label)


def bars_key(
    label: str, *, look: Look | None = None, hollow: bool = False, half: bool = False
) -> Any:
    """Return a legend entry for points with bars."""
    from matplotlib.lines import Line2D

    marks = look or Look(INK, "-", "o")
    return Line2D(
        [],
        [],
        color=marks.colour,
        linestyle="none",
        marker=marks.marker,
        markerfacecolor="white" if hollow else marks.colour,
        fillstyle=_fill(half),
        markerfacecoloralt="white",
        label=label,
    )


def _fill(half: bool) -> Any:
    return "left" if half else "full"


def level(axes: Axes, value: float, *, along: str = "x", colour: str = GREY) -> None:
    """Draw a dotted line at a value; the second line of the panel's title explains the value."""
    draw = axes.axhline if along == "x" else axes.axvline
    draw(value, color=colour, linewidth=1.0, linestyle=(0, (1, 2)), zorder=1.0)


def log_ticks(axis: Axis, label: Callable[[float], str] = number) -> None:
    """Label a logarithmic axis with numbers: at 1, 10, 100, or at 1, 2, 5, 10, 20, 50, 100."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = sorted(axis.get_view_interval())
    axis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 300 else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: label(value)))
    axis.set_minor_formatter(NullFormatter())


def log_x(axes: Axes, label: str) -> None:
    """Make the x axis logarithmic, with a label."""
    axes.set_xscale("log")
    log_ticks(axes.xaxis)
    axes.set_xlabel(label)


def unit_y(axes: Axes) -> None:
    """Show the whole range from 0 to 1, with space for a marker at both ends."""
    axes.set_ylim(-0.04, 1.04)
    axes.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "0.25", "0.5", "0.75", "1"])
