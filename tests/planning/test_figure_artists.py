"""Every line, band, level and label of the figure of a plan."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.artists import (
    Band,
    Key,
    Level,
    Line,
    Points,
    check_panel,
    keys_of,
)
from tests.support.made_readouts import ROWS, TITLES

from twinseed.drawing.style import INK, LOOKS, Look
from twinseed.planning.bands import Band as Planned
from twinseed.planning.figures import plan_curves
from twinseed.planning.needed import RowsNeeded

pytestmark = pytest.mark.extras

DOT = Look(INK, "-", "o")


@pytest.mark.parametrize("stacked", [False, True])
def test_curves_of_a_plan(stacked: bool) -> None:
    n, draw, bands = np.array([20.0, 80.0, 500.0, 4000.0]), np.random.default_rng(0), {}
    for name in ("recovery", "convergence", "memorisation_ratio", "memorisation_share"):
        middle = draw.uniform(0.3, 0.6, (4, 5) if name == "recovery" else 4)
        low, high = middle - draw.uniform(0.1, 0.2), middle + draw.uniform(0.1, 0.3)
        bands[name] = Planned(n, middle, low, high, np.full(middle.shape, "ok"), n / 80)
    needed = [
        RowsNeeded(0.45, 300.0, 200.0, 700.0, "ok", 3.9),
        RowsNeeded(0.55, 900.0, 500.0, 9000.0, "ok", 11.7, "recovery", 2),
        RowsNeeded(0.99, 5000.0, 4000.0, 6000.0, "ok", 64.9),
    ]
    marks = {
        "convergence": [Points([300], [0.45], 0.0, DOT, across=[[100.0], [400.0]])],
        "recovery": [Points([900], [0.55], 0.0, DOT, across=[[400.0], [3100.0]])],
    }
    asked = {"convergence": [Level(0.45), Level(0.99)], "recovery": [Level(0.55)]}
    figure = plan_curves(bands, 77, needed, stacked=stacked)
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
            points=marks.get(name, []),
            levels=[
                *asked.get(name, []),
                Level(77, True),
                *([Level(1.0)] if name == "memorisation_ratio" else []),
            ],
            unit=name != "memorisation_ratio",
        )
        words = [f"factor {k}" for k in (1, 2, 3, 4)] if name == "recovery" else ["planned"]
        keys = [Key(one, look) for one, look in zip(words, LOOKS, strict=False)]
        keys_of(figure, panel, keys)


def test_factors_of_one_group_have_one_curve() -> None:
    n, bands = np.array([20.0, 500.0]), {}
    for name in ("recovery", "convergence", "memorisation_ratio"):
        middle = np.array([[0.4, 0.4, 0.2], [0.8, 0.8, 0.6]])
        if name != "recovery":
            middle = middle[:, 0]
        status = np.full(middle.shape, "ok")
        bands[name] = Planned(n, middle, middle - 0.1, middle + 0.1, status, n / 80)
    figure = plan_curves(bands, 77, groups=[slice(0, 2), slice(2, 3)])
    lines = [one.get_ydata() for one in figure.axes[1].lines if len(one.get_ydata()) == 2]
    drawn = [list(one) for one in lines]
    assert [0.4, 0.8] in drawn
    assert [0.2, 0.6] in drawn
    assert drawn.count([0.4, 0.8]) == 1
    keys_of(figure, 1, [Key("factors 1 to 2", LOOKS[0]), Key("factor 3", LOOKS[1])])
