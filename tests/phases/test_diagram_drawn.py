"""Phase diagrams drawn: pictures, a page and the command, from a diagram that theory filled in."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from itertools import accumulate, takewhile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.test_cli import assert_refused, call, strict
from tests.phases.test_diagram import FIELDS
from tests.reproduction.test_figures import Drawn, clashes, covered, drawn_text

import twinseed as ts
from twinseed.drawing import as_svg
from twinseed.phases.figures import phase_plane, phase_values
from twinseed.phases.page import diagram_page
from twinseed.phases.plane import MEASURED, Plane
from twinseed.sweep import Cell, Result

PLANES: dict[str, dict[str, Any]] = {
    "usual": {},
    "ridge": {"ridge": 0.5, "d": 12345},
    "narrow": {"gamma": (0.4, 2.0), "strength": (0.5, 2.0)},
    "copying": {"memorisation": 1.2, "convergence": 0.2},
}


def filled(room: int = 300, **fields: Any) -> ts.PhaseDiagram:
    """Return a diagram whose points have the values of simple formulas, as if drawn."""
    plane = Plane.build(**{**FIELDS, **fields})
    done = 0

    def result(cell: Cell) -> Result:
        n, d, strength = (float(cell.description[name]) for name in ("n", "d", "strength"))
        load = n / d
        q = load / (0.6 + load)
        excess = load * strength**2
        overlap = max(1.0 - 1.0 / excess, 0.0) / (1.0 + 1.0 / (load * strength))
        values = (np.sqrt(1.0 + 1.0 / (load * (1.0 + plane.ridge))), q, q, overlap)
        return {name: [value, 0.001] for name, value in zip(MEASURED, values, strict=True)} | {
            "stopped": 0
        }

    def perform(groups: Sequence[Sequence[Cell]]) -> list[list[Result]]:
        nonlocal done
        ends = list(takewhile(lambda end: end <= room - done, accumulate(map(len, groups))))
        done += ends[-1] if ends else 0
        return [[result(cell) for cell in group] for group in groups[: len(ends)]]

    return ts.PhaseDiagram.refined(plane, (0,), perform)


@pytest.fixture(
    scope="module",
    params=["usual", pytest.param("ridge", marks=pytest.mark.nightly), "narrow", "copying"],
)
def diagram(request: pytest.FixtureRequest) -> ts.PhaseDiagram:
    return filled(**PLANES[request.param])


@pytest.fixture(scope="module")
def usual() -> ts.PhaseDiagram:
    return filled()


@pytest.mark.extras
@pytest.mark.parametrize("stacked", [False, True], ids=["wide", "narrow"])
@pytest.mark.parametrize("draw", [phase_plane, phase_values])
def test_no_text_lies_on_text_or_on_a_border(
    diagram: ts.PhaseDiagram, draw: Any, stacked: bool
) -> None:
    figure = draw(diagram, stacked=stacked)
    drawn = Drawn(figure, drawn_text(figure))
    assert clashes(drawn.boxes) == []
    assert covered(figure, drawn.boxes) == set()
    width, height = figure.bbox.size
    for left, low, right, high in drawn.boxes.values():
        assert min(left, low) >= 0.0
        assert (right <= width, high <= height) == (True, True)


@pytest.mark.extras
def test_every_region_is_named_in_the_plane_or_below_it(diagram: ts.PhaseDiagram) -> None:
    for stacked in (False, True):
        texts = " ".join(drawn_text(phase_plane(diagram, stacked=stacked)))
        said = re.sub(r" ?\[\d+\] ?", " ", texts)
        for region in diagram.areas:
            assert all(word in said for word in region.words.split()), region.words


@pytest.mark.extras
def test_the_region_in_which_agreement_misleads_stands_out(usual: ts.PhaseDiagram) -> None:
    (axes,) = phase_plane(usual).axes
    bold = [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"]
    assert " ".join(bold).replace("\n", " ") == "converged but not recovered"


@pytest.mark.extras
def test_pictures_are_the_same_twice(usual: ts.PhaseDiagram, tmp_path: Path) -> None:
    for path in (tmp_path / "a.svg", tmp_path / "b.svg", tmp_path / "a.png", tmp_path / "b.png"):
        usual.save(path)
    for suffix in (".svg", ".png"):
        one, other = (tmp_path / f"{name}{suffix}" for name in "ab")
        assert one.read_bytes() == other.read_bytes()
    ET.fromstring((tmp_path / "a.svg").read_text())


@pytest.mark.extras
def test_the_page_stands_alone_and_names_the_region(usual: ts.PhaseDiagram, tmp_path: Path) -> None:
    usual.to_html(tmp_path / "diagram.html")
    page = (tmp_path / "diagram.html").read_text()
    assert page == diagram_page(usual)
    assert not re.search(r'(src|href)="(?!#|data:)', page)
    assert "Converged but not recovered:" in page
    assert len(page) < 600_000
    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))
    assert page.count('role="img"') == 4


@pytest.mark.extras
def test_a_plane_without_that_region_has_no_warning() -> None:
    assert "Converged but not recovered:" not in diagram_page(
        filled(gamma=(5.0, 9.0), strength=(3.0, 9.0))
    )


def test_what_it_says_of_itself(usual: ts.PhaseDiagram) -> None:
    told = str(usual)
    assert "d = 1,000,000" in told
    assert f"{len(usual.tiles)} simulated points" in told
    assert f"uniform grid of {usual.uniform:,}" in told
    assert "uniform" not in str(filled(room=100)), "with so few points it is no sharper than one"
    assert "converged but not recovered" in told
    assert sum(usual.areas.values()) == pytest.approx(1.0)
    assert repr(usual) == f"PhaseDiagram(d=1000000, points={len(usual.tiles)})"


@pytest.mark.extras
def test_the_command_draws_again_from_the_store_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, one, two = (tmp_path / name for name in ("s.db", "one.svg", "two.svg"))
    words = ("--d", 1e4, "--ridge", 0.2, "--cells", 90, "--seed", 3, "--store", store)
    first = call("diagram", *words, "-o", one, "--json")
    assert first.exit_code == 0, first.output
    monkeypatch.setattr("twinseed.phases.plane._drawn", lambda *args: pytest.fail("drawn again"))
    second = call("diagram", "--store", store, "-o", two, "--json")
    assert second.exit_code == 0, second.output
    assert strict(first.stdout) == strict(second.stdout)
    assert one.read_bytes() == two.read_bytes()
    assert strict(first.stdout)["plane"]["ridge"] == 0.2
    quiet = call("diagram", "--store", store, "--quiet")
    assert (quiet.exit_code, quiet.output) == (0, "")
    assert "the simulated region is the regi" in call("diagram", "--store", store).stdout
    assert_refused(call("diagram", "--store", store, "--ridge", 0.3), ["plane", "0.2", "0.3"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--d", "x"], ["--d must be numbers"]),
        (["--d", "10"], ["--d must be a whole number, at least 100"]),
        (["--gamma", "3,1"], ["--gamma must be two numbers above zero, rising"]),
        (["--strength", "1"], ["--strength must be two numbers"]),
        (["--cells", "10"], ["--cells must be a whole number, at least 81"]),
        (["--workers", "0"], ["--workers must be a whole number"]),
        (["--seed", "-1"], ["--seed must be a seed"]),
        (["-o", "no/where.html"], ["--output", "folder that does not exist"]),
        (["-o", "x.pdf"], ["--output must end in .html, .png, .svg, .nc, .csv, .parquet or .json"]),
    ],
)
def test_bad_options_are_named(
    words: list[str], said: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(call("diagram", *words), said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.extras
def test_svg_text_says_what_is_drawn(usual: ts.PhaseDiagram) -> None:
    text = as_svg(phase_plane(usual), "x")
    for words in ("memorisation ratio", "convergence q = 0.5", "simulated at d = 10⁶"):
        assert words in text
