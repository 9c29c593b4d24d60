"""The page of an audit, and the dictionary: complete, self-contained, and as documented."""

from __future__ import annotations

import json
import re
import struct
import sys
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.json_schema import faults

import twinseed as ts
from twinseed.auditing import Audit, Fate, Outcome, schema
from twinseed.auditing.estimates import INTERVALS
from twinseed.auditing.page import audit_page
from twinseed.pages.pictures import as_image, png

Rows = NDArray[np.float64]
Draw = np.random.default_rng


def real_images(seed: int, rows: int) -> list[Rows]:
    """Return training rows of both and held-out rows, as images of 6 x 5."""
    draw = Draw(seed)
    scale = np.linspace(3.0, 0.5, 30)
    return [(draw.standard_normal((rows, 30)) * scale).reshape(rows, 6, 5) for _ in range(3)]


@pytest.fixture(scope="module")
def images() -> Audit:
    """Samples of which one in six is a copy."""
    a, b, heldout = real_images(1, 90)
    samples = real_images(2, 90)[0]
    samples[:15] = a[:15] + 0.01
    near = samples + 0.1 * np.random.default_rng(0).standard_normal(samples.shape)
    return ts.audit(train_a=a, samples_a=samples, train_b=b, samples_b=near, heldout=heldout, rng=0)


@pytest.fixture(scope="module")
def table() -> Audit:
    """One honest generator of a table."""
    a, _, heldout = (rows.reshape(80, 30) for rows in real_images(3, 80))
    samples = real_images(4, 80)[0].reshape(80, 30)
    return ts.audit(train_a=a, samples_a=samples, heldout=heldout, rng=0)


@pytest.fixture(scope="module")
def bare() -> Audit:
    """One generator, nothing to compare with."""
    a, samples, _ = (rows.reshape(40, 30) for rows in real_images(5, 40))
    return ts.audit(train_a=a, samples_a=samples, rng=0)


@pytest.fixture(scope="module")
def page(images: Audit) -> str:
    return audit_page(images)


def test_the_dictionary_is_as_the_schema_says(images: Audit, table: Audit, bare: Audit) -> None:
    root = schema()
    for one in (images, table, bare):
        told = json.loads(json.dumps(one.to_dict(), allow_nan=False))
        assert faults(told, root, root) == []


def test_the_check_of_the_schema_sees_faults(table: Audit) -> None:
    root, told = schema(), table.to_dict()
    for change in (
        {"protocol": 1},
        {"seed": 1},
        {"further": 1},
        {"outcome": {**told["outcome"], "copying": "maybe"}},
        {"factors": [{**told["factors"][0], "measured": {"value": "a", "interval": None}}]},
        {"agreement": {**told["agreement"], "predicted": True}},
    ):
        assert faults({**told, **change}, root, root), change
    del told["verdict"]
    assert faults(told, root, root) == [": lacks verdict"]


def test_the_schema_knows_every_outcome_and_fate() -> None:
    root = schema()["properties"]
    assert root["outcome"]["properties"]["copying"]["enum"] == [str(one) for one in Outcome]
    assert root["factors"]["items"]["properties"]["fate"]["enum"] == [str(one) for one in Fate]


def test_suspects_are_shown_as_pictures(images: Audit, page: str) -> None:
    assert images.outcome["copying"] == "copying"
    pictures = re.findall(r'<img src="data:image/png;base64,[^"]+" alt="([^"]+)"', page)
    assert len(pictures) == 2 * len(images.pairs.pairs) == 24
    first = images.copying.suspects[0]
    assert pictures[0] == f"Sample {first.sample} of generator A"
    assert pictures[1] == f"Training row {first.training_row}, its closest"
    assert first.sample == first.training_row < 15
    pair = images.pairs.pairs[0]
    np.testing.assert_allclose(pair.sample_values, pair.training_values + 0.01, atol=1e-6)


def test_a_table_shows_values_of_the_closest(table: Audit) -> None:
    page = audit_page(table)
    assert "<img" not in page
    assert len(table.pairs.columns) == 8
    assert all(f"column {place.entries.stop}</th>" in page for place in table.pairs.columns)
    assert not any(pair.suspect for pair in table.pairs.pairs) or table.copying.suspects


def test_the_answer_comes_first_then_what_it_rests_on_and_what_to_do(page: str) -> None:
    order = ("verdict", "rests", "change", "next", "pairs", "familiar", "questions", "numbers")
    places = [page.index(f'id="{one}"') for one in order]
    assert places == sorted(places)
    assert places[1] < page.index("Both controls gave") < places[2]


def test_no_number_of_the_tables_has_two_names(images: Audit) -> None:
    names = [line.name for line in images.lines()]
    assert "DCR share" in names
    assert "memorisation_share_euclidean" not in names


def test_nothing_is_shown_that_is_not_there(bare: Audit) -> None:
    page = audit_page(bare)
    assert 'id="pairs"' not in page
    assert 'id="convergence"' not in page
    assert "<figure" not in page
    assert "there is only one generator" in page


@pytest.mark.extras
def test_figures_are_drawn_for_desk_and_phone(page: str) -> None:
    for name in ("audit_margins", "audit_spectrum", "audit_recovery"):
        figure = page[page.index(f'<figure id="{name}"') :]
        figure = figure[: figure.index("</figure>")]
        assert figure.count("<svg") == 2
        assert 'class="drawing wide"' in figure
        assert 'class="drawing narrow"' in figure


def test_without_matplotlib_the_page_says_what_is_missing(
    images: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = audit_page(images)
    assert (
        page.count("pip install &#39;twinseed[figures]&#39;")
        + page.count("pip install 'twinseed[figures]'")
        == 3
    )
    assert "<svg" not in page
    assert "What the numbers do not mean" in page


def test_the_page_is_small_and_stands_alone(page: str) -> None:
    assert len(page.encode()) < 3_000_000
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "@media (prefers-color-scheme: dark)" in page
    assert "@media print" in page


def test_a_picture_is_a_png_of_its_values() -> None:
    grey = png(np.array([[0.0, 1.0], [2.0, 4.0]]), 0.0, 2.0)
    assert grey[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">IIBB", grey[16:26]) == (2, 2, 8, 0)
    length = struct.unpack(">I", grey[33:37])[0]
    lines = zlib.decompress(grey[41 : 41 + length])
    assert list(lines) == [0, 0, 128, 0, 255, 255]
    assert struct.unpack(">B", png(np.zeros((1, 1, 3)), 0.0, 0.0)[25:26]) == (2,)


def test_images_of_every_layout() -> None:
    row = np.arange(2.0 * 8 * 7 * 3)[:168]
    assert as_image(row, (3, 8, 7)).shape == (8, 7, 3)
    assert as_image(row, (8, 7, 3)).shape == (8, 7, 3)
    np.testing.assert_array_equal(as_image(row[:56], (1, 8, 7)), row[:56].reshape(8, 7))
    np.testing.assert_array_equal(as_image(row[:56], (8, 7, 1)), row[:56].reshape(8, 7))
    assert as_image(row[:112], (2, 8, 7)).shape == (8, 7)
    assert max(as_image(np.zeros(200 * 150), (200, 150)).shape) <= 96


def test_the_text_has_the_checks_before_the_verdict(images: Audit) -> None:
    text = str(images)
    checks, verdict = text.split("\nVerdict:\n")
    assert INTERVALS in " ".join(checks.split())
    assert "Before the verdict:\n- Both controls gave" in checks
    assert "- Copying: " in verdict
    assert "- Converged: " in verdict or "- Not converged: " in verdict


def test_one_interval_of_convergence_everywhere(images: Audit) -> None:
    told = images.to_dict()
    low, high = told["agreement"]["mean_removed"]["trace"]["interval"]
    assert told["numbers"]["convergence"]["interval"] == [low, high]
    (line,) = (one for one in images.lines() if one.name == "convergence")
    assert (line.number.low, line.number.high) == (low, high)
    low, high = told["agreement"]["own_means"]["corrected"]["interval"]
    assert f"[{low:.2f}, {high:.2f}]" in images.verdict["convergence"]
