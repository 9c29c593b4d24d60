"""Every number on the page of a plan."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.made_plans import ASKED, NEEDED, WANTED, made_plan, plan_cell
from tests.support.page_parts import Page

import twinseed as ts
from twinseed.drawing import as_svg
from twinseed.pages.page import inline_svg
from twinseed.planning.figures import plan_curves
from twinseed.planning.page import plan_page


@pytest.mark.extras
def test_every_number_of_a_plan() -> None:
    plan, n = made_plan(), [40, 80, 1600]
    page = Page(plan_page(plan, NEEDED, n))
    assert page.root.one("header").one("p").take() == "Planned from 40 rows of 60 columns."
    wanted = page.table("Training rows of each model, with a 90 % interval")
    assert wanted.header == ["Target", "Training rows", "Status"]
    assert wanted.texts == [
        [name, text, one.status] for name, one, text in zip(ASKED, NEEDED, WANTED, strict=True)
    ]
    table = page.table("Each number with its 90 % band")
    bands = plan.bands(n)
    count = min(plan.population.factors.size, 3)
    names = ["convergence", "memorisation_ratio", "memorisation_share"]
    assert count > 0
    assert table.header == [
        "n",
        "x pilot",
        *(name.replace("_", " ") for name in names),
        *(f"recovery {k + 1}" for k in range(count)),
        "status",
    ]
    for i, row in enumerate(table.texts):
        cells = [plan_cell(bands[name], (i,)) for name in names]
        cells += [plan_cell(bands["recovery"], (i, k)) for k in range(count)]
        assert row == [f"{n[i]:,}", f"{n[i] / 40:.3g}", *cells, "ok"]
    for place, sentences in enumerate((plan.method(), plan.limits())):
        listed = page.root.one("main").all("ul")[place]
        listed.taken = True
        assert [one.text for one in listed.all("li")] == sentences
    constant = str(plan.population.constant_columns)
    assert page.facts(0) == {
        "rows": "40",
        "columns": "60",
        "constant columns": constant,
        "repeated rows": "0",
        "unevenness": "1.235",
        "heaviest": "3",
        "effective dimension": f"{plan.population.effective_dimension(60):.4g}",
    }
    assert page.facts(1) == {
        "twinseed": ts.__version__,
        "seed": "5 6",
        "resamples": "23",
        "splits": "17",
        "calibration c": "1.375",
        "filter": "Ridge(strength=0.25)",
    }
    assert page.loose() == []
    grid = np.unique(np.rint(np.geomspace(20, 1600, 25)))
    for form in ("wide", "narrow"):
        svg = as_svg(
            plan_curves(plan.bands(grid), 40, NEEDED, groups=plan.groups, stacked=form == "narrow"),
            f"plan-{form}",
        )
        (words,) = {one.attrs["aria-label"] for one in page.root.all("svg")}
        element = inline_svg(svg, f"plan-{form}", words)
        assert f'<div class="drawing {form}">{element}</div>' in page.html


@pytest.mark.extras
def test_a_plan_without_targets_has_no_table_of_them() -> None:
    page = Page(plan_page(made_plan()))
    assert [one.one("caption").text[:11] for one in page.root.all("table")] == ["Each number"]
    expected = [f"{40 * times:,}" for times in (1, 2, 4, 8, 16, 32)]
    assert [row[0] for row in page.table("Each number").texts] == expected
