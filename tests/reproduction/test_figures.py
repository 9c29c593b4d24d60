"""The figures: they draw, always the same way, and no text lies on other text or on the data."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.reproduction.small_reproduction import measured, small_reproduction

from twinseed import drawing
from twinseed.errors import MissingExtraError
from twinseed.intervals import Z95
from twinseed.pages.drawing import Drawing
from twinseed.reproduction import figures
from twinseed.reproduction.gallery import drawings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    Box = tuple[float, float, float, float]
    Points = np.ndarray

pytestmark = pytest.mark.extras

NAMES = (
    "agreement_is_blind",
    "load_curves",
    "power_law",
    "ridge_path",
    "real_data",
    "picture_strip",
    "controls",
)

SAYS = {
    "agreement_is_blind": ["Convergence q: one curve", "three onsets", "strength 0.7", "2.04"],
    "load_curves": ["Memorisation m", "Convergence q", "Recovery Q", "ridge 0.1", "d = 400"],
    "power_law": ["Memorisation ratio", "exponent 1.5", "2nd direction"],
    "ridge_path": ["n/d = 10", "best at r = 0.28", "distance to the truth, W₂²/d (right: worse)"],
    "real_data": ["these data", "Gaussian data", "directions 1 to 2", "direction 3"],
    "picture_strip": ["n = 20", "n = 800", "nearest"],
    "controls": ["memoriser", "fresh data", "0.5 (dotted): no excess; lower is better"],
}


@pytest.fixture(scope="module")
def gallery() -> dict[str, Drawing]:
    return {drawing.name: drawing for drawing in drawings(small_reproduction())}


@dataclass(frozen=True)
class Drawn:
    """A figure, and the box in pixels of each piece of text that was really drawn."""

    figure: Figure
    boxes: dict[str, Box]


@pytest.fixture(scope="module", params=[False, True], ids=["row", "stacked"])
def drawn(request: pytest.FixtureRequest, gallery: dict[str, Drawing]) -> dict[str, Drawn]:
    """Every figure, drawn once."""
    figures_ = {name: one.draw(stacked=request.param) for name, one in gallery.items()}
    return {name: Drawn(figure, drawn_text(figure)) for name, figure in figures_.items()}


def drawn_text(figure: Figure) -> dict[str, Box]:
    """Draw a figure, and return the box of each piece of text that the renderer was given."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    found: dict[str, Box] = {}
    renderer = FigureCanvasAgg(figure).get_renderer()
    plain = renderer.draw_text

    def draw_text(gc: Any, x: float, y: float, text: str, *rest: Any, **more: Any) -> None:
        font, angle = rest[:2]
        width, height, descent = renderer.get_text_width_height_descent(text, font, False)
        up = renderer.height - y
        box = (x, up - descent, x + width, up + height - descent)
        if angle == 90:
            box = (x - height + descent, up, x + descent, up + width)
        found[f"{text} [{len(found)}]"] = box
        plain(gc, x, y, text, *rest, **more)

    renderer.draw_text = draw_text
    figure.draw(renderer)
    return found


def overlaps(one: Box, other: Box) -> bool:
    """Whether two boxes share more than half a pixel."""
    (a, b, c, d), (e, f, g, h) = one, other
    return min(c, g) - max(a, e) > 0.5 and min(d, h) - max(b, f) > 0.5


def clashes(boxes: dict[str, Box]) -> list[tuple[str, str]]:
    """Return the pairs of texts that lie on each other."""
    return [(a, b) for a, b in combinations(boxes, 2) if overlaps(boxes[a], boxes[b])]


def covered(figure: Figure, boxes: dict[str, Box]) -> set[str]:
    """Return the texts that lie on a line or a marker; dotted references may pass behind."""
    hits: set[str] = set()
    for line in (line for axes in figure.axes for line in axes.lines if line.get_zorder() > 1.0):
        path = line.get_transform().transform(line.get_xydata())
        if line.get_linestyle() != "None":
            path = np.concatenate([_by_pixels(a, b) for a, b in pairwise(path)])
        for text, (left, low, right, high) in boxes.items():
            inside = (path > (left, low)).all(axis=1) & (path < (right, high)).all(axis=1)
            if inside.any():
                hits.add(text)
    return hits


def _by_pixels(start: Points, end: Points) -> Points:
    steps = int(np.hypot(*(end - start))) + 2
    return start + np.linspace(0.0, 1.0, steps)[:, None] * (end - start)


def test_every_figure_of_the_page_is_here(gallery: dict[str, Drawing]) -> None:
    assert tuple(gallery) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_no_text_lies_on_other_text(drawn: dict[str, Drawn], name: str) -> None:
    assert clashes(drawn[name].boxes) == []


@pytest.mark.parametrize("name", NAMES)
def test_no_text_lies_on_the_data(drawn: dict[str, Drawn], name: str) -> None:
    assert covered(drawn[name].figure, drawn[name].boxes) == set()


@pytest.mark.parametrize("name", NAMES)
def test_all_text_is_inside_the_figure(drawn: dict[str, Drawn], name: str) -> None:
    width, height = drawn[name].figure.bbox.size
    outside = [
        text
        for text, (left, low, right, high) in drawn[name].boxes.items()
        if left < 0 or low < 0 or right > width or high > height
    ]
    assert outside == []


@pytest.mark.parametrize("name", NAMES)
def test_legends_lie_outside_the_axes(drawn: dict[str, Drawn], name: str) -> None:
    figure = drawn[name].figure
    for legend in figure.legends:
        box = legend.get_window_extent().extents
        assert [axes for axes in figure.axes if overlaps(box, axes.bbox.extents)] == []


def test_the_search_for_overlaps_can_find() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.plot([0, 1], [0, 1])
    axes.text(0.5, 0.48, "on the line")
    axes.text(0.6, 0.48, "and on text")
    boxes = drawn_text(figure)
    bare = [[text.partition(" [")[0] for text in pair] for pair in clashes(boxes)]
    assert bare == [["on the line", "and on text"]]
    assert {text.partition(" [")[0] for text in covered(figure, boxes)} == {"on the line"}


@pytest.mark.parametrize("name", NAMES)
def test_svg_is_the_same_twice_and_says_what_is_shown(
    gallery: dict[str, Drawing], name: str
) -> None:
    import matplotlib

    svg = drawing.as_svg(gallery[name].draw(), name)
    with matplotlib.rc_context({"font.size": 20, "svg.fonttype": "path", "xtick.direction": "in"}):
        again = drawing.as_svg(gallery[name].draw(), name)
    assert svg == again
    assert [words for words in SAYS[name] if words not in svg] == []


def test_settings_of_the_reader_stay_as_they_were(gallery: dict[str, Drawing]) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    drawing.as_png(gallery["controls"].draw())
    assert dict(matplotlib.rcParams) == before


def test_a_figure_shows_the_interval_that_the_error_gives(gallery: dict[str, Drawing]) -> None:
    readout = small_reproduction().readouts["blind_simulated_3"]
    axes = gallery["agreement_is_blind"].draw().axes[1]
    bars = axes.collections[-1].get_segments()
    value = readout["recovery"].values[:, 0, 0]
    se = readout["recovery_se"].values[:, 0, 0]
    ends = np.stack([value - Z95 * se, value + Z95 * se], axis=1)
    np.testing.assert_allclose([bar[:, 1] for bar in bars], ends)


def test_dotted_lines_mark_the_thresholds(gallery: dict[str, Drawing]) -> None:
    axes = gallery["agreement_is_blind"].draw().axes[1]
    marked = [line.get_xdata()[0] for line in axes.lines if line.get_zorder() == 1.0]
    np.testing.assert_allclose(marked, [0.7**-2, 1.5**-2, 3.0**-2])


def test_data_without_a_direction_are_drawn_too() -> None:
    rng = np.random.default_rng(0)
    none = np.zeros((3, 0))
    flat = [
        measured([30, 100, 300], rng, recovery=none, recovery_twins=none, factors=[])
        for _ in range(3)
    ]
    svg = drawing.as_svg(figures.real_data(*flat), "flat")
    assert "no direction stands out" in svg


def test_directions_measured_together_are_one_line(gallery: dict[str, Drawing]) -> None:
    svg = drawing.as_svg(gallery["real_data"].draw(), "grouped")
    assert [f">direction {k}<" in svg for k in (1, 2, 3)] == [False, False, True]


def test_files_are_written_under_one_name(gallery: dict[str, Drawing], tmp_path: Any) -> None:
    png, svg = drawing.save(gallery["controls"].draw(), tmp_path, "controls")
    assert png.read_bytes().startswith(b"\x89PNG")
    assert svg.read_text(encoding="utf-8").startswith("<?xml")


def test_a_missing_matplotlib_is_named_with_its_extra(
    gallery: dict[str, Drawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"drawing a figure needs matplotlib.*\[figures\]"):
        gallery["controls"].draw()


def test_importing_the_figures_loads_neither_matplotlib_nor_xarray() -> None:
    names = "twinseed.reproduction.figures, twinseed.auditing.figures"
    code = f"import sys, {names}; print({{'matplotlib', 'xarray'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
