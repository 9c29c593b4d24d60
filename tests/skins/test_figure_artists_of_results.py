"""Every point, line, band, bar and label of the figures of audits, trainings and plans."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tests.skins.artists import (
    Band,
    Key,
    Level,
    Line,
    Points,
    Stairs,
    check_panel,
    keys_of,
    said,
    values,
)
from tests.skins.made_audits import made_audit
from tests.skins.test_figure_artists import BLACK, ROWS, TITLES, over_rows

from twinseed.auditing.figures import audit_margins, audit_recovery, audit_spectrum
from twinseed.curves import figures
from twinseed.drawing.style import GREY, LOOKS, Look
from twinseed.planning.bands import Band as Planned
from twinseed.planning.figures import plan_curves

pytestmark = pytest.mark.extras

ONE, LINEAR, THEORY = LOOKS[:3]


@pytest.mark.parametrize("stacked", [False, True])
def test_margins_of_an_audit(stacked: bool) -> None:
    draw = np.random.default_rng(0)
    scores = {"a": draw.normal(0.3, 0.4, 400), "b": draw.normal(-0.1, 0.3, 300)}
    linear = {"b": draw.normal(0.0, 0.2, 700), "a": draw.normal(0.05, 0.25, 800)}
    scores["a"][:2] = math.inf, -math.inf
    figure = audit_margins(scores, linear, stacked=stacked)
    every = np.concatenate([*scores.values(), *linear.values()])
    reach = np.quantile(np.abs(every[np.isfinite(every)]), 0.999)
    edges = np.linspace(-reach, reach, 49)
    for panel, name in enumerate("ab"):
        found = []
        for score, look, filled in ((scores, ONE, True), (linear, LINEAR, False)):
            inside = np.clip(score[name], -reach, reach)
            shares = np.histogram(inside, edges)[0] / score[name].size
            assert shares.sum() == pytest.approx(1.0)
            found.append(Stairs(shares, np.exp(edges), look, filled))
        axes = figure.axes[panel]
        check_panel(
            axes,
            title=(
                f"Samples of generator {name.upper()}",
                "right: closer to training; compare with the dashed line",
            ),
            x=("times closer to a training row than to any other", "log"),
            y=("share of samples", "linear"),
            stairs=found,
            levels=[Level(1.0, True)],
        )
        assert axes.get_xlim() == pytest.approx((np.exp(-reach), np.exp(reach)))
        assert axes.get_ylim()[0] == 0.0
        ticks = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        assert all(float(label.get_text()) == tick for tick, label in ticks)
        assert 1.0 in axes.get_xticks()
        keys_of(figure, panel, [Key("samples", ONE, "patch"), Key("matched linear model", LINEAR)])


def around(x: Any, numbers: Any, look: Look, hollow: bool = False) -> Points:
    """Return points with intervals that are not symmetric."""
    value, low, high = (np.array([getattr(one, p) for one in numbers]) for p in PARTS)
    return Points(x, value, [value - low, high - value], look, hollow)


PARTS = ("value", "low", "high")


@pytest.mark.parametrize("stacked", [False, True])
def test_spectrum_of_an_audit(stacked: bool) -> None:
    found = made_audit().agreement
    figure = audit_spectrum(found, stacked=stacked)
    middle = [math.sqrt(one.first * one.last) for one in found.spectrum]
    check_panel(
        figure.axes[0],
        title=("Agreement along each direction", "0: the twins are unrelated; 1: they agree"),
        x=("principal direction of the real data (strong to weak)", "log"),
        lines=[Line(middle, [one.predicted for one in found.spectrum], THEORY)],
        points=[
            around(middle, [one.linear for one in found.spectrum], LINEAR, True),
            around(middle, [one.measured for one in found.spectrum], ONE),
        ],
        unit=True,
    )
    keys = [
        Key("these twins", ONE, "points"),
        Key("matched linear model", LINEAR, "hollow"),
        Key("the same, by theory", THEORY),
    ]
    keys_of(figure, 0, keys)


@pytest.mark.parametrize("stacked", [False, True])
def test_recovery_of_an_audit(stacked: bool) -> None:
    factors = made_audit().factors
    figure = audit_recovery(factors, stacked=stacked)
    (axes,) = figure.axes
    dashes = [one for one in axes.lines if one.get_marker() == "_"]
    seen = [one.predicted * one.ceiling.value for one in factors]
    (dash,) = dashes
    np.testing.assert_allclose(dash.get_xdata(), [1, 2, 3, 4])
    np.testing.assert_allclose(dash.get_ydata(), seen)
    assert (dash.get_color(), dash.get_linestyle()) == (THEORY.colour, "None")
    dash.remove()
    sides = [(one.number - 0.35, one.number + 0.35) for one in factors]
    tops = [one.ceiling for one in factors]
    place = np.arange(1, 5)
    check_panel(
        axes,
        title=("Overlap with the data's factors", "grey line: what a perfect generator shows"),
        x=("factor of the held-out data (strong to weak)", "linear"),
        lines=[
            Line(side, [top.value] * 2, Look(GREY, "-", ""))
            for side, top in zip(sides, tops, strict=True)
        ],
        bands=[
            Band(side, [top.low] * 2, [top.high] * 2, GREY)
            for side, top in zip(sides, tops, strict=True)
        ],
        points=[
            around(place + 0.12, [one.linear for one in factors], LINEAR, True),
            around(place - 0.12, [one.measured for one in factors], ONE),
        ],
        unit=True,
    )
    ticks = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
    assert [(tick, label.get_text()) for tick, label in ticks] == [(k, str(k)) for k in place]
    legend = figure.legends[0]
    words = ["these generators", "matched linear model", "the same, by theory"]
    assert [one.get_text() for one in legend.get_texts()] == words
    last = legend.legend_handles.pop()
    assert (last.get_marker(), last.get_color()) == ("_", THEORY.colour)
    legend.get_texts().pop()
    looks = [(one.get_color(), one.get_markerfacecolor()) for one in legend.legend_handles]
    assert looks == [(ONE.colour, ONE.colour), (LINEAR.colour, "white")]


@pytest.mark.parametrize("stacked", [False, True])
def test_curves_of_a_plan(stacked: bool) -> None:
    n, draw, bands = np.array([20.0, 80.0, 500.0, 4000.0]), np.random.default_rng(0), {}
    for name in ("recovery", "convergence", "memorisation_ratio", "memorisation_share"):
        middle = draw.uniform(0.3, 0.6, (4, 5) if name == "recovery" else 4)
        low, high = middle - draw.uniform(0.1, 0.2), middle + draw.uniform(0.1, 0.3)
        bands[name] = Planned(n, middle, low, high, np.full(middle.shape, "ok"), n / 80)
    figure = plan_curves(bands, 77, stacked=stacked)
    for panel, name in enumerate(("convergence", "recovery", "memorisation_ratio")):
        band = bands[name]
        parts = [np.reshape(part, (4, -1)).T for part in (band.value, band.low, band.high)]
        several = list(zip(*parts, LOOKS, strict=False))[:4]
        check_panel(
            figure.axes[panel],
            title=TITLES[name],
            x=ROWS,
            lines=[Line(n, value, look) for value, _, _, look in several],
            bands=[Band(n, low, high, look.colour) for _, low, high, look in several],
            levels=[Level(77, True), *([Level(1.0)] if name == "memorisation_ratio" else [])],
            unit=name != "memorisation_ratio",
        )
        words = [f"factor {k}" for k in (1, 2, 3, 4)] if name == "recovery" else ["planned"]
        keys = [Key(one, look) for one, look in zip(words, LOOKS, strict=False)]
        keys_of(figure, panel, keys)


LEVELS = {"memorisation_ratio": 1.0, "memorisation_share": 0.5}


@pytest.mark.parametrize("beside", [True, False])
def test_agreement_and_closeness_of_a_training(beside: bool) -> None:
    mine = over_rows(1, joined=True)
    linear, predicted = (over_rows(2), over_rows(3, theory=True)) if beside else (None, None)
    draws: dict[Any, tuple[str, ...]] = {
        figures.training_agreement: ("convergence", "recovery"),
        figures.training_closeness: ("memorisation", *LEVELS),
    }
    for draw, names in draws.items():
        figure = draw(mine, linear, predicted)
        assert len(figure.axes) == len(names)
        for panel, name in enumerate(names):
            several = name == "recovery"
            chosen = {"directions 1 to 2": 1, "direction 3": 3} if several else {"": 1}
            lines, points, keys = [], [], []
            for (words, factor), look in zip(chosen.items(), LOOKS, strict=False):
                if several:
                    keys.append(Key(words, look, "points"))
                if beside and name != "memorisation" and words != "directions 1 to 2":
                    lines.append(Line(*values(predicted, name, "n", factor=factor)[:2], look))
                if beside:
                    points.append(Points(*values(linear, name, "n", factor=factor), look, True))
                points.append(Points(*values(mine, name, "n", factor=factor), look))
            check_panel(
                figure.axes[panel],
                title=TITLES[name],
                x=ROWS,
                lines=lines,
                points=points,
                levels=[Level(LEVELS[name])] if name in LEVELS else [],
                unit=name != "memorisation_ratio",
            )
            look = BLACK if several else LOOKS[0]
            keys.append(Key("these twins", look, "points"))
            if beside:
                keys.append(Key("linear twins, same rows", look, "hollow"))
            if lines:
                keys.append(Key("linear, by theory", LOOKS[0]))
            keys_of(figure, panel, keys)


def test_recovery_that_was_not_measured_is_left_out() -> None:
    mine = over_rows(1)
    mine["recovery"] = mine["recovery"] * np.nan
    assert len(figures.training_agreement(mine, None, None).axes) == 1


@pytest.mark.parametrize("beside", [True, False])
def test_spectrum_of_a_training(beside: bool) -> None:
    mine, linear = over_rows(4, factors=5), over_rows(5, factors=5)
    mine["convergence_factor"].values[0, 4] = -0.3
    mine["convergence_factor_se"].values[0, 4] = 0.1
    figure = figures.training_spectrum(mine, linear if beside else None)
    drawn = {"These twins": mine} | ({"Linear twins of the same rows": linear} if beside else {})
    assert len(figure.axes) == len(drawn)
    for panel, (title, one) in enumerate(drawn.items()):
        axes = figure.axes[panel]
        points = [
            Points(*values(one, "convergence_factor", "factor", n=n), look)
            for n, look in zip((30, 100, 300, 1000), LOOKS, strict=False)
        ]
        low = min(0.0, min(float(np.min(p.y - np.asarray(p.half))) for p in points))
        assert axes.get_ylim() == pytest.approx((low - 0.04, 1.04))
        axes.set_ylim(-0.04, 1.04)
        check_panel(
            axes,
            title=(title, "agreement along it; 0: unrelated; 1: the same"),
            x=("principal direction of the held-out rows (strong to weak)", "linear"),
            lines=[Line(p.x, p.y, p.look) for p in points],
            points=points,
        )
        words = ("n = 30", "n = 100", "n = 300", "n = 1\u2009000")
        keys = [Key(one, look, "points") for one, look in zip(words, LOOKS, strict=False)]
        keys_of(figure, panel, keys)
        assert said(axes) == []


@pytest.mark.parametrize("reference", [None, 1.52])
def test_losses_of_a_training(reference: float | None) -> None:
    sizes = (1000, 30, 100)
    losses = {
        f"{n}-{pair}-{side}": [(k, 5.0 / k + n / 7 + pair + (side == "b") / 3) for k in (1, 9, 50)]
        for n in sizes
        for pair in (0, 1)
        for side in "ab"
    }
    figure = figures.training_losses(losses, reference=reference)
    looks = dict(zip(sorted(sizes), LOOKS, strict=False))
    words = "mean over the last steps; lower is better"
    if reference:
        words = "1.52 (dotted): knows only the scale of its rows; 0: no error"
    check_panel(
        figure.axes[0],
        title=("Loss on the twins' own rows", words),
        x=("step of training", "linear"),
        lines=[
            Line(*zip(*curve, strict=True), looks[int(name.split("-")[0])])
            for name, curve in losses.items()
        ],
        levels=[Level(reference)] if reference else [],
    )
    labels = ("n = 30", "n = 100", "n = 1\u2009000")
    keys_of(figure, 0, [Key(one, look) for one, look in zip(labels, LOOKS, strict=False)])


def test_of_many_sizes_six_are_drawn_from_the_smallest_to_the_largest() -> None:
    sizes = list(range(10, 110, 10))
    losses = {f"{n}-0-a": [(1, float(n)), (2, 1.0)] for n in sizes}
    figure = figures.training_losses(losses)
    first = [line.get_ydata()[0] for line in figure.axes[0].lines]
    assert first == [10, 30, 50, 60, 80, 100]
    words = [one.get_text() for one in figure.legends[0].get_texts()]
    assert words == [f"n = {n:.0f}" for n in first]
