"""Every point, line, bar, level and label of the figures, held against the readouts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from tests.skins.artists import Key, Level, Line, Points, check_panel, keys_of, notes, said, values

from twinseed import readout
from twinseed.drawing.strip import picture_strip
from twinseed.drawing.style import INK, LOOKS, Look
from twinseed.readout import VARIABLES, Estimate
from twinseed.reproduction import figures
from twinseed.status import Status

pytestmark = pytest.mark.extras

RHO = "\N{GREEK SMALL LETTER RHO}"
TITLES = {
    "memorisation": ("Memorisation m", "1: every sample is a copy; falls as copying stops"),
    "memorisation_ratio": (
        f"Memorisation ratio {RHO}",
        "1 (dotted): no closer to training than to new rows",
    ),
    "memorisation_share": ("Share closer to training", "0.5 (dotted): no excess; 1: all copies"),
    "convergence": ("Convergence q", "0: the twins are unrelated; 1: they agree"),
    "recovery": ("Recovery Q", "0: the direction was not learned; 1: exactly"),
}
LOAD = ("training rows per dimension, n/d (few to many)", "log")
ROWS = ("training rows of each model, n (few to many)", "log")
BLACK = Look(INK, "-", "o")
LOADS = np.array([0.2, 0.5, 1.1, 2.3, 7.0])


def made(
    seed: int,
    dims: Mapping[str, Any],
    *,
    theory: bool = False,
    factors: Any = (3.0, 1.5),
    lacks: Mapping[str, int] = MappingProxyType({}),
    **coords: Any,
) -> Any:
    """Return a readout in which no two numbers are equal; ``lacks``: one that does not exist."""
    draw = np.random.default_rng(seed)
    shape = tuple(len(labels) for labels in dims.values())
    known = {}
    for name, variable in VARIABLES.items():
        full = (*shape, len(factors)) if variable.per_factor else shape
        value, status = draw.uniform(0.1, 0.9, full), np.full(full, "ok", dtype="U32")
        if name in lacks:
            value[lacks[name]], status[lacks[name]] = np.nan, Status.NO_THEORY
        se = np.zeros(full) if theory else draw.uniform(0.01, 0.05, full)
        known[name] = Estimate(value, se, status)
    every = {name: (name, np.asarray(labels, float)) for name, labels in dims.items()}
    base = {"n": 77.0, "d": 64.0, "gamma": 77 / 64}
    found = readout.make(
        known,
        source="predict" if theory else "simulate",
        coords={**base, **every, **coords},
        dims={name: len(labels) for name, labels in dims.items()},
        factors=list(factors),
    )
    return found.copy(deep=True)


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
        keys += [Key("d = 4\u2009000", kind="points"), Key("d = 100", kind="hollow")]
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
    ends = "0: not learned; 1: learned; dotted: the onset"
    check_panel(
        figure.axes[1],
        title=("Recovery Q: three thresholds", ends),
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
            "Agreement along the factor: no jump",
            "0: the twins are unrelated along it; 1: they agree",
        ),
        "recovery": (
            "Recovery Q: three thresholds",
            "0: not learned; 1: learned; dotted: the onset",
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
            "the ridge grows from 0 along the arrow; diamond: best",
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
    assert told == ["0.1", "0.25", "20", "5\u2009000"]


SIZES = [30.0, 100.0, 300.0, 1000.0]


def over_rows(seed: int, *, joined: bool = False, factors: int = 3, **how: Any) -> Any:
    found = made(seed, {"n": SIZES}, factors=np.arange(1.0, factors + 1), **how)
    if joined:  # the first two directions were measured together
        for part in ("recovery", "recovery_se"):
            found[part].values[:, 1] = found[part].values[:, 0]
    return found


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


@pytest.mark.parametrize(("stacked", "across"), [(False, 3), (True, 3), (False, 2)])
def test_picture_strip(stacked: bool, across: int) -> None:
    pictures = np.random.default_rng(0).uniform(0, 16, (3, 4, across, 5, 6))
    figure = picture_strip(pictures, [20, 150, 4000], stacked=stacked)
    assert [one.get_title() for one in figure.axes] == ["n = 20", "n = 150", "n = 4\u2009000"]
    low, high = pictures[:, :, -1].min(), pictures[:, :, -1].max()
    for block, axes in enumerate(figure.axes):
        (image,) = axes.images
        shown = np.ma.filled(np.ma.asarray(image.get_array(), float), np.nan)
        assert shown.shape == (4 * 6 - 1, across * 7 - 1)
        assert image.get_clim() == (low, high)
        assert image.get_cmap().name == "gray_r"
        assert image.origin == "upper"
        seen = np.zeros(shown.shape, dtype=bool)
        for seed in range(4):
            for column in range(across):
                part = np.s_[6 * seed : 6 * seed + 5, 7 * column : 7 * column + 6]
                np.testing.assert_array_equal(shown[part], pictures[block, seed, column])
                seen[part] = True
        assert np.isnan(shown[~seen]).all()
        names = ["A", "B", "nearest"][:across]
        assert [(one.get_text(), one.xy[0]) for one in axes.texts] == [
            (name, 7 * k + 2.5) for k, name in enumerate(names)
        ]
    places = [one.get_position() for one in figure.axes]
    if not stacked:
        assert places[0].x0 < places[1].x0 < places[2].x0
    else:
        assert places[0].x0 < places[1].x0
        assert places[2].y0 < places[0].y0
