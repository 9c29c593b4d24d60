"""The figures of docs/neural-twins.md, from the kept numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from docs.studies.denoisers.summary import Curve, axis_recovery, curve, theory_at

from twinseed.drawing.panels import bars_key, draw_line, draw_points, level, line_key, log_x, unit_y
from twinseed.drawing.series import Series
from twinseed.drawing.style import GREY, INK, LOOKS, Figure, Look, Panel, frames, styled

__all__ = ["blindness", "images", "matched", "other_images", "textures"]

_ROWS = "training rows n of each twin"
_APART = 1.04
"""Points of one n are drawn beside each other."""
_DASHED = Look(GREY, (0, (4, 2)), "o")


def _points(found: Curve, shift: float = 1.0) -> Series:
    return Series(shift * found.n, found.mean, found.half)


def _theory(arm: Mapping[str, Any], name: str) -> Series:
    """Return the theory's curve within the sizes of the arm."""
    found = arm["predicted"]
    n, values = np.array(found["n"]), np.array(found[name], dtype=np.float64)
    inside = (n >= arm["n"][0]) & (n <= arm["n"][-1])
    return Series(n[inside], values[inside], np.zeros(int(inside.sum())))


def _three(panel: Panel, arm: Mapping[str, Any], name: str, look: Look, *, theory: bool) -> None:
    """Draw networks filled, linear twins hollow, theory as a line."""
    if theory and arm["predicted"] and name in arm["predicted"]:
        draw_line(panel.axes, _theory(arm, name), look)
    draw_points(panel.axes, _points(curve(arm, "linear", name), 1.0 / _APART), look, hollow=True)
    draw_points(panel.axes, _points(curve(arm, "network", name), _APART), look)


def _keys() -> list[Any]:
    """Return what filled points, hollow points and lines are, in any colour."""
    points = [bars_key("networks"), bars_key("linear twins", hollow=True)]
    return [*points, line_key(Look(INK, "-", "o"), "theory of the linear twins")]


@styled
def images(
    fashion: Mapping[str, Any], mnist: Mapping[str, Any], controls: Mapping[str, Any]
) -> Figure:
    """Draw q, the ratio and the share over n for both data sets of images."""
    drawn, panels = frames(3, height=3.1, keys=3)
    arms = {"Fashion": fashion["arms"]["fashion"], "MNIST": mnist["arms"]["MNIST"]}
    for name, panel in zip(
        ("convergence", "memorisation_ratio", "memorisation_share"), panels, strict=True
    ):
        for look, arm in zip(LOOKS, arms.values(), strict=False):
            _three(panel, arm, name, look, theory=name != "memorisation_share")
        log_x(panel.axes, _ROWS)
    ceiling = curve(controls["arms"]["same-rows"], "network", "convergence")
    draw_points(panels[0].axes, _points(ceiling), LOOKS[2])
    unit_y(panels[0].axes)
    level(panels[1].axes, 1.0)
    level(panels[2].axes, 0.5)
    panels[0].title("Convergence q", "0: the twins are unrelated; 1: they agree")
    panels[1].title(
        "Memorisation ratio \N{GREEK SMALL LETTER RHO}",
        "1 (dotted): as new rows; lower is better",
    )
    panels[2].title("Memorisation share", "0.5 (dotted): no excess; lower is better")
    keys = [
        bars_key(f"networks, {name}", look=look) for name, look in zip(arms, LOOKS, strict=False)
    ]
    plain = [bars_key("linear twins", hollow=True), line_key(Look(INK, "-", "o"), "their theory")]
    same = bars_key("networks, Fashion, the same rows", look=LOOKS[2])
    panels[0].legend([*keys, *plain, same], 2)
    return drawn


@styled
def blindness(told: Mapping[str, Any]) -> Figure:
    """Draw convergence and recovery over n for three strengths of one direction."""
    drawn, panels = frames(3, height=3.1, keys=2)
    arms = told["arms"]
    keys = []
    for look, (name, arm) in zip(LOOKS, arms.items(), strict=False):
        _three(panels[0], arm, "convergence", look, theory=True)
        for model, hollow in (("linear", True), ("network", False)):
            draw_points(panels[1].axes, _points(axis_recovery(arm, model)), look, hollow=hollow)
        draw_line(panels[1].axes, _theory(_first_factor(arm), "recovery"), look)
        _three(panels[2], arm, "memorisation_share", look, theory=False)
        keys.append(bars_key(name, look=look))
    for panel in panels:
        log_x(panel.axes, _ROWS)
    for panel in panels[:2]:
        unit_y(panel.axes)
    level(panels[2].axes, 0.5)
    panels[0].title("Convergence q", "one curve for three strengths")
    panels[1].title("Recovery Q", "overlap with the true direction")
    panels[2].title("Memorisation share", "0.5 (dotted): no excess; lower is better")
    panels[0].legend(keys, 3)
    panels[1].legend(_keys(), 2)
    return drawn


def _first_factor(arm: Mapping[str, Any]) -> Mapping[str, Any]:
    found = dict(arm["predicted"])
    found["recovery"] = [one[0] if isinstance(one, Sequence) else one for one in found["recovery"]]
    return {**arm, "predicted": found}


@styled
def textures(told: Mapping[str, Any]) -> Figure:
    """Draw convergence and the ratio of textures: networks beside linear twins of the same rows."""
    slopes = {"a = 0.5": "rough", "a = 1": "medium", "a = 2": "smooth"}
    arms = {f"{slopes[name]} texture": arm for name, arm in told["arms"].items()}
    return _side_by_side(
        arms,
        {
            "convergence": (
                "Textures: networks agree much earlier",
                "convergence; 0: the twins are unrelated; 1: they agree",
                None,
            ),
            "memorisation_ratio": (
                "They copy less, but not smooth textures",
                "memorisation ratio; 1 (dotted): no copying; lower is better",
                1.0,
            ),
        },
    )


@styled
def other_images(arms: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw convergence and the share of further images, one pair each."""
    return _side_by_side(
        arms,
        {
            "convergence": (
                "Other images: about as much agreement",
                "convergence; 0: the twins are unrelated; 1: they agree",
                None,
            ),
            "memorisation_share": (
                "No clear excess of copies",
                "share closer to training; 0.5 (dotted): none; lower is better",
                0.5,
            ),
        },
    )


def _side_by_side(
    arms: Mapping[str, Mapping[str, Any]],
    shown: Mapping[str, tuple[str, str, float | None]],
) -> Figure:
    """Draw one row per data set and n: networks filled, linear twins hollow, joined by a line.

    ``shown``: for each variable the title, the meaning of its ends, and the level without copying.
    """
    rows = [(name, arm, k) for name, arm in arms.items() for k in range(len(arm["n"]))]
    drawn, panels = frames(len(shown), height=1.5 + 0.33 * len(rows), left=1.75, keys=1)
    places = np.arange(len(rows), dtype=np.float64)[::-1]
    for panel, (variable, (title, ends, honest)) in zip(panels, shown.items(), strict=True):
        axes = panel.axes
        for place, (_, arm, k) in zip(places, rows, strict=True):
            found = {model: curve(arm, model, variable) for model in ("linear", "network")}
            x = [float(one.mean[k]) for one in found.values()]
            axes.plot(x, [place, place], color=GREY, linewidth=1.0, zorder=1.5)
            for (model, one), look in zip(found.items(), (LOOKS[1], LOOKS[0]), strict=True):
                point = Series(one.mean[k : k + 1], np.array([place]), np.zeros(1))
                half = one.half[k : k + 1]
                draw_points(axes, point, look, hollow=model == "linear", across=half)
        axes.set_yticks(places, [f"{name}, n = {arm['n'][k]:,}" for name, arm, k in rows])
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.grid(axis="y", visible=False)
        if honest is None:
            axes.set_xlim(-0.02, 1.02)
        else:
            level(axes, honest, along="y")
        panel.title(title, ends)
    keys = [
        bars_key("networks", look=LOOKS[0]),
        bars_key("linear twins of the same rows", look=LOOKS[1], hollow=True),
    ]
    panels[0].legend(keys, 2)
    return drawn


@styled
def matched(arms: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw measured q of the networks against the theory's at equal n, over every experiment."""
    drawn, panels = frames(1, width=5.4, height=4.6, left=0.7, keys=4)
    axes, keys = panels[0].axes, []
    for place, (name, arm) in enumerate(arms.items()):
        look = LOOKS[place % len(LOOKS)]
        found = curve(arm, "network", "convergence")
        expected = theory_at(arm, "convergence")
        hollow = place >= len(LOOKS)
        draw_points(axes, Series(expected, found.mean, found.half), look, hollow=hollow)
        keys.append(bars_key(name, look=look, hollow=hollow))
    draw_line(axes, Series(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.zeros(2)), _DASHED)
    unit_y(axes)
    axes.set_xlim(-0.04, 1.04)
    axes.set_xlabel("q of the matched linear model, theory")
    axes.set_ylabel("q of the networks")
    panels[0].title("Where networks leave the linear model", "dashed: equal; below: agree less")
    panels[0].legend(keys, 3)
    return drawn
