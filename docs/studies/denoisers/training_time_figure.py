"""The figure of the order parameters along training, from results/training-time.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from twinseed.drawing.panels import bars_key, draw_line, level, line_key, log_ticks, log_x
from twinseed.drawing.series import Series
from twinseed.drawing.style import GREY, LOOKS, Figure, Look, Panel, frames, styled

__all__ = ["figure"]

_STEPS = "training steps"
_REFERENCE: Any = (0, (4, 2))


@styled
def figure(results: Mapping[str, Any]) -> Figure:
    """Draw the share and q over steps, one line a size, and the onset of memorisation over n.

    Bands are the range of the pairs; dashed are the linear twins of the same rows. An arrow above
    the last step says that a pair of that size does not pass half-way.
    """
    drawn, panels = frames(3, height=3.1, left=0.7, keys=2)
    sizes = results["n"]
    keys: list[Any] = []
    for look, n in zip(LOOKS, sizes, strict=False):
        pairs = results["by n"].get(str(n), [])
        if pairs:
            _over_steps(panels[0], results["steps"], pairs, "memorisation_share", look)
            _over_steps(panels[1], results["steps"], pairs, "convergence", look)
            _onsets(panels[2], results["steps"][-1], n, pairs, look)
            keys.append(_key(look, f"n = {n:,}, {len(pairs)} pair{'s' * (len(pairs) > 1)}"))
    for panel in panels[:2]:
        log_x(panel.axes, _STEPS)
    panels[0].axes.set_ylim(0.42, 1.02)
    level(panels[0].axes, 0.5)
    level(panels[0].axes, results["half way"])
    _finish_onsets(panels[2], sizes, results["by n"])
    panels[0].title("Memorisation share", "dotted: an honest sampler, 0.5, and half-way, 0.75")
    panels[1].title("Convergence q", "0: unlike, 1: the same samples")
    panels[2].title("Onset of memorisation", "arrows: not within the steps")
    panels[0].legend(keys)
    panels[1].legend([line_key(Look(GREY, _REFERENCE, "o"), "linear twins, in the colour of n")])
    levels = [
        bars_key(f"share of {results['half way']:g}"),
        bars_key(f"share of {results['low']:g}", hollow=True),
    ]
    panels[2].legend([*levels, line_key(Look(GREY, "-", "o"), "in proportion to n")])
    return drawn


def _over_steps(
    panel: Panel, steps: Sequence[int], pairs: Sequence[Mapping[str, Any]], name: str, look: Look
) -> None:
    values = np.array([pair["network"][name] for pair in pairs])
    x = np.array(steps, dtype=np.float64)
    mean = values.mean(axis=0)
    panel.axes.fill_between(
        x, values.min(axis=0), values.max(axis=0), color=look.colour, alpha=0.18, linewidth=0
    )
    draw_line(panel.axes, Series(x, mean, np.zeros_like(mean)), Look(look.colour, "-", look.marker))
    panel.axes.plot(x, mean, color=look.colour, linestyle="none", marker=look.marker, markersize=3)
    linear = float(np.mean([pair["linear"][name] for pair in pairs]))
    panel.axes.axhline(linear, color=look.colour, linestyle=_REFERENCE, linewidth=1.0, zorder=1.5)


def _onsets(
    panel: Panel, last: int, n: int, pairs: Sequence[Mapping[str, Any]], look: Look
) -> None:
    """Draw every pair; those that never reach half-way share one place, and so do the low ones."""
    for pair in pairs:
        for name, hollow in (("onset", False), ("onset, low", True)):
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


def _finish_onsets(
    panel: Panel, sizes: Sequence[int], by_size: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
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
