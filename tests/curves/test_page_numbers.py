"""Every number on the page of a training."""

from __future__ import annotations

import pytest
from tests.support.made_curves import made_curves
from tests.support.page_parts import Page, ranged, svg_of

import twinseed as ts
from twinseed.curves import figures as drawn
from twinseed.curves.curves import TwinCurves, sentences
from twinseed.curves.page import curves_page, write_training
from twinseed.drawing.strip import picture_strip
from twinseed.intervals import Z95
from twinseed.pages.captions import caption

TRAINED = {
    "convergence": "Convergence q",
    "convergence_null": "Mismatched seeds",
    "memorisation": "Memorisation m",
    "memorisation_ratio": "Ratio \N{GREEK SMALL LETTER RHO}",
    "memorisation_share": "Share closer to training",
}


@pytest.fixture(scope="module", params=["linear twins", "alone", "machines"])
def curves(request: pytest.FixtureRequest) -> TwinCurves:
    beside = request.param != "alone"
    return made_curves(beside, beside, machine=request.param == "machines")


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
    below = (
        "; below each number, the number of linear twins of the same rows" if curves.linear else ""
    )
    if curves.machine is not None:
        below += ", and the number of local score machines of the same rows"
    table = page.table("3 sizes; with 95 % intervals")
    assert table.caption == f"3 sizes; with 95 % intervals{below}"
    assert table.header == ["Rows n", *TRAINED.values()]
    models = {"": curves.measured, "linear ": curves.linear, "machine ": curves.machine}
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
    expected = {
        "training_agreement": drawn.training_agreement(curves),
        "training_closeness": drawn.training_closeness(curves),
        "training_spectrum": drawn.training_spectrum(curves),
        "training_pictures": picture_strip(curves.pictures, [30.0, 100.0, 1000.0])
        if curves.pictures is not None
        else None,
        "training_losses": drawn.training_losses(curves.losses, reference=1.5),
    }
    if curves.pictures is None:
        del expected["training_pictures"]
    names = [one.attrs["id"] for one in trained.root.all("figure")]
    assert names == list(expected)
    links = [one.attrs["href"] for one in trained.root.one("nav").all("a")]
    assert links == [*(f"#{name}" for name in names), "#numbers", "#settings"]
    for name, figure in expected.items():
        assert svg_of(figure, name, "wide", caption(name).alternative) in trained.html


@pytest.mark.extras
def test_a_page_alone_names_no_files() -> None:
    page = curves_page(made_curves(pictures=False))
    assert "Files: figures/" not in page
