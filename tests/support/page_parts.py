"""A page as a test reads it: tables by their headers, facts by their names, and what is left over.

A test takes each part of a page that it has held against an object. ``Page.loose`` then returns the
numbers that no test has taken, so that a new number on a page needs a guard of its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

__all__ = ["MISSING", "Node", "Page", "Table", "printed", "ranged", "svg_of"]

MISSING = "\N{EN DASH}"
_VOID = {"meta", "link", "br", "img"}
_UNREAD = {"style", "svg", "head"}
_PROSE = (
    r"95 % intervals?",
    r"90 % (intervals?|bands?)",
    r"arXiv \d{4}\.\d{5}",
    r"Ann\. Probab\. 33 \(2005\)",
    r"n/d = 1/β²",
)
"""Numbers of fixed sentences, the same on every page."""


def printed(value: float, half: float = 0.0) -> str:
    """Write a number as a page must: to two digits of its uncertainty, or else to four digits."""
    if not math.isfinite(value):
        return MISSING
    if not (0 < half < math.inf):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    decimals = 0
    while half * 10**decimals < 9.9999999 and decimals < 8:
        decimals += 1
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def ranged(value: float, low: float, high: float) -> str:
    """Write a number with its interval in brackets, where there is one."""
    half = (high - low) / 2
    if not low < high:
        return printed(value)
    return f"{printed(value, half)} ({printed(low, half)} to {printed(high, half)})"


@dataclass
class Node:
    """An element; ``items`` are the elements and the texts in it."""

    tag: str
    attrs: dict[str, str]
    items: list[Node | str] = field(default_factory=list)
    taken: bool = False

    def walk(self) -> Iterator[Node]:
        """Yield the element and all below it."""
        yield self
        for one in self.items:
            if isinstance(one, Node):
                yield from one.walk()

    def all(self, tag: str, **attrs: str) -> list[Node]:
        """Return the elements below with this tag and these attributes; ``cls`` is one class."""
        cls = attrs.pop("cls", None)
        return [
            one
            for one in self.walk()
            if one is not self
            and one.tag == tag
            and (cls is None or cls in one.classes)
            and all(one.attrs.get(name) == value for name, value in attrs.items())
        ]

    def one(self, tag: str, **attrs: str) -> Node:
        """Return the only such element."""
        (found,) = self.all(tag, **attrs)
        return found

    @property
    def classes(self) -> list[str]:
        """The names of its classes."""
        return self.attrs.get("class", "").split()

    @property
    def text(self) -> str:
        """Its words, with single spaces; a line break is a bar."""
        return " ".join("".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        for one in self.items:
            if isinstance(one, str):
                yield one
            elif one.tag == "br":
                yield " | "
            elif one.tag not in _UNREAD:
                inside = "".join(one._texts())
                yield f" {inside} " if one.tag in {"p", "div", "li", "td", "summary"} else inside

    def take(self) -> str:
        """Return its words, which count as looked at from now on."""
        self.taken = True
        return self.text


@dataclass(frozen=True)
class Table:
    """A table: its caption, the names of its columns, and its rows, cell by cell."""

    caption: str
    header: list[str]
    rows: list[list[Node]]

    @property
    def texts(self) -> list[list[str]]:
        """The words of each cell."""
        return [[cell.text for cell in row] for row in self.rows]


class _Builder(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.open = [Node("page", {})]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].items.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].items.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].items.append(data)


class Page:
    """A page, and what of it was looked at."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.root = _Builder(html).open[0]
        self.title = self.root.one("title").text

    def table(self, caption: str) -> Table:
        """Take the table whose caption begins so; each cell is labelled as its column is."""
        (found,) = [
            one for one in self.root.all("table") if one.one("caption").text.startswith(caption)
        ]
        found.taken = True
        header = [one.text for one in found.one("thead").all("th")]
        rows = []
        for body in found.all("tbody"):
            for row in body.all("tr"):
                cells = row.all("td")
                if cells:
                    assert len(cells) == len(header)
                    labels = [cell.attrs.get("data-label") for cell in cells]
                    assert labels[1:] == header[1:]
                    assert labels[0] in (None, header[0])
                    rows.append(cells)
        return Table(found.one("caption").text, header, rows)

    def facts(self, number: int) -> dict[str, str]:
        """Take a list of names and values, by its place on the page."""
        found = self.root.all("dl")[number]
        found.taken = True
        names, values = ([one.text for one in found.all(tag)] for tag in ("dt", "dd"))
        assert len(set(names)) == len(names)
        return dict(zip(names, values, strict=True))

    def figure(self, name: str) -> Node:
        """Take a figure by its name, and check the words below it against its caption."""
        from twinseed.pages.captions import caption

        found, words = self.root.one("figure", id=name), caption(name)
        found.taken = True
        assert found.one("h3").text == words.title
        below = found.one("figcaption")
        said = [one.text for one in below.all("p")]
        assert said[0] == " ".join(words.text.split())
        assert said[1].startswith(f"Source: {' '.join(words.source.split())}.")
        assert [one.text for one in below.all("li")] == words.equations
        pictures = [*found.all("svg"), *found.all("img")]
        told = [one.attrs.get("aria-label", one.attrs.get("alt")) for one in pictures]
        assert told == [words.alternative] * len(pictures)
        return found

    def loose(self) -> list[str]:
        """Return the texts with a number in them that were not taken."""

        def search(node: Node) -> Iterator[str]:
            for one in node.items:
                if isinstance(one, str):
                    left = re.sub("|".join(_PROSE), "", " ".join(one.split()))
                    if re.search(r"\d", left):
                        yield left
                elif not one.taken and one.tag not in _UNREAD:
                    yield from search(one)

        return list(search(self.root))


def svg_of(figure: Any, name: str, form: str, words: str) -> str:
    """Return the element that a page must hold for a figure."""
    from twinseed.drawing import as_svg
    from twinseed.pages.page import inline_svg

    return inline_svg(as_svg(figure, name), f"{name}-{form}", words)
