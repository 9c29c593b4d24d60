"""The figures of the registered predictions, and of the directions that networks recover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from docs.studies.denoisers.scores import ceiling
from docs.studies.denoisers.summary import means_over_pairs

from twinseed.drawing.panels import bars_key, draw_line, draw_points, line_key, log_x, unit_y
from twinseed.drawing.series import Series
from twinseed.drawing.style import GREY, INK, LOOKS, Figure, Look, frames, styled

__all__ = ["directions", "law", "pictures", "windows"]

_DASHED = Look(GREY, (0, (4, 2)), "o")
_SHOWN = 15


@styled
def law(arms: Mapping[str, Any]) -> Figure:
    """Draw measured q against the ceiling law and against the linear twins."""
    drawn, panels = frames(2, height=3.3, left=0.75, keys=2)
    keys = []
    for place, (name, one) in enumerate(ceiling(arms).items()):
        look = LOOKS[place % len(LOOKS)]
        keys.append(bars_key(name, look=look))
        predicted = (one["linear"] * one["same"], one["linear"])
        for panel, x in zip(panels, predicted, strict=True):
            draw_points(panel.axes, Series(x, one["measured"], one["half"]), look)
    for panel in panels:
        ends = np.array([0.0, 1.0])
        draw_line(panel.axes, Series(ends, ends, np.zeros(2)), _DASHED)
        unit_y(panel.axes)
        panel.axes.set_xlim(-0.04, 1.04)
    panels[0].axes.set_xlabel("q of linear twins x q of the same rows")
    panels[1].axes.set_xlabel("q of linear twins")
    panels[0].axes.set_ylabel("q of networks on disjoint rows")
    panels[0].title("The ceiling law", "dashed: right; above: networks agree more")
    panels[1].title("The linear twins alone", "dashed: right; below: networks agree less")
    panels[0].legend(keys, 5)
    return drawn


@styled
def directions(told: Mapping[str, Any], n: int) -> Figure:
    """Draw the share of the first K true directions in the span of K directions, over K."""
    drawn, panels = frames(len(told), height=3.1, left=0.6, keys=2)
    ranks = np.arange(1.0, _SHOWN + 1.0)
    for panel, (name, sizes) in zip(panels, told.items(), strict=True):
        one = sizes[str(n)]
        real = _mean(one["real rows"])
        draw_line(panel.axes, Series(ranks, real.mean, 0.0 * ranks), Look(INK, "-", "o"))
        between = means_over_pairs(ranks, _of(one["between networks"], 1))
        draw_line(panel.axes, Series(ranks, between.mean, 0.0 * ranks), _DASHED)
        for kind, look, hollow, shift in (
            ("linear", LOOKS[1], True, -0.12),
            ("network", LOOKS[0], False, 0.12),
        ):
            found = means_over_pairs(ranks, _of(one[kind], 2))
            draw_points(
                panel.axes, Series(ranks + shift, found.mean, found.half), look, hollow=hollow
            )
        panel.axes.set_ylim(0.5, 1.02)
        panel.axes.set_xticks(ranks[::2])
        panel.axes.set_xlabel("number K of leading directions")
        panel.title(name.capitalize(), "share of K directions in the span of K others; 1: all")
    keys = [
        bars_key("networks with the truth", look=LOOKS[0]),
        bars_key("linear twins with the truth", look=LOOKS[1], hollow=True),
        line_key(_DASHED, "network A with network B"),
        line_key(Look(INK, "-", "o"), "as many real rows with the truth"),
    ]
    panels[0].legend(keys, 2)
    return drawn


@styled
def pictures(told: Mapping[str, Any], n: int) -> Figure:
    """Draw the leading directions as images: of real rows, of a network, of linear twins."""
    names = {"real rows": "truth", "network": "network", "linear": "linear twin"}
    count = len(next(iter(told.values()))[str(n)]["pictures"]["network"])
    drawn, panels = frames(len(told), height=2.6, left=0.85, keys=0)
    for panel, (name, sizes) in zip(panels, told.items(), strict=True):
        found = sizes[str(n)]["pictures"]
        truth = np.array(found["real rows"])
        lines = []
        for kind in names:
            images = np.array(found[kind])
            signs = np.sign(np.sum(images * truth, axis=1))
            side = round(images.shape[1] ** 0.5)
            tiles = (signs[:, None] * images).reshape(count, side, side)
            lines.append(np.concatenate(list(np.pad(tiles, ((0, 0), (1, 1), (1, 1)))), axis=1))
        strip = np.concatenate(lines)
        limit = np.abs(strip).max()
        panel.axes.imshow(strip, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="equal")
        high = strip.shape[0] / len(names)
        panel.axes.set_yticks([(k + 0.5) * high for k in range(len(names))], list(names.values()))
        panel.axes.set_xticks([(k + 0.5) * high for k in range(count)], range(1, count + 1))
        panel.axes.grid(visible=False)
        panel.axes.set_xlabel("direction, by falling variance")
        panel.title(name.capitalize(), f"n = {n:,}; blue: negative, red: positive")
    return drawn


@styled
def windows(told: Mapping[str, Any], source: str, border: str = "own") -> Figure:
    """Draw the measured half widths over the noise level, one line for each n."""
    drawn, panels = frames(2, height=3.1, left=0.6, keys=1)
    chosen = {
        int(key.split()[1]): one
        for key, one in told["windows"].items()
        if key.split()[0] == source and key.split()[2] == border
    }
    keys = []
    for look, (n, one) in zip(LOOKS, sorted(chosen.items()), strict=False):
        levels = np.array(one["levels"])
        for panel, values in zip(panels, (one["half widths"], one["similarities"]), strict=True):
            line = Series(levels, np.array(values, dtype=np.float64), 0.0 * levels)
            draw_line(panel.axes, line, look, marker=look.marker)
        keys.append(line_key(look, f"n = {n:,}"))
    for panel in panels:
        log_x(panel.axes, "noise level, in units of the data")
    panels[0].title("Half width of the window", f"pixels; networks on {source}, 16 x 16")
    panels[1].title("How like the network", "cosine similarity of the answers; 1: equal")
    panels[0].legend(keys, 4)
    return drawn


def _of(parts: list[Mapping[str, Any]], twins: int) -> Any:
    """Return the shares of the subspaces, (pairs, K): the mean over the twins of a pair."""
    values = np.array([one["subspace"][:_SHOWN] for one in parts], dtype=np.float64)
    return values.reshape(-1, twins, _SHOWN).mean(axis=1)


def _mean(parts: list[Mapping[str, Any]]) -> Any:
    return means_over_pairs(np.arange(1.0, _SHOWN + 1.0), _of(parts, 1))
