"""Figures of an audit: closeness of samples, the convergence spectrum, recovery of each factor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twinseed.arrays import Array
from twinseed.drawing.panels import bars_key, draw_points, level, line_key, log_ticks, unit_y
from twinseed.drawing.series import Series
from twinseed.drawing.style import GREY, LOOKS, frames, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from twinseed.auditing.agreement import Agreement
    from twinseed.auditing.estimates import IntervalEstimate
    from twinseed.auditing.factors import Factor

__all__ = ["audit_margins", "audit_recovery", "audit_spectrum"]

_BINS = 48
_REACH = 0.999  # share of all scores that the axis covers; the rest is drawn at its ends
_TICKS = (0.01, 0.1, 0.2, 0.5, 0.8, 1.0, 1.25, 2.0, 5.0, 10.0, 100.0)
_ONE, _LINEAR, _THEORY = LOOKS[0], LOOKS[1], LOOKS[2]


@styled
def audit_margins(
    scores: Mapping[str, Array],
    linear: Mapping[str, Array],
    *,
    stacked: bool = False,
) -> Figure:
    """Draw how much closer samples are to training rows than to rows not trained on.

    ``scores`` are logarithms of distance ratios by generator, ``linear`` those of its matched
    linear model. One panel per generator; scores beyond the axis count in its last bins.
    Shares are on a logarithmic axis, so that a few copies among many samples can be seen.
    """
    every = np.concatenate([*scores.values(), *linear.values()])
    known = np.abs(every[np.isfinite(every)])
    reach = max(float(np.quantile(known, _REACH)) if known.size else 0.0, np.log(1.25))
    edges = np.linspace(-reach, reach, _BINS + 1)
    figure, panels = frames(len(scores), stacked=stacked, left=0.8)
    for panel, (name, score) in zip(panels, scores.items(), strict=True):
        axes = panel.axes
        ends = "bars far right of the dashed line: copies"
        panel.title(f"Generator {name.upper()}: does it copy?", ends)
        axes.stairs(_shares(score, edges), np.exp(edges), fill=True, color=_ONE.colour, alpha=0.35)
        axes.stairs(
            _shares(linear[name], edges),
            np.exp(edges),
            color=_LINEAR.colour,
            linewidth=1.4,
            linestyle=_LINEAR.line,
        )
        axes.set_xscale("log")
        axes.set_xlim(np.exp(-reach), np.exp(reach))
        far = {tick: abs(float(np.log(tick))) for tick in _TICKS}
        shown = [t for t, at in far.items() if at < reach and (t == 1 or at > reach / 6)]
        axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
        axes.set_xticks([], minor=True)
        axes.set_xlabel("times closer to training rows than to other rows")
        axes.set_ylabel("share of samples")
        axes.set_yscale("log")
        axes.set_ylim(0.5 / max(len(score), 1), 1.0)
        log_ticks(axes.yaxis, lambda share: f"{100 * share:g} %")
        level(axes, 1.0, along="y")
        panel.legend([_patch("samples"), line_key(_LINEAR, "honest linear model of the same rows")])
    return figure


def _shares(score: Array, edges: Array) -> Array:
    """Return the share of scores in each bin; infinite and far ones are in the last."""
    inside = np.clip(np.nan_to_num(score, nan=0.0), edges[0], edges[-1])
    counts: Array = np.histogram(inside, edges)[0] / max(len(score), 1)
    return counts


def _patch(label: str) -> Any:
    from matplotlib.patches import Patch

    return Patch(color=_ONE.colour, alpha=0.35, label=label)


@styled
def audit_spectrum(agreement: Agreement, *, stacked: bool = False) -> Figure:
    """Draw agreement along the data's principal directions, over that of the linear model."""
    figure, panels = frames(
        1, stacked=stacked, width=3.75 if stacked else 6.5, keys=3 if stacked else 1
    )
    axes = panels[0].axes
    bands = agreement.spectrum
    middle = np.array([np.sqrt(band.first * band.last) for band in bands])

    theory = np.array([band.predicted for band in bands])
    axes.plot(middle, theory, color=_THEORY.colour, linestyle=_THEORY.line)
    draw_points(axes, _points(middle, [band.linear for band in bands]), _LINEAR, hollow=True)
    draw_points(axes, _points(middle, [band.measured for band in bands]), _ONE)
    axes.set_xscale("log")
    log_ticks(axes.xaxis)
    axes.set_xlabel("principal direction of the real data (strong to weak)")
    unit_y(axes)
    low = min([one.measured.low for one in bands] + [0.0])
    axes.set_ylim(min(-0.04, low - 0.04), 1.04)
    panels[0].title("Agreement along each direction", "0: the twins are unrelated; 1: they agree")
    keys = [
        bars_key("these twins", look=_ONE),
        bars_key("matched linear model", look=_LINEAR, hollow=True),
        line_key(_THEORY, "the same, by theory"),
    ]
    panels[0].legend(keys, columns=1 if stacked else 3)
    return figure


@styled
def audit_recovery(factors: Sequence[Factor], *, stacked: bool = False) -> Figure:
    """Draw each factor's overlap with the samples, its ceiling, and the linear model."""
    width = max(3.75, min(6.5, 1.2 + 0.55 * len(factors)))
    figure, panels = frames(
        1, stacked=stacked, width=3.75 if stacked else width, keys=3 if stacked else 2
    )
    axes = panels[0].axes
    place = np.array([float(one.number) for one in factors])
    top = np.array([one.ceiling.value for one in factors])
    for x, one in zip(place, factors, strict=True):
        axes.fill_between([x - 0.35, x + 0.35], one.ceiling.low, one.ceiling.high, **_SHADE)
        axes.plot([x - 0.35, x + 0.35], [one.ceiling.value] * 2, color=GREY, linewidth=1.4)
    seen = np.array([one.predicted for one in factors]) * top
    axes.plot(place, seen, **_DASH)
    linear = _points(place + 0.12, [one.linear for one in factors])
    draw_points(axes, linear, _LINEAR, hollow=True)
    draw_points(axes, _points(place - 0.12, [one.overlap for one in factors]), _ONE)
    unit_y(axes)
    axes.set_xlim(0.4, len(factors) + 0.6)
    axes.set_xticks(place, [str(one.number) for one in factors])
    axes.set_xlabel("factor of the held-out data (strong to weak)")
    panels[0].title(
        "Overlap with the data's factors", "grey line: the overlap of a perfect generator"
    )
    keys = [
        bars_key("these generators", look=_ONE),
        bars_key("matched linear model", look=_LINEAR, hollow=True),
        _dash("the same, by theory"),
    ]
    panels[0].legend(keys, columns=1 if stacked else 2)
    return figure


_SHADE: dict[str, Any] = {"color": GREY, "alpha": 0.2, "linewidth": 0.0}
_DASH: dict[str, Any] = {
    "color": _THEORY.colour,
    "linestyle": "none",
    "marker": "_",
    "markersize": 13.0,
}


def _points(x: Array, numbers: Sequence[IntervalEstimate]) -> Series:
    """Return points with their intervals, which need not be symmetric."""
    values, low, high = (
        np.array([getattr(one, part) for one in numbers]) for part in ("value", "low", "high")
    )
    return Series(x, values, np.stack([values - low, high - values]))


def _dash(label: str) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], label=label, **_DASH)
