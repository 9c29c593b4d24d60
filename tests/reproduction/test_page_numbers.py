"""Every number on the page of a reproduction."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.reproduction.small_reproduction import (
    CLAIMS,
    small_readouts,
    small_reproduction,
)
from tests.support.page_parts import Page, printed, svg_of

from twinseed.drawing.strip import picture_strip
from twinseed.pages.captions import caption
from twinseed.reproduction import Reproduction, figures
from twinseed.reproduction.page import write_reproduction

NAN, INF = math.nan, math.inf


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
    assert page.title == "twinseed: 6 of 8 claims agree"
    wrong = [claim for claim in CLAIMS if claim.name in ("wrong", "lost")]
    verdict = page.root.one("div", cls="verdict")
    assert verdict.classes == ["verdict", "bad"]
    words = verdict.one("strong").take()
    assert words == "✗ 2 of 8 claims do not agree with what was measured:"
    links = verdict.all("a")
    assert [one.text for one in links] == [claim.sentence for claim in wrong]
    table = page.table("8 claims; intervals are 95 %")
    assert table.header == ["Claim", "Predicted", "Measured", "Allowance", "Verdict"]
    ordered = [CLAIMS[k] for k in (0, 2, 1, 3, 4, 5, 6, 7)]
    wrong_mark = "✗ does not agree"
    verdicts = {
        **{"wrong": wrong_mark, "lost": wrong_mark},
        **{"near": "✓ agrees within 3 standard errors", "off": "✓ agrees with its allowance"},
    }
    expected = []
    for one in ordered:
        half = (one.high - one.low) / 2
        allowance = "0"
        if one.allowance:
            allowance = f"{one.allowance:.2g} ({100 * one.allowance / one.predicted:.2f} %)"
            allowance += f" | {one.reason}" if one.reason else ""
        low, high = printed(one.low, half), printed(one.high, half)
        expected.append(
            [
                one.sentence,
                f"{one.bound} {printed(one.predicted, half)}".strip(),
                f"{printed(one.measured, half)} | {low} to {high}",
                allowance,
                verdicts.get(one.name, "✓ agrees"),
            ]
        )
    assert table.texts == expected
    marks = [row[-1].one("span").classes for row in table.rows]
    good, bad = ["mark", "good"], ["mark", "bad"]
    assert marks == [good, bad, good, bad, good, good, good, good]
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
            "picture_strip": picture_strip(*strip, **how),
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
    assert verdict.text == (
        "✓ All 2 claims agree with what was measured. 2 claims: 2 within the 95 % interval."
    )
    assert page.title == "twinseed: 2 of 2 claims agree"


# The page of a training
