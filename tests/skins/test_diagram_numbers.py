"""Every number on the page of a phase diagram, and every tile, line and colour of its figures."""

from __future__ import annotations

from typing import Any

import pytest
from tests.skins.page_parts import Page
from tests.test_diagram_drawn import filled

import twinseed as ts
from twinseed.figures import as_svg
from twinseed.figures.diagram import phase_plane, phase_values
from twinseed.phases.plane import Region
from twinseed.report.diagram import _DRAWINGS, diagram_page
from twinseed.report.page import inline_svg


@pytest.fixture(scope="module")
def diagram() -> ts.PhaseDiagram:
    return filled(ridge=0.25, d=12345, memorisation=2.5, convergence=0.35, replicates=3)


def areas(diagram: ts.PhaseDiagram) -> dict[Region, float]:
    found: dict[Region, float] = {}
    for region, tile in zip(diagram.regions, diagram.tiles, strict=True):
        found[region] = found.get(region, 0.0) + tile.size[0] * tile.size[1]
    return found


@pytest.mark.extras
def test_every_number_of_the_page(diagram: ts.PhaseDiagram) -> None:
    page = Page(diagram_page(diagram))
    share = areas(diagram)
    header = page.root.one("header").all("p")
    assert "n rows each of d = 12,345 columns and" in header[0].take()
    assert f"on {100 * share[Region.CONVERGED]:.1f} % of this plane" in header[1].take()
    table = page.table("Share of the plane")
    assert table.header == ["Region", "Of the plane", "Meaning"]
    assert table.texts == [
        [region.words, f"{100 * share[region]:.1f} %", region.meaning] for region in sorted(share)
    ]
    assert sum(float(row[1].removesuffix(" %")) for row in table.texts) == pytest.approx(100, abs=1)
    words = page.root.one("figure", id="regions").one("figcaption").take()
    assert "what its 3 draws show" in words
    assert "at least 2.5 times as much as with the closest of as many new rows (" in words
    assert "twins share at least 0.35 of a sample" in words
    theory = diagram.lines.region(diagram.gamma, diagram.strength)
    right = sum(
        tile.size[0] * tile.size[1]
        for tile, region, line in zip(diagram.tiles, diagram.regions, theory, strict=True)
        if int(region) == line
    )
    assert page.facts(0) == {
        "simulated points": f"{len(diagram.tiles)}",
        "uniform grid as sharp": f"{diagram.uniform:,}",
        "points in the region of theory": f"{right:.1%} of the plane",
        "draws that stopped before their tolerance": "0",
    }
    assert page.facts(1) == {
        "d": "12,345",
        "gamma": "0.03 to 30",
        "strength": "0.1 to 10",
        "ridge": "0.25",
        "replicates": "3",
        "memorisation": "2.5",
        "convergence": "0.35",
        "twinseed": ts.__version__,
        "seed": "0",
    }
    assert page.loose() == []


@pytest.mark.extras
def test_a_small_region_that_misleads_is_not_none(
    diagram: ts.PhaseDiagram, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = {Region.CONVERGED: 0.0002, Region(0): 0.9998}
    monkeypatch.setattr(type(diagram), "areas", small)
    page = Page(diagram_page(diagram))
    assert "on less than 0.1 % of this plane" in page.root.one("header").text
    assert page.table("Share of the plane").texts[0][1] == "less than 0.1 %"


@pytest.mark.extras
def test_the_figures_of_the_page(diagram: ts.PhaseDiagram) -> None:
    html = diagram_page(diagram)
    _, regions, values = html.split("<figure ")
    for draw, name, part in ((phase_plane, "plane", regions), (phase_values, "values", values)):
        _, words = _DRAWINGS[name]
        for form in ("wide", "narrow"):
            figure: Any = draw(diagram, stacked=form == "narrow")
            element = inline_svg(as_svg(figure, f"{name}-{form}"), f"{name}-{form}", words)
            assert f'<div class="drawing {form}">{element}</div>' in part
