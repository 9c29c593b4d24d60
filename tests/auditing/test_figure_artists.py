"""Every point, line, band, bar and label of the figures of an audit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tests.support.artists import (
    Band,
    Key,
    Level,
    Line,
    Points,
    Stairs,
    check_panel,
    keys_of,
)
from tests.support.made_audits import made_audit

from twinseed.auditing.figures import audit_margins, audit_recovery, audit_spectrum
from twinseed.drawing.style import GREY, LOOKS, Look

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
                f"Generator {name.upper()}: does it copy?",
                "bars far right of the dashed line: copies",
            ),
            x=("times closer to training rows than to other rows", "log"),
            y=("share of samples", "log"),
            stairs=found,
            levels=[Level(1.0, True)],
        )
        assert axes.get_xlim() == pytest.approx((np.exp(-reach), np.exp(reach)))
        assert axes.get_ylim() == pytest.approx((0.5 / scores[name].size, 1.0))
        told = axes.yaxis.get_major_formatter()
        assert [told(share, 0) for share in (0.001, 0.1, 1.0)] == ["0.1 %", "10 %", "100 %"]
        ticks = zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)
        assert all(float(label.get_text()) == tick for tick, label in ticks)
        assert 1.0 in axes.get_xticks()
        honest = "honest linear model of the same rows"
        keys_of(figure, panel, [Key("samples", ONE, "patch"), Key(honest, LINEAR)])


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
        title=("Overlap with the data's factors", "grey line: the overlap of a perfect generator"),
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
            around(place - 0.12, [one.overlap for one in factors], ONE),
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
