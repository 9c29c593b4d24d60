"""Every point, line, level and label of the figures of a training."""

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
    said,
    values,
)
from tests.support.made_readouts import BLACK, ROWS, TITLES, over_rows

from twinseed.curves import figures
from twinseed.curves.curves import TwinCurves
from twinseed.drawing.style import LOOKS

pytestmark = pytest.mark.extras


LEVELS = {"memorisation_ratio": 1.0, "memorisation_share": 0.5}


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("local", [True, False])
def test_agreement_and_closeness_of_a_training(beside: bool, local: bool) -> None:
    mine = over_rows(1, joined=True)
    linear, predicted = (over_rows(2), over_rows(3, theory=True)) if beside else (None, None)
    machine = over_rows(6) if local else None
    draws: dict[Any, tuple[str, ...]] = {
        figures.training_agreement: ("convergence", "recovery"),
        figures.training_closeness: ("memorisation", *LEVELS),
    }
    for draw, names in draws.items():
        figure = draw(TwinCurves("", mine, linear, predicted, machine=machine))
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
                if local:
                    third = values(machine, name, "n", factor=factor)
                    points.append(Points(*third, look, divided=True))
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
            if local:
                keys.append(Key("score machines", look, "half"))
            if lines:
                keys.append(Key("linear, by theory", LOOKS[0]))
            keys_of(figure, panel, keys)


def test_recovery_that_was_not_measured_is_left_out() -> None:
    mine = over_rows(1)
    mine["recovery"] = mine["recovery"] * np.nan
    assert len(figures.training_agreement(TwinCurves("", mine)).axes) == 1


@pytest.mark.parametrize("beside", [True, False])
def test_spectrum_of_a_training(beside: bool) -> None:
    mine, linear = over_rows(4, factors=5), over_rows(5, factors=5)
    mine["convergence_factor"].values[0, 4] = -0.3
    mine["convergence_factor_se"].values[0, 4] = 0.1
    figure = figures.training_spectrum(TwinCurves("", mine, linear if beside else None))
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
            title=(title, "0: unrelated along this direction; 1: the same"),
            x=("direction of the held-out rows (strong to weak)", "linear"),
            lines=[Line(p.x, p.y, p.look) for p in points],
            points=points,
        )
        words = ("n = 30", "n = 100", "n = 300", "n = 1,000")
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
        words = "1.52 (dotted): a denoiser that knows only the scale of its rows; 0: no error"
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
    labels = ("n = 30", "n = 100", "n = 1,000")
    keys_of(figure, 0, [Key(one, look) for one, look in zip(labels, LOOKS, strict=False)])


def test_of_many_sizes_six_are_drawn_from_the_smallest_to_the_largest() -> None:
    sizes = list(range(10, 110, 10))
    losses = {f"{n}-0-a": [(1, float(n)), (2, 1.0)] for n in sizes}
    figure = figures.training_losses(losses)
    first = [line.get_ydata()[0] for line in figure.axes[0].lines]
    assert first == [10, 30, 50, 60, 80, 100]
    words = [one.get_text() for one in figure.legends[0].get_texts()]
    assert words == [f"n = {n:.0f}" for n in first]
