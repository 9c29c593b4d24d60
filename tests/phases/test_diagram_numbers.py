"""Every number on the page of a phase diagram, and every tile, line and colour of its figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.phases.test_diagram_drawn import filled
from tests.support.artists import Key, Line, check_panel, keys_of, notes
from tests.support.page_parts import Page

import twinseed as ts
from twinseed.drawing import as_svg
from twinseed.drawing.style import Look
from twinseed.pages.page import inline_svg
from twinseed.phases.figures import _power, phase_plane, phase_values
from twinseed.phases.page import _DRAWINGS, diagram_page
from twinseed.phases.plane import Region


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
    assert "the result of its 3 draws" in words
    assert "at least 2.5 times as much as with the closest of as many new rows (" in words
    assert "that shared noise alone gives, is at least 0.35" in words
    theory = diagram.lines.region(diagram.gamma, diagram.strength)
    right = sum(
        tile.size[0] * tile.size[1]
        for tile, region, line in zip(diagram.tiles, diagram.regions, theory, strict=True)
        if int(region) == line
    )
    assert page.facts(0) == {
        "simulated points": f"{len(diagram.tiles)}",
        "uniform grid as sharp": f"{diagram.uniform:,}",
        "points in the region of theory": f"{100 * right:.1f} % of the plane",
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


def tile_at(diagram: ts.PhaseDiagram, x: float, y: float) -> int:
    """Return the number of the tile at a place of the plane, from 0 to 1 along each axis."""
    return next(
        k
        for k, tile in enumerate(diagram.tiles)
        if abs(float(tile.centre[0]) - x) <= tile.size[0] / 2 + 1e-9
        and abs(float(tile.centre[1]) - y) <= tile.size[1] / 2 + 1e-9
    )


def borders(diagram: ts.PhaseDiagram) -> dict[str, tuple[str, list[float], list[float], Look]]:
    """Return the label of each border in theory, its loads and strengths, and its look."""
    strength, load = list(diagram.lines.strength), np.geomspace(*diagram.plane.gamma, 60)
    beta = "\N{GREEK SMALL LETTER BETA}"
    return {
        "memorisation_ratio": (
            "memorisation ratio \N{GREEK SMALL LETTER RHO} = 2.5",
            list(diagram.lines.memorisation),
            strength,
            Look("#A33100", (0, (1.4, 1.4)), ""),
        ),
        "convergence_corrected": (
            "convergence beyond chance = 0.35",
            list(diagram.lines.convergence),
            strength,
            Look("#1f1f1f", (0, (5, 1.6)), ""),
        ),
        "recovery": (
            f"recovery starts: n/d = 1/{beta}\N{SUPERSCRIPT TWO}",
            list(load),
            list(load**-0.5),
            Look("#00579C", "-", ""),
        ),
    }


LOAD = ("training rows per dimension, n/d (few to many)", "log")
STRENGTH = ("strength of the factor \N{GREEK SMALL LETTER BETA}", "log")


@pytest.mark.extras
@pytest.mark.parametrize("stacked", [False, True])
def test_every_tile_and_border_of_the_plane(diagram: ts.PhaseDiagram, stacked: bool) -> None:
    from matplotlib.colors import to_hex

    figure = phase_plane(diagram, stacked=stacked)
    (axes,) = figure.axes
    regions = sorted(set(diagram.regions))
    colours = {}
    assert len(axes.patches) == len(regions)
    for patch, region in zip(list(axes.patches), regions, strict=True):
        tiles = [t for t, one in zip(diagram.tiles, diagram.regions, strict=True) if one == region]
        corners = patch.get_path().vertices.reshape(-1, 5, 2)
        expected = [
            [float(tile.centre[k]) + sign * tile.size[k] / 2 for sign in (-1, 1) for k in (0, 1)]
            for tile in tiles
        ]
        found = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
        np.testing.assert_allclose(found, expected)
        assert patch.get_transform() == axes.transAxes
        colours[region] = to_hex(patch.get_facecolor())
        patch.remove()
    assert len(set(colours.values())) == len(regions)
    numbers = {}
    for text in notes(axes):
        words = text.get_text().replace("\n", " ")
        region = diagram.regions[tile_at(diagram, *text.xy)]
        if words.isdigit():
            numbers[words] = region
        else:
            assert words == region.words
        assert text.get_fontweight() == ("bold" if region == Region.CONVERGED else "normal")
    lines = borders(diagram)
    check_panel(
        axes,
        title=(
            "Agreement does not see the factor",
            "tiles: simulated at d = 12,345; lines: theory",
        ),
        x=LOAD,
        y=STRENGTH,
        lines=[Line(x, y, look) for _, x, y, look in lines.values()],
    )
    assert axes.get_xlim() == (0.03, 30.0)
    assert axes.get_ylim() == (0.1, 10.0)
    legend = figure.legends[0]
    count = len(lines)
    labels = [one.get_text() for one in legend.get_texts()]
    assert labels[:count] == [words for words, *_ in lines.values()]
    for handle, label in zip(legend.legend_handles[count:], labels[count:], strict=True):
        (region,) = [one for one in regions if label.endswith(one.words)]
        assert to_hex(handle.get_facecolor()) == colours[region]
        number = label.removesuffix(region.words).strip()
        assert numbers.get(number, region) == region
    del legend.legend_handles[count:], legend.texts[count:]
    keys_of(figure, 0, [Key(words, look) for words, *_, look in lines.values()])


@pytest.mark.extras
def test_every_value_of_the_plane(diagram: ts.PhaseDiagram) -> None:
    figure = phase_values(diagram)
    lines, rho = borders(diagram), "\N{GREEK SMALL LETTER RHO}"
    about = {
        "memorisation_ratio": (
            (f"Memorisation ratio {rho}", "1: no closer to training than to new rows"),
            ("OrRd", 1.0, 4.0, ["1", "4+"]),
        ),
        "convergence_corrected": (
            ("Convergence beyond chance", "0: the twins are unrelated; 1: they agree"),
            ("Greys", 0.0, 1.0, ["0", "1"]),
        ),
        "recovery": (
            ("Recovery Q", "0: the direction was not learned; 1: exactly"),
            ("Blues", 0.0, 1.0, ["0", "1"]),
        ),
    }
    panels = [axes for axes in figure.axes if axes.images]
    bars = [axes for axes in figure.axes if not axes.images]
    for k, (name, (title, scale)) in enumerate(about.items()):
        axes, (words, x, y, look) = panels[k], lines[name]
        up = STRENGTH if k == 0 else ("", "log")
        check_panel(axes, title=title, x=LOAD, y=up, lines=[Line(x, y, look)])
        (image,) = axes.images
        pixels = np.asarray(image.get_array())
        value = [result[name][0] for result in diagram.results]
        places = (np.arange(len(pixels)) + 0.5) / len(pixels)
        for row in (0, 17, len(pixels) // 2, len(pixels) - 1):
            expected = [value[tile_at(diagram, place, places[row])] for place in places]
            np.testing.assert_array_equal(pixels[row], expected)
        assert image.origin == "lower"
        assert image.get_extent() == [0.0, 1.0, 0.0, 1.0]
        assert image.get_transform() == axes.transAxes or image.axes is axes
        assert (image.get_cmap().name, *image.get_clim()) == scale[:3]
        keys_of(figure, k, [Key(words, look)])
        labels = [one.get_text() for one in bars[k].get_xticklabels()]
        assert (list(bars[k].get_xticks()), labels) == ([*scale[1:3]], scale[3])


@pytest.mark.parametrize(("d", "text"), [(10**6, "10⁶"), (10**12, "10¹²"), (12345, "12,345")])
def test_a_power_of_ten_is_written_as_one(d: int, text: str) -> None:
    assert _power(d) == text
