"""The figure of the bridge, from the kept numbers: a trained linear denoiser on the theory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twinseed.drawing.panels import bars_key, draw_line, draw_points, line_key, log_x, unit_y
from twinseed.drawing.series import Series
from twinseed.drawing.style import INK, LOOKS, Figure, Look, frames, styled
from twinseed.intervals import half_width

__all__ = ["figure"]

_DRAWN = {
    "convergence": ("convergence q", LOOKS[0]),
    "memorisation": ("memorisation m", LOOKS[1]),
    "recovery": ("recovery Q", LOOKS[2]),
}
_DASHES = (0, (4, 2))


@styled
def figure(results: Mapping[str, Any]) -> Figure:
    """Draw q, m and Q over n, and over training time at each n that is stopped early.

    Lines are `predict`'s, of the filter that the training amounts to; dashed ones of the ridge one
    over the training time. Points are means over pairs, with 95 % bars.
    """
    stopped = results["theory over time"]
    drawn, panels = frames(1 + len(stopped), height=3.3, keys=2)
    over_n, *over_time = panels
    ended = [point for point in results["points"] if point["time"] is None]
    for name, (_, look) in _DRAWN.items():
        line = results["theory over n"]
        draw_line(over_n.axes, _line(line["n"], line[name]), _solid(look))
        draw_points(over_n.axes, _points(ended, "n", name), look)
    log_x(over_n.axes, "training rows n of each twin")
    over_n.title(
        "Trained to the end", "d = {d}, a factor of strength {strength:g}".format(**results["plan"])
    )
    for panel, line in zip(over_time, stopped, strict=True):
        at = [
            point
            for point in results["points"]
            if point["time"] is not None and point["n"] == line["n"]
        ]
        for name, (_, look) in _DRAWN.items():
            draw_line(panel.axes, _line(line["time"], line["ridge"][name]), _dashed(look))
            early = line["early stopping"][name]
            draw_line(panel.axes, _line(line["time"], early), _solid(look))
            draw_points(panel.axes, _points(at, "time", name), look)
        log_x(panel.axes, "training time (1 over an eigenvalue)")
        panel.title(f"Stopped early, n = {line['n']}", "from underfitted to trained to the end")
    for panel in panels:
        unit_y(panel.axes)
    over_n.legend([bars_key(label, look=look) for label, look in _DRAWN.values()], 2)
    ink = Look(INK, "-", "o")
    keys = [line_key(ink, "theory of early stopping"), line_key(_dashed(ink), "ridge 1/time")]
    over_time[0].legend(keys, 1)
    return drawn


def _solid(look: Look) -> Look:
    return Look(look.colour, "-", look.marker)


def _dashed(look: Look) -> Look:
    return Look(look.colour, _DASHES, look.marker)


def _line(x: Sequence[float], y: Sequence[float]) -> Series:
    return Series(np.array(x, dtype=np.float64), np.array(y), np.zeros(len(x)))


def _points(points: Sequence[Mapping[str, Any]], along: str, name: str) -> Series:
    x, mean, se = (
        np.array([one[along] for one in points], dtype=np.float64),
        np.array([one[name]["mean"] for one in points]),
        np.array([one[name]["se"] for one in points]),
    )
    return Series(x, mean, half_width(se))
