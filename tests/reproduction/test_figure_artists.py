"""Every point, line, bar, level and label of the figures, held against the readouts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.artists import (
    Key,
    Level,
    Line,
    Points,
    check_panel,
    keys_of,
    notes,
    said,
    values,
)
from tests.support.made_readouts import BLACK, LOAD, LOADS, ROWS, TITLES, made, over_rows

from twinseed.drawing.style import LOOKS
from twinseed.reproduction import figures
from twinseed.status import Status

pytestmark = pytest.mark.extras


def with_status(one: Any, at_floor: int) -> Any:
    """Return a readout whose first loads leave the factor at the floor."""
    status = np.where(np.arange(one.sizes["gamma"]) < at_floor, str(Status.BELOW_FLOOR), "ok")
    changed = one.copy(deep=True)
    changed["recovery_status"] = changed["recovery_status"].astype("U32")
    changed["recovery_status"].values[...] = np.broadcast_to(
        status[:, None], changed["recovery_status"].shape
    )
    return changed


@pytest.mark.parametrize("stacked", [False, True])
def test_load_curves(stacked: bool) -> None:
    ridges = [0.0, 0.1, 2.0]
    theory = made(
        0,
        {"d": [100, 4000], "gamma": LOADS, "ridge": ridges},
        theory=True,
        lacks={"memorisation": 1},
    )
    simulated = [
        made(k, {"gamma": LOADS[::-1], "ridge": ridges}, d=d) for k, d in ((1, 4000.0), (2, 100.0))
    ]
    figure = figures.load_curves(theory, simulated, stacked=stacked)
    words = ["ridge 0", "ridge 0.1", "ridge 2"]
    for panel, name in enumerate(("memorisation", "convergence", "recovery")):
        lines, points, keys = [], [], []
        chosen = (
            [{"ridge": ridge} for ridge in ridges]
            if name != "recovery"
            else [{"ridge": 0.0, "factor": k} for k in (1, 2)]
        )
        for k, (at, look) in enumerate(zip(chosen, LOOKS, strict=False)):
            label = words[k] if name != "recovery" else f"variance {(3, 1.5)[k]:g}"
            keys.append(Key(label, look))
            for d in [4000.0] if name == "convergence" else [4000.0, 100.0]:
                x, y, _ = values(theory, name, "gamma", d=d, **at)
                lines.append(Line(x, y, look))
            for place, one in enumerate(simulated):
                found = values(one, name, "gamma", **at)
                points.append(Points(*(part[::-1] for part in found), look, place > 0))
        check_panel(
            figure.axes[panel], title=TITLES[name], x=LOAD, lines=lines, points=points, unit=True
        )
        keys += [Key("d = 4,000", kind="points"), Key("d = 100", kind="hollow")]
        keys_of(figure, panel, keys)


STRENGTHS = {"0.7": 3, "1.5": 2, "3": 0}


def along_loads(**how: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    theory = {
        s: with_status(made(k, {"gamma": LOADS}, theory=True, factors=[4.0], **how), floor)
        for k, (s, floor) in enumerate(STRENGTHS.items())
    }
    drawn = {s: made(10 + k, {"gamma": LOADS}, factors=[4.0]) for k, s in enumerate(STRENGTHS)}
    return theory, drawn


def onsets() -> list[tuple[float, str]]:
    """Return the last load at the floor, where there is one, and the colour of the strength."""
    floors = zip(STRENGTHS.values(), LOOKS, strict=False)
    return [(float(LOADS[floor - 1]), look.colour) for floor, look in floors if floor]


def test_agreement_is_blind() -> None:
    theory, drawn = along_loads()
    figure = figures.agreement_is_blind(theory, drawn)
    looks = dict(zip(STRENGTHS, LOOKS, strict=False))
    levels = [Level(load, True, colour) for load, colour in onsets()]
    x, y, _ = values(theory["0.7"], "convergence", "gamma")
    check_panel(
        figure.axes[0],
        title=("Convergence q: one curve", TITLES["convergence"][1]),
        x=LOAD,
        lines=[Line(x, y, BLACK)],
        points=[
            Points(*values(drawn[s], "convergence", "gamma"), look, True)
            for s, look in looks.items()
        ],
        levels=levels,
        unit=True,
    )
    ends = "0: not learned; 1: learned; dotted: onset"
    check_panel(
        figure.axes[1],
        title=("Recovery Q: three onsets", ends),
        x=LOAD,
        lines=[
            Line(*values(theory[s], "recovery", "gamma")[:2], look) for s, look in looks.items()
        ],
        points=[
            Points(*values(drawn[s], "recovery", "gamma"), look, True) for s, look in looks.items()
        ],
        levels=levels,
        unit=True,
    )
    for panel, axes in enumerate(figure.axes):
        assert said(axes) == [("1.1", (1.1, 1.0)), ("0.5", (0.5, 1.0))]
        keys_of(figure, panel, [Key(f"strength {s}", look, "hollow") for s, look in looks.items()])


def test_agreement_along_a_factor() -> None:
    theory, drawn = along_loads()
    figure = figures.agreement_along_a_factor(theory, drawn)
    looks = dict(zip(STRENGTHS, LOOKS, strict=False))
    titles = {
        "convergence_factor": (
            "Agreement along a factor: smooth",
            "0: the twins are unrelated; 1: they agree",
        ),
        "recovery": (
            "Recovery Q: three onsets",
            "0: not learned; 1: learned; dotted: onset",
        ),
    }
    for panel, (name, title) in enumerate(titles.items()):
        check_panel(
            figure.axes[panel],
            title=title,
            x=LOAD,
            lines=[Line(*values(theory[s], name, "gamma")[:2], look) for s, look in looks.items()],
            points=[
                Points(*values(drawn[s], name, "gamma"), look, True) for s, look in looks.items()
            ],
            levels=[Level(load, True, colour) for load, colour in onsets()],
            unit=True,
        )
        keys_of(figure, panel, [Key(f"strength {s}", look, "hollow") for s, look in looks.items()])
    assert notes(figure.axes[0]) == []
    assert said(figure.axes[1]) == [("1.1", (1.1, 1.0)), ("0.5", (0.5, 1.0))]


def test_power_law() -> None:
    labels = ("0.5", "1", "1.5")
    theory = {
        s: made(k, {"gamma": LOADS, "ridge": [0.0, 0.5]}, theory=True, factors=[3.0, 2.0, 1.0])
        for k, s in enumerate(labels)
    }
    drawn = {
        s: made(20 + k, {"gamma": LOADS, "ridge": [0.0]}, factors=[3.0, 2.0, 1.0])
        for k, s in enumerate(labels)
    }
    figure = figures.power_law(theory, drawn)
    looks = dict(zip(labels, LOOKS, strict=False))
    for panel, name in enumerate(("memorisation_ratio", "convergence", "recovery")):
        which = (1, 2) if name == "recovery" else (1,)
        pairs = [(s, look, k) for s, look in looks.items() for k in which]
        at = [{"ridge": 0.0, "factor": k} for _, _, k in pairs]
        check_panel(
            figure.axes[panel],
            title=TITLES[name],
            x=LOAD,
            lines=[
                Line(*values(theory[s], name, "gamma", **one)[:2], look)
                for (s, look, _), one in zip(pairs, at, strict=True)
            ],
            points=[
                Points(*values(drawn[s], name, "gamma", **one), look, k > 1)
                for (s, look, k), one in zip(pairs, at, strict=True)
            ],
            levels=[Level(1.0)] if name == "memorisation_ratio" else [],
            unit=name != "memorisation_ratio",
        )
        keys = [Key(f"exponent {s}", look) for s, look in looks.items()]
        if name == "recovery":
            keys += [Key("1st direction", kind="points"), Key("2nd direction", kind="hollow")]
        keys_of(figure, panel, keys)


@pytest.mark.parametrize("stacked", [False, True])
def test_ridge_path(stacked: bool) -> None:
    ridges = np.array([0.0, 0.25, 0.5, 1.0, 2.0])
    labels = ("2", "10")
    theory = {s: made(k, {"ridge": ridges}, theory=True) for k, s in enumerate(labels)}
    drawn = {s: made(30 + k, {"ridge": ridges[::2]}) for k, s in enumerate(labels)}
    figure = figures.ridge_path(theory, drawn, stacked=stacked)
    (axes,) = figure.axes
    lines, points, keys, marks, ends = [], [], [], [], []
    for s, look in zip(labels, LOOKS, strict=False):
        across, up = (theory[s][name].values for name in ("wasserstein", "convergence_gap"))
        best = across.argmin()
        lines.append(Line(across, up, look))
        _, x, x_half = values(drawn[s], "wasserstein", "ridge")
        _, y, y_half = values(drawn[s], "convergence_gap", "ridge")
        points.append(Points(x, y, y_half, look, True, across=x_half))
        marks.append((across[best], up[best], look.colour))
        keys.append(Key(f"n/d = {s}: best at r = {ridges[best]:.2g}", look))
        ends.append((across[-1], up[-1], across[-2], up[-2]))
    diamonds = [one for one in axes.lines if one.get_marker() == "D" and one.get_markersize() > 7]
    found = [(*one.get_xdata(), *one.get_ydata(), one.get_color()) for one in diamonds]
    assert found == [tuple(one) for one in marks]
    for k, (x, y, before_x, before_y) in enumerate(ends):
        arrow, label = notes(axes)[2 * k : 2 * k + 2]
        assert (arrow.get_text(), label.get_text()) == ("", f"n/d = {labels[k]}")
        assert arrow.xy == label.xy == (x, y)
        assert arrow.xyann == (before_x, before_y)
        assert arrow.arrowprops["arrowstyle"] == "-|>"
        assert arrow.arrowprops["color"] == label.get_color() == LOOKS[k].colour
    for one in diamonds:
        one.remove()
    check_panel(
        axes,
        title=(
            "Ridge: more agreement, worse model",
            "the ridge grows along the arrow; diamond: best",
        ),
        x=("distance to the truth, W₂²/d (right: worse)", "log"),
        y=("convergence q (up: the twins agree more)", "log"),
        lines=lines,
        points=points,
    )
    keys_of(figure, 0, [*keys, Key("simulated, 95 % bars", kind="hollow")])
    assert axes.yaxis_inverted()
    assert axes.yaxis.get_major_formatter()(0.05, 0) == "0.95"
    assert axes.xaxis.get_major_formatter()(0.05, 0) == "0.05"


def test_labels_of_a_logarithmic_axis_are_its_values() -> None:
    theory, drawn = along_loads()
    axis = figures.agreement_is_blind(theory, drawn).axes[0].xaxis
    told = [axis.get_major_formatter()(value, 0) for value in (0.1, 0.25, 20.0, 5000.0)]
    assert told == ["0.1", "0.25", "20", "5,000"]


def test_real_data() -> None:
    data, theory, gaussian = over_rows(1, joined=True), over_rows(2, theory=True), over_rows(3)
    figure = figures.real_data(data, theory, gaussian)
    for panel, name in enumerate(("memorisation_ratio", "convergence", "recovery")):
        chosen = {"predicted": 1}
        if name == "recovery":
            chosen = {"directions 1 to 2": 1, "direction 3": 3}
        lines, points, keys = [], [], []
        for (words, factor), look in zip(chosen.items(), LOOKS, strict=False):
            x, y, _ = values(theory, name, "n", factor=factor)
            lines.append(Line(x, y, look))
            points.append(Points(*values(gaussian, name, "n", factor=factor), look, True))
            points.append(Points(*values(data, name, "n", factor=factor), look))
            keys.append(Key(words, look))
        check_panel(
            figure.axes[panel],
            title=TITLES[name],
            x=ROWS,
            lines=lines,
            points=points,
            levels=[Level(1.0)] if panel == 0 else [],
            unit=panel > 0,
        )
        look = BLACK if name == "recovery" else LOOKS[0]
        keys += [Key("these data", look, "points"), Key("Gaussian data", look, "hollow")]
        keys_of(figure, panel, keys)


def test_of_many_directions_three_are_drawn() -> None:
    data = over_rows(4, factors=6)
    assert figures.data.directions(data) == {f"direction {k}": k for k in (1, 2, 3)}


def test_controls() -> None:
    named = {"memoriser": over_rows(5), "fresh data": over_rows(6)}
    named["fresh data"]["memorisation_share_se"] *= 0.0
    figure = figures.controls(named)
    for panel, name in enumerate(("memorisation_ratio", "memorisation_share")):
        axes = figure.axes[panel]
        points, words = [], []
        for row, one, look in zip((1, 0), named.values(), LOOKS, strict=False):
            value, half = (float(part[-1]) for part in values(one, name, "n")[1:])
            points.append(Points([value], [row], [0.0], look, across=[half]))
            words.append((f"{value:.3f} ± {half:.3f}" if half else f"{value:.3f}", (value, row)))
        level = Level(1.0 if panel == 0 else 0.5, True)
        check_panel(axes, title=TITLES[name], points=points, levels=[level])
        assert said(axes) == words
        assert [one.get_color() for one in notes(axes)] == [look.colour for look in LOOKS[:2]]
        rows = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
        assert {one.get_text(): row for row, one in rows} == {"memoriser": 1, "fresh data": 0}
        low, high = axes.get_xlim()
        for one in points:
            assert low < one.x[0] - one.across[0]
            assert one.x[0] + one.across[0] < high
