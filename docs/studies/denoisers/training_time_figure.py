"""The figures of the order parameters along training, from results/training-time.json."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from twinseed.drawing.panels import bars_key, draw_line, level, line_key, log_ticks, log_x
from twinseed.drawing.series import Series
from twinseed.drawing.style import GREY, LOOKS, Figure, Look, Panel, frames, styled

__all__ = ["figure", "onsets", "over_directions"]

_STEPS = "training steps"
_REFERENCE: Any = (0, (4, 2))

Pairs = Sequence[Mapping[str, Any]]


@styled
def figure(results: Mapping[str, Any]) -> Figure:
    """Draw the share, q and the recovery over steps, one line a size.

    Bands are the range of the pairs; dashed are the linear twins of the same rows.
    """
    drawn, panels = frames(3, height=3.1, left=0.6, keys=2)
    names = ("memorisation_share", "convergence", "recovery")
    keys: list[Any] = []
    for look, n, pairs in _sizes(results):
        for panel, name in zip(panels, names, strict=True):
            _over_steps(panel, results["steps"], pairs, name, look)
            linear = float(np.mean([over_directions(pair["linear"][name]) for pair in pairs]))
            _across(panel, linear, look.colour, _REFERENCE)
        keys.append(_key(look, f"n = {n:,}, {len(pairs)} pair{'s' * (len(pairs) > 1)}"))
    for panel in panels:
        log_x(panel.axes, _STEPS)
    every = [pair for _, _, pairs in _sizes(results) for pair in pairs]
    real = [over_directions(pair["real rows"]["recovery"]) for pair in every]
    _across(panels[2], float(np.mean(real)), GREY, "-")
    panels[0].axes.set_ylim(0.42, 1.02)
    level(panels[0].axes, 0.5)
    level(panels[0].axes, results["half way"])
    panels[0].title("Memorisation share", "dotted: an honest sampler, 0.5, and half-way, 0.75")
    panels[1].title("Convergence q", "0: unlike, 1: the same samples")
    panels[2].title("Recovery Q", "mean of five directions; 0: none, 1: all")
    panels[0].legend(keys)
    panels[1].legend([line_key(Look(GREY, _REFERENCE, "o"), "linear twins, in the colour of n")])
    panels[2].legend([line_key(Look(GREY, "-", "o"), f"{results['seeds']} real rows")])
    return drawn


@styled
def onsets(results: Mapping[str, Any]) -> Figure:
    """Draw the onset of memorisation over n, as the share alone shows it, and beside linear twins.

    An arrow above the last step says that a pair of that size does not pass half-way.
    """
    drawn, (panel,) = frames(1, width=5.6, height=3.1, left=0.75, keys=2)
    for look, n, pairs in _sizes(results):
        _onsets(panel, results["steps"][-1], n, pairs, look)
    _finish_onsets(panel, results["n"], results["by n"])
    panel.title("Onset of memorisation", "arrows: not half-way within the steps")
    panel.legend(
        [
            bars_key(f"share of {results['half way']:g}"),
            bars_key(f"share of the linear twins + {results['excess']:g}", hollow=True),
            line_key(Look(GREY, "-", "o"), "in proportion to n"),
        ]
    )
    return drawn


def _sizes(results: Mapping[str, Any]) -> Iterator[tuple[Look, int, Pairs]]:
    """Yield the look of each size that has pairs, the size, and its pairs."""
    for look, n in zip(LOOKS, results["n"], strict=False):
        pairs = results["by n"].get(str(n), [])
        if pairs:
            yield look, n, pairs


def over_directions(value: Any) -> float:
    """Return a number, or the mean of one number per direction.

    >>> over_directions(0.5), over_directions([0.25, 0.75])
    (0.5, 0.5)
    """
    return float(np.mean(value))


def _over_steps(panel: Panel, steps: Sequence[int], pairs: Pairs, name: str, look: Look) -> None:
    values = np.array([[over_directions(one) for one in pair["network"][name]] for pair in pairs])
    x = np.array(steps, dtype=np.float64)
    mean = values.mean(axis=0)
    panel.axes.fill_between(
        x, values.min(axis=0), values.max(axis=0), color=look.colour, alpha=0.18, linewidth=0
    )
    draw_line(panel.axes, Series(x, mean, 0.0 * mean), Look(look.colour, "-", look.marker))
    panel.axes.plot(x, mean, color=look.colour, linestyle="none", marker=look.marker, markersize=3)


def _across(panel: Panel, value: float, colour: str, line: Any) -> None:
    panel.axes.axhline(value, color=colour, linestyle=line, linewidth=1.0, zorder=1.5)


def _onsets(panel: Panel, last: int, n: int, pairs: Pairs, look: Look) -> None:
    """Draw every pair; the pairs that never reach half-way share one place."""
    for pair in pairs:
        for name, hollow in (("onset", False), ("onset, linear", True)):
            if pair[name] is not None:
                panel.axes.plot(
                    [n],
                    [pair[name]],
                    linestyle="none",
                    color=look.colour,
                    marker=look.marker,
                    markerfacecolor="white" if hollow else look.colour,
                    zorder=3.0,
                )
    if any(pair["onset"] is None for pair in pairs):
        panel.axes.plot(
            [n],
            [1.15 * last],
            linestyle="none",
            color=look.colour,
            marker="$\N{UPWARDS ARROW}$",
            markersize=9.0,
            zorder=3.0,
        )


def _key(look: Look, label: str) -> Any:
    key = line_key(Look(look.colour, "-", look.marker), label)
    key.set_marker(look.marker)
    return key


def _finish_onsets(panel: Panel, sizes: Sequence[int], by_size: Mapping[str, Pairs]) -> None:
    """Add the line in proportion to n, through the onsets at the smallest size, and name the axes.

    Onsets are averaged in their logarithm; with none at that size there is no line.
    """
    axes = panel.axes
    first = [pair["onset"] for pair in by_size.get(str(sizes[0]), []) if pair["onset"] is not None]
    if first:
        n = np.array([sizes[0], sizes[-1]], dtype=np.float64)
        through = np.exp(np.mean(np.log(first))) * n / n[0]
        draw_line(axes, Series(n, through, np.zeros(2)), Look(GREY, "-", "o"), linewidth=1.0)
    log_x(axes, "training rows n of each twin")
    axes.set_yscale("log")
    log_ticks(axes.yaxis)
    axes.set_ylabel(_STEPS)
