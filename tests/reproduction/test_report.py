"""The pages: they stand alone, escape what they are given, and the table of claims round-trips."""

from __future__ import annotations

import csv
import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.reproduction.small_reproduction import small_reproduction

import twinseed as ts
from twinseed import readout
from twinseed.auditing.page import audit_page
from twinseed.filters import Ridge
from twinseed.generators import LinearGenerator
from twinseed.progress import Progress
from twinseed.reproduction import Claim, Reproduction
from twinseed.reproduction.page import write_reproduction, writing_steps

VOID = {"meta", "link", "br", "img"}


class Page(HTMLParser):
    """What a test wants to know of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words, with single spaces."""
        return " ".join(" ".join(self.words).split())

    def values(self, *names: str) -> Iterator[str]:
        """Yield the values of these attributes, wherever they stand."""
        for _, attributes in self.elements:
            yield from (attributes[name] or "" for name in names if name in attributes)


WRONG = Claim("wrong", "A <b>bold</b> claim & a wrong one", 2.0, 1.0, 0.9, 1.1, 0.0, "", "drawn")


@pytest.fixture(scope="module")
def reproduction() -> Reproduction:
    return small_reproduction()


@pytest.fixture(scope="module")
def folder(reproduction: Reproduction, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reproduction(reproduction, tmp_path_factory.mktemp("written") / "new").parent


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def doubtful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reproduction without figures, of which one claim fails."""
    small = small_reproduction(readouts={}, pictures={})
    changed = dataclasses.replace(small, claims=(*small.claims, WRONG))
    return write_reproduction(changed, tmp_path_factory.mktemp("doubtful"))


@pytest.fixture(scope="module")
def audited() -> str:
    rng = np.random.default_rng(0)
    train_a, train_b, heldout = rng.standard_normal((3, 60, 5))
    noise = rng.standard_normal((60, 5))
    a, b = (
        LinearGenerator.fit(rows, Ridge(0.0), center=True).sample(noise)
        for rows in (train_a, train_b)
    )
    a[:20] = train_a[:20]
    return audit_page(
        ts.audit(train_a=train_a, train_b=train_b, samples_a=a, samples_b=b, heldout=heldout, rng=0)
    )


def requests(page: Page) -> list[str]:
    """Return what a browser would fetch to show the page."""
    asked = [*page.values("src", "href", "xlink:href", "srcset", "action", "data", "poster")]
    return [address for address in asked if not address.startswith(("#", "data:"))]


@pytest.mark.extras
def test_the_page_fetches_nothing(html: str) -> None:
    assert requests(Page(html)) == []
    assert re.findall(r"url\((?!#)[^)]*\)|@import", html) == []
    assert "<script" not in html


def test_the_search_for_requests_can_find() -> None:
    found = requests(Page('<p><img src="a.png"><a href="#b">b</a><img src="data:,"></p>'))
    assert found == ["a.png"]


@pytest.mark.extras
def test_the_page_is_small_enough_to_mail(html: str) -> None:
    assert len(html.encode()) < 3_000_000


@pytest.mark.extras
def test_identifiers_are_unique_and_links_lead_somewhere(html: str) -> None:
    page = Page(html)
    names = Counter(page.values("id"))
    assert [name for name, count in names.items() if count > 1] == []
    links = {link[1:] for link in page.values("href", "xlink:href") if link.startswith("#")}
    clips = set(re.findall(r"url\(#([^)]*)\)", html))
    assert (links | clips) - set(names) == set()


@pytest.mark.extras
def test_every_figure_has_a_description_and_both_forms(html: str) -> None:
    page = Page(html)
    drawn = [attrs for tag, attrs in page.elements if tag == "svg"]
    pictures = [attrs for tag, attrs in page.elements if tag == "img"]
    assert (len(drawn), len(pictures)) == (14, 0)
    assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in drawn)
    forms = Counter(name for name in page.values("class") if name.startswith("drawing"))
    assert forms == {"drawing wide": 7, "drawing narrow": 7}


@pytest.mark.extras
def test_headings_go_down_one_level_at_a_time(html: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(html).elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - level <= 1 for level, later in pairwise(levels))


@pytest.mark.extras
def test_the_page_says_that_all_agrees(html: str) -> None:
    page = Page(html)
    assert "✓ All 2 claims agree with what was measured." in page.text
    assert page.text.count("✓ agrees") == 2
    for words in ("0.7183", "0.7167 to 0.7200", "loads", "0.1, 1", "numpy"):
        assert words in page.text


@pytest.mark.extras
def test_the_folder_holds_every_part(folder: Path, reproduction: Reproduction) -> None:
    names = {path.stem for path in (folder / "figures").iterdir()}
    assert len(names) == 7
    assert {path.suffix for path in (folder / "figures").iterdir()} == {".png", ".svg"}
    for name, written in reproduction.readouts.items():
        assert readout.load(folder / "readouts" / f"{name}.nc").equals(written)


@pytest.mark.extras
def test_progress_advances_as_often_as_announced(
    reproduction: Reproduction, tmp_path: Path
) -> None:
    few = {key: reproduction.readouts[key] for key in ("control_fresh", "control_memoriser")}
    one = dataclasses.replace(reproduction, readouts=few, pictures={})
    progress = Progress(writing_steps(one))
    write_reproduction(one, tmp_path, progress)
    assert progress.done == progress.total == 2


def test_a_claim_that_fails_is_named_first_and_marked_in_words(doubtful: Path) -> None:
    page = Page(doubtful.read_text(encoding="utf-8"))
    assert "✗ 1 of 3 claims does not agree with what was measured:" in page.text
    assert page.text.count("✗ does not agree") == 1
    assert "#claim-3" in page.values("href")


def test_markup_in_a_claim_is_shown_not_obeyed(doubtful: Path) -> None:
    page = Page(doubtful.read_text(encoding="utf-8"))
    assert WRONG.sentence in page.text
    assert "b" not in {tag for tag, _ in page.elements}


def test_claims_round_trip_through_json_and_csv(doubtful: Path) -> None:
    table = json.loads((doubtful.parent / "claims.json").read_text(encoding="utf-8"))
    expected = (*small_reproduction(readouts={}).claims, WRONG)
    agreed = [row.pop("agrees") for row in table["claims"]]
    assert [row.pop("by") for row in table["claims"]] == [claim.by for claim in expected]
    assert tuple(Claim(**row) for row in table["claims"]) == expected
    assert agreed == [True, True, False]
    assert table["agrees"] is False
    assert table["schema"] == 1, "another schema needs other readers"
    assert table["settings"]["sizes"] == {"loads": [0.1, 1.0], "d": 400}
    with (doubtful.parent / "claims.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["sentence"] for row in rows] == [claim.sentence for claim in expected]
    assert [float(row["predicted"]) for row in rows] == [claim.predicted for claim in expected]


def test_a_number_that_does_not_exist_is_null_in_json(tmp_path: Path) -> None:
    lost = dataclasses.replace(WRONG, measured=float("nan"), low=float("nan"), high=float("inf"))
    small = small_reproduction(readouts={}, pictures={}, claims=(lost,))
    page = write_reproduction(small, tmp_path)
    row = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))["claims"][0]
    assert (row["measured"], row["high"], row["agrees"]) == (None, None, False)
    assert "nan" not in Page(page.read_text(encoding="utf-8")).text.lower().split()


def test_the_audit_fetches_nothing_and_answers_each_question(audited: str) -> None:
    page = Page(audited)
    assert requests(page) == []
    for words in (
        "Does the generator copy",
        "twins agree?",
        "main factors",
        "95 % interval",
        "fingerprint",
    ):
        assert words in page.text


def test_the_audit_shows_each_number_beside_its_references(audited: str) -> None:
    page = Page(audited)
    for words in ("memorisation ratio", "convergence cosine", "matched linear model", "no copying"):
        assert words in page.text


def test_the_audit_escapes_what_it_is_given(audited: str, monkeypatch: Any) -> None:
    from twinseed.auditing import page as module

    monkeypatch.setitem(module._QUESTIONS, "copying", "<i>copy</i>?")
    rng = np.random.default_rng(0)
    result = ts.audit(train_a=rng.standard_normal((30, 3)), samples_a=rng.standard_normal((30, 3)))
    page = Page(audit_page(result))
    assert "<i>copy</i>?" in page.text
    assert "i" not in {tag for tag, _ in page.elements}
