"""Every number on the pages of plans, reproductions, trainings and phase diagrams."""

from __future__ import annotations

import base64
import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.reproduction.small_reproduction import measured, small_readouts, small_reproduction
from tests.skins.page_parts import MISSING, Page, printed, ranged

import twinseed as ts
from twinseed.curves import figures as drawn
from twinseed.curves.curves import TwinCurves, sentences
from twinseed.curves.page import curves_page, write_training
from twinseed.drawing import as_png, as_svg
from twinseed.drawing.strip import picture_strip
from twinseed.intervals import Z95
from twinseed.pages.captions import caption
from twinseed.pages.page import data_uri, inline_svg, interval, rounded
from twinseed.planning import Plan
from twinseed.planning.bands import Band, RowsNeeded
from twinseed.planning.figures import plan_curves
from twinseed.planning.page import plan_page
from twinseed.reproduction import Claim, Reproduction, figures
from twinseed.reproduction.page import write_reproduction

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (0.72051, 0.042, "0.721"),
        (0.72051, 0.42, "0.72"),
        (0.72051, 0.0999, "0.721"),
        (0.72051, 0.1, "0.72"),
        (17.26, 4.2, "17.3"),
        (172.6, 42.0, "173"),
        (1726.4, 420.0, "1726"),
        (0.123456789123, 1e-12, "0.12345679"),
        (-0.0004, 0.05, "0.000"),
        (0.720511, 0.0, "0.7205"),
        (0.720511, NAN, "0.7205"),
        (0.720511, INF, "0.7205"),
        (123456.0, 0.0, "1.235e+05"),
        (NAN, 0.1, MISSING),
        (INF, 0.0, MISSING),
        (None, 0.0, MISSING),
    ],
)
def test_a_number_is_rounded_to_two_digits_of_its_error(
    value: float | None, half: float, text: str
) -> None:
    assert rounded(value, half) == text
    if value is not None:
        assert printed(value, half) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.7123, 0.7287, "0.7123 to 0.7287"),
        (0.7, 0.9, "0.70 to 0.90"),
        (1.0, 1.0, "1 to 1"),
        (-0.001, 0.299, "0.00 to 0.30"),
        (0.9, INF, f"0.9 to {MISSING}"),
        (None, 1.0, MISSING),
        (0.0, None, MISSING),
    ],
)
def test_an_interval_is_rounded_to_two_digits_of_its_half_width(
    low: float | None, high: float | None, text: str
) -> None:
    assert interval(low, high) == text


def svg_of(figure: Any, name: str, form: str, words: str) -> str:
    return inline_svg(as_svg(figure, name), f"{name}-{form}", words)


# The page of a plan


def made_plan(factors: int = 3) -> Plan:
    """Return a plan whose curves are made up; no two numbers are equal."""
    population = ts.estimate_population(
        ts.Spiked([9.0, 4.0]).sample(40, 60, np.random.default_rng(0))
    )
    plan = Plan(
        population, (population,) * 23, ts.Ridge(0.25), pilot_rows=40, unevenness=1.2345678,
        entropy=(5, 6),
    )  # fmt: skip

    def bands(n: Any) -> dict[str, Band]:
        rows = np.atleast_1d(np.asarray(n, dtype=np.float64))
        found = {}
        for k, name in enumerate(
            ("convergence", "memorisation_ratio", "memorisation_share", "recovery")
        ):
            shape = rows.shape if name != "recovery" else (*rows.shape, factors)
            middle = np.random.default_rng(k).uniform(0.3, 0.6, shape)
            low, high = middle - 0.1 - 0.01 * middle, middle + 0.2 + 0.05 * middle
            status = np.full(shape, "ok")
            found[name] = Band(rows, middle, low, high, status, rows / 40)
        return found

    plan.bands = bands  # type: ignore[method-assign]  # numbers of our own
    return plan


NEEDED = {
    "convergence 0.9": RowsNeeded(0.9, 1234.0, 987.0, 5678.0, "extrapolated", 30.85),
    "recovery 0.8 of factor 2": RowsNeeded(0.8, 35.0, 31.0, INF, "ok", 0.875),
    "recovery 0.99 of factor 1": RowsNeeded(0.99, NAN, NAN, NAN, "not identifiable", NAN),
}
WANTED = ["1,234 (987 to 5,678)", "35 (31 to no end)", "not identifiable"]


@pytest.mark.extras
def test_every_number_of_a_plan() -> None:
    plan, n = made_plan(), [40, 80, 1600]
    page = Page(plan_page(plan, NEEDED, n))
    assert page.root.one("header").one("p").take() == "Planned from 40 rows of 60 columns."
    wanted = page.table("Training rows of each model, with a 90 % interval")
    assert wanted.header == ["Target", "Training rows", "Status"]
    assert wanted.texts == [
        [name, text, one.status] for (name, one), text in zip(NEEDED.items(), WANTED, strict=True)
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
    ]
    for i, row in enumerate(table.texts):
        parts = [[getattr(bands[name], part)[i] for part in PARTS] for name in names]
        parts += [[getattr(bands["recovery"], part)[i, k] for part in PARTS] for k in range(count)]
        cells = [f"{value:.3f} ({low:.3f}-{high:.3f})" for value, low, high in parts]
        assert row == [f"{n[i]:,}", f"{n[i] / 40:.3g}", *cells]
    listed = page.root.one("main").all("ul")[0]
    listed.taken = True
    assert [one.text for one in listed.all("li")] == plan.limits()
    constant = str(plan.population.constant_columns)
    assert page.facts(0) == {
        "rows": "40",
        "columns": "60",
        "constant columns": constant,
        "unevenness": "1.235",
    }
    assert page.facts(1) == {
        "twinseed": ts.__version__,
        "seed": "5 6",
        "resamples": "23",
        "filter": "Ridge(strength=0.25)",
    }
    assert page.loose() == []
    grid = np.unique(np.rint(np.geomspace(20, 1600, 25)))
    for form in ("wide", "narrow"):
        svg = as_svg(plan_curves(plan.bands(grid), 40, stacked=form == "narrow"), f"plan-{form}")
        (words,) = {one.attrs["aria-label"] for one in page.root.all("svg")}
        element = inline_svg(svg, f"plan-{form}", words)
        assert f'<div class="{form}">{element}</div>' in page.html


PARTS = ("value", "low", "high")


@pytest.mark.extras
def test_a_plan_without_targets_has_no_table_of_them() -> None:
    page = Page(plan_page(made_plan(), {}))
    assert [one.one("caption").text[:11] for one in page.root.all("table")] == ["Each number"]
    expected = [f"{40 * times:,}" for times in (1, 2, 4, 8, 16, 32)]
    assert [row[0] for row in page.table("Each number").texts] == expected


# The page of a reproduction

CLAIMS = (
    Claim("q", "q is .72 at <n> = d.", 0.7205, 0.7183, 0.7167, 0.7211, 0.005, "of order", "drawn"),
    Claim("copies", "Copies are seen.", 1.0, 1.0, 1.0, 1.0, 1e-9, "", "control"),
    Claim("wrong", "A wrong one.", 2.0, 1.0, 0.9, 1.2, 0.01, "", "drawn"),
    Claim("lost", "One without a number.", 0.4, NAN, NAN, NAN, 0.02, "why", "control"),
    Claim("few", "One of few draws.", 33.0, 35.0, 25.0, 51.0, 0.5, "", "rows"),
)  # fmt: skip
SHOWN = {"agreement_is_blind": 2, "controls": 2, "picture_strip": 2}


@pytest.fixture(scope="module")
def reproduction() -> Reproduction:
    small = small_reproduction(claims=CLAIMS)
    kept = {key: data for key, data in small.readouts.items() if key.startswith(("blind", "contr"))}
    settings = {
        "quick": False,
        "entropy": [3, 4],
        "tolerance": 0.000125,
        "sizes": {"loads": (0.1, 1.0), "d": 400, "largest_first": True},
    }
    return dataclasses.replace(small, readouts=kept, settings=settings)


@pytest.fixture(scope="module")
def reproduced(reproduction: Reproduction, tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = write_reproduction(reproduction, tmp_path_factory.mktemp("reproduced"))
    return Page(path.read_text(encoding="utf-8"))


@pytest.mark.extras
def test_every_number_of_a_reproduction(reproduced: Page, reproduction: Reproduction) -> None:
    page = reproduced
    assert page.title == "twinseed: 3 of 5 claims agree"
    wrong = [claim for claim in CLAIMS if claim.name in ("wrong", "lost")]
    verdict = page.root.one("div", cls="verdict")
    assert verdict.classes == ["verdict", "bad"]
    words = verdict.one("strong").take()
    assert words == "✗ 2 of 5 claims do not agree with what was measured:"
    links = verdict.all("a")
    assert [one.text for one in links] == [claim.sentence for claim in wrong]
    table = page.table("5 claims; intervals are 95 %")
    assert table.header == ["Claim", "Predicted", "Measured", "Allowance", "Verdict"]
    ordered = [CLAIMS[k] for k in (0, 2, 1, 3, 4)]
    expected = []
    for one in ordered:
        half = (one.high - one.low) / 2
        allowance = printed(one.allowance, half) + (f" {one.reason}" if one.reason else "")
        low, high = printed(one.low, half), printed(one.high, half)
        expected.append(
            [
                one.sentence,
                printed(one.predicted, half),
                f"{printed(one.measured, half)} | {low} to {high}",
                allowance,
                "✓ agrees" if one.name in ("q", "copies", "few") else "✗ does not agree",
            ]
        )
    assert table.texts == expected
    marks = [row[-1].one("span").classes for row in table.rows]
    good, bad = ["mark", "good"], ["mark", "bad"]
    assert marks == [good, bad, good, bad, good]
    body = page.root.one("table", cls="claims")
    heads = [one.text for one in body.all("th", scope="rowgroup")]
    assert heads == [f"Measured on: {source}" for source in ("drawn", "control", "rows")]
    rows = {row.attrs["id"]: row for row in body.all("tr") if "id" in row.attrs}
    for link, claim in zip(links, wrong, strict=True):
        row = rows[link.attrs["href"].removeprefix("#")]
        assert row.all("td")[0].text == claim.sentence
        assert row.classes == ["fails"]
    assert sum(row.classes == ["fails"] for row in rows.values()) == len(wrong)
    assert page.facts(0) == {"quick": "no", "entropy": "3, 4", "tolerance": "0.000125"}
    assert page.facts(1) == {"loads": "0.1, 1", "d": "400", "largest first": "yes"}
    heads = [one.text for one in page.root.all("h3") if one.text in ("Run", "Sizes", "Versions")]
    assert heads == ["Run", "Sizes", "Versions"]
    at = next(iter(reproduction.readouts.values())).attrs
    names = ("twinseed", "python", "numpy", "scipy")
    assert page.facts(2) == {name: str(at[name]) for name in names}
    for name in SHOWN:
        figure = page.figure(name)
        said = figure.one("figcaption").all("p")[-1].text
        assert said.endswith(f" Files: figures/{name}.png, .svg")
    assert page.loose() == []


@pytest.mark.extras
def test_each_figure_of_a_reproduction_is_its_own(
    reproduced: Page, reproduction: Reproduction
) -> None:
    order = ["agreement_is_blind", "picture_strip", "controls"]
    assert [one.attrs["id"] for one in reproduced.root.all("figure")] == order
    links = reproduced.root.one("nav").all("a")
    assert [(one.attrs["href"], one.text) for one in links] == [
        ("#claims", "Claims"),
        *((f"#{name}", caption(name).title) for name in order),
        ("#settings", "Settings"),
    ]
    data = reproduction.readouts
    theory, drawn = (
        {s: data[f"blind_{kind}_{s}"] for s in ("0.7", "1.5", "3")}
        for kind in ("theory", "simulated")
    )
    rows = {"memoriser": data["control_memoriser"], "fresh data": data["control_fresh"]}
    strip = reproduction.pictures["strip"], list(reproduction.pictures["sizes"])
    for form in ("wide", "narrow"):
        how = {"stacked": form == "narrow"}
        expected = {
            "agreement_is_blind": figures.agreement_is_blind(theory, drawn, **how),
            "controls": figures.controls(rows, **how),
        }
        for name, figure in expected.items():
            element = svg_of(figure, name, form, caption(name).alternative)
            (found,) = [
                one
                for one in reproduced.root.one("figure", id=name).all("div", cls=form)
                if len(one.all("svg")) == 1
            ]
            assert found.classes == ["drawing", form]
            assert element in reproduced.html
        dpi = {} if form == "wide" else {"dpi": 150.0}
        picture = data_uri(as_png(picture_strip(*strip, **how), **dpi))
        (image,) = reproduced.root.one("figure", id="picture_strip").one("div", cls=form).all("img")
        assert image.attrs["src"] == picture


@pytest.mark.extras
def test_figures_of_a_reproduction_get_the_readouts_of_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from twinseed.reproduction import gallery

    for name in ("power_law", "ridge_path", "load_curves", "real_data"):
        monkeypatch.setattr(gallery.figures, name, lambda *data, **how: data)
    data = {**small_readouts(), "simulated_load_d1000": small_readouts()["simulated_load_d400"]}
    found = {one.name: one.draw() for one in gallery.drawings(small_reproduction(readouts=data))}

    def same(left: Any, right: Any) -> bool:
        if isinstance(left, Mapping):
            return list(left) == list(right) and all(left[key] is right[key] for key in left)
        return left is right

    for prefix, labels in (("power_law", ("0.5", "1", "1.5")), ("ridge_path", ("2", "5", "10"))):
        for part, kind in zip(found[prefix], ("theory", "simulated"), strict=True):
            assert same(part, {label: data[f"{prefix}_{kind}_{label}"] for label in labels})
    theory, sizes = found["load_curves"]
    assert theory is data["theory_load"]
    for one, d in zip(sizes, (1000, 400, 100), strict=True):
        assert one is data[f"simulated_load_d{d}"]
    for one, kind in zip(found["real_data"], ("measured", "predicted", "gaussian"), strict=True):
        assert one is data[f"digits_{kind}"]


def test_all_claims_that_agree_are_good_news(tmp_path: Path) -> None:
    small = small_reproduction(readouts={}, pictures={}, claims=CLAIMS[:2])
    page = Page(write_reproduction(small, tmp_path).read_text(encoding="utf-8"))
    verdict = page.root.one("div", cls="verdict")
    assert verdict.classes == ["verdict", "good"]
    assert verdict.text == "✓ All 2 claims agree with what was measured."
    assert page.title == "twinseed: 2 of 2 claims agree"


# The page of a training


def made_curves(linear: bool = True, pictures: bool = True) -> TwinCurves:
    draw = np.random.default_rng(0)
    sizes = [30, 100, 1000]
    lost = measured(sizes, draw)
    lost["convergence_se"] = lost["convergence_se"] * [1.0, np.nan, 0.3]
    lost["memorisation_se"] = lost["memorisation_se"] * [1.0, 0.0, 0.5]
    other = measured(sizes, draw)
    for data, scale in ((lost, 1.0), (other, 1.7)):
        for k, name in enumerate(("convergence_null", "memorisation_ratio", "memorisation_share")):
            data[f"{name}_se"] = data[f"{name}_se"] * scale * (1.1 + k / 7)
    spectrum = draw.uniform(0.1, 0.9, (3, 3))
    lost["convergence_factor"] = ("n", "factor"), spectrum
    lost["convergence_factor_se"] = ("n", "factor"), np.full((3, 3), 0.02)
    lost["convergence_factor_status"] = ("n", "factor"), np.full((3, 3), "ok")
    return TwinCurves(
        title="Twins of 3 kinds",
        measured=lost,
        linear=other if linear else None,
        predicted=measured([30, 60, 100, 1000], draw) if linear else None,
        losses={f"{n}-0-{side}": [(1, 2.0 + n), (50, 1.0 + n)] for n in sizes for side in "ab"},
        reference_loss=1.5,
        pictures=draw.uniform(0, 1, (3, 4, 3, 8, 8)) if pictures else None,
        settings={"Plan": {"steps": "50", "batch_rows": "16"}, "Data": {"rows": "2,345"}},
        notes=("Training was short: 50 steps.",),
    )


TRAINED = {
    "convergence": "Convergence q",
    "convergence_null": "Mismatched seeds",
    "memorisation": "Memorisation m",
    "memorisation_ratio": "Ratio \N{GREEK SMALL LETTER RHO}",
    "memorisation_share": "Share closer to training",
}


@pytest.fixture(scope="module", params=[True, False], ids=["linear twins", "alone"])
def curves(request: pytest.FixtureRequest) -> TwinCurves:
    return made_curves(request.param, request.param)


@pytest.fixture(scope="module")
def trained(curves: TwinCurves, tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = write_training(curves, tmp_path_factory.mktemp("trained"))
    return Page(path.read_text(encoding="utf-8"))


@pytest.mark.extras
def test_every_number_of_a_training(trained: Page, curves: TwinCurves) -> None:
    page = trained
    header = page.root.one("header")
    assert page.title == f"twinseed: {curves.title}"
    assert header.one("h1").take() == curves.title
    verdict = header.one("div", cls="verdict")
    assert verdict.classes == ["verdict", "open"]
    assert [one.take() for one in verdict.all("p")] == sentences(curves)
    notes = header.all("p", cls="soft")
    assert [one.take() for one in notes] == list(curves.notes)
    below = "; below each number that of linear twins of the same rows" if curves.linear else ""
    table = page.table("3 sizes; with 95 % intervals")
    assert table.caption == f"3 sizes; with 95 % intervals{below}"
    assert table.header == ["Rows n", *TRAINED.values()]
    models = {"": curves.measured, "linear ": curves.linear}
    expected = []
    for i, n in enumerate(("30", "100", "1,000")):
        cells = []
        for name in TRAINED:
            words = []
            for prefix, data in models.items():
                if data is not None:
                    value, se = (float(data[name + part][i]) for part in ("", "_se"))
                    words.append(prefix + ranged(value, value - Z95 * se, value + Z95 * se))
            cells.append(" ".join(words))
        expected.append([n, *cells])
    assert table.texts == expected
    groups = [*curves.settings, "Versions"]
    assert [one.text for one in page.root.all("h3")][-3:] == groups
    assert page.facts(0) == {"steps": "50", "batch rows": "16"}
    assert page.facts(1) == {"rows": "2,345"}
    assert page.facts(2) == {"twinseed": ts.__version__}
    for figure in page.root.all("figure"):
        page.figure(figure.attrs["id"])
    assert page.loose() == []


@pytest.mark.extras
def test_each_figure_of_a_training_is_its_own(trained: Page, curves: TwinCurves) -> None:
    three = curves.measured, curves.linear, curves.predicted
    expected = {
        "training_agreement": drawn.training_agreement(*three),
        "training_closeness": drawn.training_closeness(*three),
        "training_spectrum": drawn.training_spectrum(*three[:2]),
        "training_pictures": None,
        "training_losses": drawn.training_losses(curves.losses, reference=1.5),
    }
    if curves.pictures is None:
        del expected["training_pictures"]
    names = [one.attrs["id"] for one in trained.root.all("figure")]
    assert names == list(expected)
    links = [one.attrs["href"] for one in trained.root.one("nav").all("a")]
    assert links == [*(f"#{name}" for name in names), "#numbers", "#settings"]
    for name, figure in expected.items():
        if figure is not None:
            assert svg_of(figure, name, "wide", caption(name).alternative) in trained.html
    if curves.pictures is not None:
        picture = as_png(picture_strip(curves.pictures, [30.0, 100.0, 1000.0]))
        assert base64.b64encode(picture).decode() in trained.html


@pytest.mark.extras
def test_a_page_alone_names_no_files() -> None:
    page = curves_page(made_curves(pictures=False))
    assert "Files: figures/" not in page
