"""A figure as a test reads it: the lines, points, bands and levels of its panels, and their keys.

``check_panel`` compares every artist of a panel with what is expected, one by one and in order, so
that a line too many fails as a wrong one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from twinseed.drawing.style import GREY, INK, LOOKS, Look
from twinseed.intervals import Z95

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Band",
    "Key",
    "Level",
    "Line",
    "Points",
    "Stairs",
    "check_panel",
    "keys_of",
    "notes",
    "said",
    "values",
]


@dataclass(frozen=True)
class Line:
    """A curve, drawn as a look says."""

    x: ArrayLike
    y: ArrayLike
    look: Look


@dataclass(frozen=True)
class Points:
    """Points with bars: half widths, or (down, up) pairs of them; ``across``: along x."""

    x: ArrayLike
    y: ArrayLike
    half: ArrayLike
    look: Look
    hollow: bool = False
    divided: bool = False
    across: ArrayLike | None = None


@dataclass(frozen=True)
class Level:
    """A dotted line across the panel at a value of y, or upright at one of x."""

    value: float
    upright: bool = False
    colour: str = GREY


@dataclass(frozen=True)
class Band:
    """A shaded band."""

    x: ArrayLike
    low: ArrayLike
    high: ArrayLike
    colour: str


@dataclass(frozen=True)
class Stairs:
    """A histogram."""

    values: ArrayLike
    edges: ArrayLike
    look: Look
    filled: bool


@dataclass(frozen=True)
class Key:
    """An entry of a legend: for a line, for points, or for hollow or half filled points."""

    label: str
    look: Look = field(default_factory=lambda: Look(INK, "-", "o"))
    kind: str = "line"


def _hex(colour: Any) -> str:
    from matplotlib.colors import to_hex

    return str(to_hex(colour))


def _dashes(line: Any) -> Any:
    return line._unscaled_dash_pattern  # the only place where matplotlib keeps dashes


def _expected_dashes(look: Look) -> Any:
    from matplotlib.lines import Line2D

    return _dashes(Line2D([], [], linestyle=look.line))


def _close(left: Any, right: Any) -> None:
    found, expected = np.asarray(left, float), np.asarray(right, float)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def _check_line(line: Any, one: Line) -> None:
    _close(line.get_xdata(), one.x)
    _close(line.get_ydata(), one.y)
    assert _hex(line.get_color()) == _hex(one.look.colour)
    assert _dashes(line) == _expected_dashes(one.look)
    assert line.get_marker() in ("None", None, "")


def _check_points(bars: Any, one: Points) -> None:
    line, _, collections = bars
    x, y = np.asarray(one.x, float), np.asarray(one.y, float)
    _close(line.get_xdata(), x)
    _close(line.get_ydata(), y)
    assert _hex(line.get_color()) == _hex(one.look.colour)
    assert line.get_linestyle() == "None"
    assert line.get_marker() == one.look.marker
    assert _hex(line.get_markerfacecolor()) == ("#ffffff" if one.hollow else _hex(one.look.colour))
    assert line.get_fillstyle() == ("left" if one.divided else "full")
    assert len(collections) == (1 if one.across is None else 2)
    down, up = np.broadcast_to(np.asarray(one.half, float), (2, x.size))
    ends = collections[-1].get_segments()
    _close(ends, np.stack([np.stack([x, y - down], 1), np.stack([x, y + up], 1)], 1))
    if one.across is not None:
        left, right = np.broadcast_to(np.asarray(one.across, float), (2, x.size))
        ends = collections[0].get_segments()
        _close(ends, np.stack([np.stack([x - left, y], 1), np.stack([x + right, y], 1)], 1))
    for collection in collections:
        assert {_hex(colour) for colour in collection.get_colors()} == {_hex(one.look.colour)}


def _check_level(line: Any, one: Level) -> None:
    along, value = (line.get_ydata(), line.get_xdata())[:: 1 if one.upright else -1]
    assert list(along) == [0, 1]
    _close(value, [one.value, one.value])
    assert _hex(line.get_color()) == _hex(one.colour)
    assert _dashes(line)[1] is not None


def _check_band(shade: Any, one: Band) -> None:
    (path,) = shade.get_paths()
    x, low, high = (np.asarray(part, float) for part in (one.x, one.low, one.high))
    corners = [*zip(x, low, strict=True), *zip(x, high, strict=True)]
    expected = {(round(a, 12), round(b, 12)) for a, b in corners}
    assert {(round(a, 12), round(b, 12)) for a, b in path.vertices} == expected
    assert _hex(shade.get_facecolor()[0][:3]) == _hex(one.colour)
    assert 0 < shade.get_alpha() < 0.5


def _check_stairs(patch: Any, one: Stairs) -> None:
    data = patch.get_data()
    _close(data.values, one.values)
    _close(data.edges, one.edges)
    assert patch.get_fill() is one.filled
    colour = patch.get_facecolor() if one.filled else patch.get_edgecolor()
    assert _hex(colour[:3]) == _hex(one.look.colour)
    if not one.filled:
        assert patch._unscaled_dash_pattern == _expected_dashes(one.look)


def check_panel(
    axes: Axes,
    *,
    title: tuple[str, str],
    x: tuple[str, str] | None = None,
    y: tuple[str, str] = ("", "linear"),
    lines: Sequence[Line] = (),
    points: Sequence[Points] = (),
    levels: Sequence[Level] = (),
    bands: Sequence[Band] = (),
    stairs: Sequence[Stairs] = (),
    unit: bool = False,
) -> None:
    """Hold everything in a panel against what is expected, in the order of drawing.

    ``x`` and ``y`` are the label and the scale of an axis; ``unit``: y runs from 0 to 1.
    """
    from matplotlib.container import ErrorbarContainer
    from matplotlib.lines import Line2D

    (ends,) = [one for one in axes.texts if _is_ends(one)]
    assert (axes.get_title(loc="left"), ends.get_text()) == title
    if x is not None:
        assert (axes.get_xlabel(), axes.get_xscale()) == x
    assert (axes.get_ylabel(), axes.get_yscale()) == y
    if unit:
        assert axes.get_ylim() == (-0.04, 1.04)
        ticks = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
        assert all(float(label.get_text()) == tick for tick, label in ticks)
    bars = [one for one in axes.containers if isinstance(one, ErrorbarContainer)]
    parts = [part for one in bars for part in (one[0], *one[1], *one[2])]
    left = [one for one in axes.lines if not any(one is part for part in parts)]
    flat = [one for one in left if one.get_zorder() == 1.0]
    curves = [one for one in left if one.get_zorder() != 1.0 and isinstance(one, Line2D)]
    shades = [one for one in axes.collections if not any(one is part for part in parts)]
    for found, expected, check in (
        (curves, lines, _check_line),
        (bars, points, _check_points),
        (flat, levels, _check_level),
        (shades, bands, _check_band),
        (list(axes.patches), stairs, _check_stairs),
    ):
        assert len(found) == len(expected)
        for one, wanted in zip(found, expected, strict=True):
            check(one, wanted)


def keys_of(figure: Figure, number: int, expected: Sequence[Key]) -> None:
    """Hold a legend's words, colours, dashes and markers against what is expected."""
    from matplotlib.colors import to_rgb

    legend = figure.legends[number]
    corner, panel = legend.get_bbox_to_anchor(), figure.axes[number].bbox
    assert corner.x0 == pytest.approx(panel.x0), "the legend of another panel"
    assert corner.y0 < panel.y0, "the legend covers the panel"
    assert [text.get_text() for text in legend.get_texts()] == [one.label for one in expected]
    for handle, one in zip(legend.legend_handles, expected, strict=True):
        if one.kind == "patch":
            assert _hex(handle.get_facecolor()[:3]) == _hex(one.look.colour)
            continue
        assert _hex(handle.get_color()) == _hex(one.look.colour)
        if one.kind == "line":
            assert _dashes(handle) == _expected_dashes(one.look)
            assert handle.get_marker() in ("None", None, "")
            continue
        assert handle.get_linestyle() == "None"
        assert handle.get_marker() == one.look.marker
        face = to_rgb(handle.get_markerfacecolor())
        assert (face == (1.0, 1.0, 1.0)) is (one.kind == "hollow")
        assert handle.get_fillstyle() == ("left" if one.kind == "half" else "full")


def notes(axes: Axes) -> list[Any]:
    """Return the words written into a panel, without the second line of the title."""
    return [one for one in axes.texts if not _is_ends(one)]


def said(axes: Axes) -> list[tuple[str, tuple[float, float]]]:
    """Return these words, and where they stand."""
    return [(one.get_text(), tuple(map(float, one.xy))) for one in notes(axes)]


def _is_ends(text: Any) -> bool:
    return text.xycoords == "axes fraction" and text.xy == (0.0, 1.0)


def values(readout: Any, name: str, along: str, **at: Any) -> tuple[Any, Any, Any]:
    """Return x, y and the half width of the 95 % interval of the points that have a number."""
    cell = readout[[name, f"{name}_se"]]
    for dim, label in at.items():
        if dim in cell.dims:
            cell = cell.sel({dim: label})
    x = np.ravel(readout[along].values)
    y, half = np.ravel(cell[name].values), Z95 * np.ravel(cell[f"{name}_se"].values)
    known = np.isfinite(y)
    return x[known], y[known], half[known]


assert len({(one.colour, str(one.line), one.marker) for one in LOOKS}) == len(LOOKS)
