"""Figures of twins for several n: agreement, closeness to training rows, spectrum, losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from twinseed.curves.curves import TwinCurves
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
    number,
    unit_y,
)
from twinseed.drawing.series import Series, series
from twinseed.drawing.style import LOOKS, Figure, Look, frames, styled
from twinseed.readout import Readout

__all__ = [
    "has_numbers",
    "training_agreement",
    "training_closeness",
    "training_losses",
    "training_spectrum",
]

_MARKS: Mapping[str, Mapping[str, bool]] = {
    "these twins": {},
    "linear twins, same rows": {"hollow": True},
    "score machines": {"half": True},
}
_LEVELS = {"memorisation_ratio": 1.0, "memorisation_share": 0.5}
_MOST_LINES = len(LOOKS)


def has_numbers(readout: Readout, *names: str) -> bool:
    """Tell whether any of these variables has a value."""
    return any(bool(readout[name].notnull().any()) for name in names)


@styled
def training_agreement(curves: TwinCurves, *, stacked: bool = False) -> Figure:
    """Draw convergence, and recovery of up to three directions, against n.

    Points with 95 % bars: these twins (filled), linear twins of the same rows (hollow), local score
    machines of the same rows (half filled); lines: theory for the linear twins. Recovery is left
    out where it was not measured.
    """
    names = ["convergence"]
    if has_numbers(curves.measured, "recovery"):
        names.append("recovery")
    return _over_n(names, curves, stacked)


@styled
def training_closeness(curves: TwinCurves, *, stacked: bool = False) -> Figure:
    """Draw memorisation, its ratio to held-out rows, and the share closer to training, against n.

    The marks are explained at ``training_agreement``.
    """
    names = ["memorisation", "memorisation_ratio", "memorisation_share"]
    return _over_n(names, curves, stacked)


def _over_n(names: Sequence[str], curves: TwinCurves, stacked: bool) -> Figure:
    measured, predicted = curves.measured, curves.predicted
    figure, panels = frames(len(names), stacked=stacked, keys=3 if curves.machine is None else 4)
    models = zip(_MARKS.items(), (measured, curves.linear, curves.machine), strict=True)
    drawn = {words: (mark, data) for (words, mark), data in models if data is not None}
    for panel, name in zip(panels, names, strict=True):
        axes = panel.axes
        panel.title(*TITLES[name])
        several = name == "recovery"
        lines = directions(measured) if several else {"": 1}
        keys: list[Any] = []
        theory = False
        for (words, factor), look in zip(lines.items(), cycle(LOOKS), strict=False):
            at = {"factor": factor}
            if several:
                keys.append(bars_key(words, look=look))
            if predicted is not None and _has_theory(predicted, name, words, factor):
                theory = True
                draw_line(axes, series(predicted, name, along="n", at=at), look)
            for mark, data in reversed(drawn.values()):
                draw_points(axes, series(data, name, along="n", at=at), look, **mark)
        log_x(axes, ROWS)
        if name in _LEVELS:
            level(axes, _LEVELS[name])
        if name != "memorisation_ratio":
            unit_y(axes)
        look_of_key = None if several else LOOKS[0]
        keys += [bars_key(words, look=look_of_key, **mark) for words, (mark, _) in drawn.items()]
        if theory:
            keys.append(line_key(LOOKS[0], "linear, by theory"))
        panel.legend(keys)
    return figure


def _has_theory(predicted: Readout, name: str, words: str, factor: int) -> bool:
    """Tell whether a line has a prediction.

    There is none where several directions are one subspace. There is none for memorisation m: its
    formula is for spectra without leading directions, and images have leading directions.
    """
    if name == "recovery":
        return words == f"direction {factor}" and factor <= predicted.sizes["factor"]
    return name != "memorisation"


@styled
def training_spectrum(curves: TwinCurves, *, stacked: bool = False) -> Figure:
    """Draw agreement along each leading direction of the real rows, one line for each n.

    At most six n are drawn, from the smallest to the largest.
    """
    from matplotlib.ticker import MaxNLocator

    drawn = {"These twins": curves.measured}
    if curves.linear is not None:
        drawn["Linear twins of the same rows"] = curves.linear
    places = np.unique(
        np.linspace(0, curves.measured.sizes["n"] - 1, _MOST_LINES).round().astype(int)
    )
    figure, panels = frames(len(drawn), stacked=stacked, keys=2)
    for panel, (title, readout) in zip(panels, drawn.items(), strict=True):
        keys, lowest = [], 0.0
        for place, look in zip(places, LOOKS, strict=False):
            one = readout.isel(n=place)
            points = series(one, "convergence_factor", along="factor")
            draw_line(panel.axes, points, look, linewidth=0.9)
            draw_points(panel.axes, points, look)
            lowest = min([lowest, *(points.y - points.half)])
            keys.append(bars_key(f"n = {number(float(one['n']))}", look=look))
        unit_y(panel.axes)
        panel.axes.set_ylim(bottom=lowest - 0.04)
        panel.axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.axes.set_xlabel("direction of the held-out rows (strong to weak)")
        panel.title(title, "0: unrelated along this direction; 1: the same")
        panel.legend(keys, columns=3)
    return figure


@styled
def training_losses(
    losses: Mapping[str, Sequence[tuple[int, float]]],
    *,
    reference: float | None = None,
    stacked: bool = False,
) -> Figure:
    """Draw the loss along training, one line for each twin; twins of the same n look the same.

    ``losses`` has the name ``n-pair-side`` and (step, loss); ``reference`` is a dotted level.
    """
    figure, panels = frames(1, stacked=stacked, width=3.75 if stacked else 6.5, keys=2)
    sizes = sorted({int(name.partition("-")[0]) for name in losses})
    chosen = np.linspace(0, len(sizes) - 1, min(len(sizes), _MOST_LINES)).round().astype(int)
    looks: dict[int, Look] = dict(zip([sizes[i] for i in chosen], LOOKS, strict=False))
    for name, curve in losses.items():
        look = looks.get(int(name.partition("-")[0]))
        if look is not None:
            step, loss = np.asarray(curve, dtype=np.float64).reshape(-1, 2).T
            points = Series(step, loss, np.zeros(step.size))
            draw_line(panels[0].axes, points, look, linewidth=1.0)
    if reference is not None:
        level(panels[0].axes, reference)
    panels[0].axes.set_xlabel("step of training")
    words = "mean over the last steps; lower is better"
    if reference is not None:
        words = (
            f"{number(reference)} (dotted): a denoiser that knows only the scale of its "
            "rows; 0: no error"
        )
    panels[0].title("Loss on the twins' own rows", words)
    keys = [line_key(look, f"n = {number(float(n))}") for n, look in looks.items()]
    panels[0].legend(keys, columns=3)
    return figure
