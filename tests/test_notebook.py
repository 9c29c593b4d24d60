"""In a notebook results show themselves: tables, advice, figures, data frames, progress."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.support.made_plans import made_plan

import twinseed as ts
from twinseed.planning.bands import Band
from twinseed.progress import track


@pytest.fixture(scope="module")
def audit() -> Any:
    draw = np.random.default_rng(0)
    train, heldout = draw.standard_normal((2, 40, 4))
    return ts.audit(train_a=train, samples_a=train[:20] + 0.01, heldout=heldout, rng=0)


@pytest.fixture(scope="module")
def diagram() -> ts.PhaseDiagram:
    return ts.phase_diagram(d=300, cells=81, rng=0, progress=False)


def band() -> Band:
    n = np.array([50.0, 100.0])
    value = np.array([[0.25, 0.5], [0.75, 0.875]])
    status = np.full(value.shape, "extrapolated")
    return Band(n, value, value - 0.125, value + 0.125, status, n / 50)


def test_an_audit_shows_its_answers_steps_and_numbers(audit: Any) -> None:
    page = audit._repr_html_()
    for text in (*audit.outcome.values(), *audit.to_dict()["next_steps"], "memorisation_ratio"):
        assert text in page
    assert page.count("<table>") == page.count("</table>") == 2


@pytest.mark.extras
def test_an_audit_becomes_a_data_frame(audit: Any) -> None:
    frame = audit.to_frame()
    found = frame.set_index("name").loc["memorisation_ratio"]
    number = audit.number("memorisation_ratio")
    assert (found["value"], found["low"], found["high"]) == (number.value, number.low, number.high)
    assert len(frame) == len(list(audit.lines()))


@pytest.mark.extras
def test_an_audit_draws_its_margins(audit: Any) -> None:
    assert len(audit.plot().axes) == len(audit.copying.scores)


@pytest.mark.extras
def test_an_audit_without_heldout_rows_has_no_margins() -> None:
    rows = np.random.default_rng(0).standard_normal((2, 30, 3))
    found = ts.audit(train_a=rows[0], samples_a=rows[1], rng=0)
    with pytest.raises(ts.InputError, match="heldout"):
        found.plot()


def test_a_band_shows_each_n_with_its_values() -> None:
    page = band()._repr_html_()
    assert page.count("<tr>") == 3
    for text in ("<td>50</td>", "<td>2</td>", "extrapolated", "0.75", "0.88"):
        assert text in page
    one = band().of(0)
    assert "0.25" in one._repr_html_()
    assert "0.25" in one.only()._repr_html_()


@pytest.mark.extras
def test_a_band_becomes_a_data_frame() -> None:
    frame = band().to_frame()
    assert list(frame["n"]) == [50, 50, 100, 100]
    assert list(frame["factor"]) == [1, 2, 1, 2]
    assert list(frame["value"]) == [0.25, 0.5, 0.75, 0.875]
    assert list(band().of(1).to_frame()["high"]) == [0.625, 1.0]
    assert list(band().of(1).only().to_frame()["reach"]) == [1.0]


@pytest.mark.extras
def test_a_plan_becomes_a_data_frame() -> None:
    plan = made_plan(factors=2)
    n = np.array([50, 100])
    frame = plan.to_frame(n)
    for name, one in plan.bands(n).items():
        here = frame[frame["variable"] == name]
        for part in ("value", "low", "high", "status"):
            assert list(here[part]) == getattr(one, part).ravel().tolist()
        assert list(here["n"]) == np.repeat(n, len(here) // 2).tolist()
    assert list(frame.loc[frame["variable"] == "recovery", "factor"]) == [1, 2, 1, 2]
    assert frame.loc[frame["variable"] != "recovery", "factor"].isna().all()
    assert plan.to_frame()["reach"].max() == 32


def test_twins_show_their_arrays() -> None:
    rows = np.zeros((3, 2, 2)) + np.arange(3)[:, None, None]
    page = ts.Twins(rows, None, train_a=np.concatenate([rows, rows + 1]))._repr_html_()
    assert "4 columns, images of (2, 2)" in page
    assert "<td>train_a</td><td>6</td>" in page


def test_a_status_shows_its_advice() -> None:
    page = ts.Status.LEADING_ORDER._repr_html_()
    assert "<b>leading order</b>" in page
    assert ts.Status.LEADING_ORDER.advice in page


def test_a_diagram_shows_the_areas_of_its_regions(diagram: ts.PhaseDiagram) -> None:
    page = diagram._repr_html_()
    assert all(f"<td>{region.words}</td>" in page for region in diagram.areas)
    assert page.count("<tr>") == len(diagram.areas) + 1


@pytest.mark.extras
def test_a_diagram_becomes_a_data_frame_and_a_figure(diagram: ts.PhaseDiagram) -> None:
    frame = diagram.to_frame()
    assert len(frame) == len(diagram.tiles)
    assert list(frame["strength"]) == list(diagram.strength)
    assert list(frame["recovery"]) == list(diagram.values("recovery")[0])
    assert diagram.plot().axes


class Notebook:
    """Stands in for IPython in a notebook: keeps what is displayed."""

    def __init__(self, config: dict[str, object]) -> None:
        self.shown: list[str] = []
        self.shell = SimpleNamespace(config=config)
        self.update = self.shown.append

    def get_ipython(self) -> object:
        return self.shell

    def HTML(self, text: str) -> str:
        return text

    def display(self, text: str, *, display_id: bool) -> Notebook:
        assert display_id
        self.shown.append(text)
        return self


@pytest.mark.parametrize(
    ("config", "show", "shown"),
    [
        ({"IPKernelApp": {}}, None, True),
        ({"IPKernelApp": {}}, True, True),
        ({"IPKernelApp": {}}, False, False),
        ({}, None, False),  # IPython in a terminal
    ],
)
def test_a_notebook_shows_a_bar(
    monkeypatch: pytest.MonkeyPatch, config: dict[str, object], show: bool | None, shown: bool
) -> None:
    notebook = Notebook(config)
    monkeypatch.setitem(sys.modules, "IPython", notebook)  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "IPython.display", notebook)  # type: ignore[arg-type]
    with track(2, "a <b>", show=show) as progress:
        progress.advance(2)
    assert progress.done == 2
    assert bool(notebook.shown) is shown
    if shown:
        assert '<progress max="2" value="0">' in notebook.shown[0]
        assert "a &lt;b&gt;" in notebook.shown[-1]
        assert '<progress max="2" value="2">' in notebook.shown[-1]
