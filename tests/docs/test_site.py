"""The documentation has a place for each page and each public name, and needs no network."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import pytest

import twinseed

AUTOMATIC = re.compile(
    r"^\.\. (?:auto(?:function|class|exception|data)|py:data):: (\S+)$", re.MULTILINE
)
OUTSIDE = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*?\bsrc=["']?(?:https?:)?//"""
    r"""|<link\b(?=[^>]*\brel=["']?(?:stylesheet|preload|icon|preconnect))[^>]*\bhref=["']?(?:https?:)?//"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//|url\(["']?(?:https?:)?//"""
)
"""What a browser would fetch from elsewhere: a script, a picture, a style or a font."""


def place(name: str) -> Any:
    """Return what a dotted name stands for."""
    home, _, last = name.rpartition(".")
    return getattr(import_module(home), last)


def documented(root: Path) -> list[str]:
    pages = [path.read_text(encoding="utf-8") for path in sorted((root / "docs").glob("api-*.md"))]
    return [name for page in pages for name in AUTOMATIC.findall(page)]


def public() -> list[str]:
    """Return the public names of twinseed and of its packages."""
    homes = ["twinseed"] + [
        found.name for found in walk_packages(twinseed.__path__, "twinseed.") if found.ispkg
    ]
    return [
        f"{home}.{name}" for home in homes for name in getattr(import_module(home), "__all__", ())
    ]


def same(one: Any, other: Any) -> bool:
    return one is other or (not callable(one) and type(one) is type(other) and one == other)


@pytest.mark.extras
def test_each_public_name_is_on_one_page_of_the_reference(root: Path) -> None:
    names = documented(root)
    assert [name for name, times in Counter(names).items() if times > 1] == []
    shown = [place(name) for name in names]
    callables = {id(thing) for thing in shown if callable(thing)}
    assert len(callables) == sum(map(callable, shown)), "one thing under two names"
    left_out = [
        name
        for name in public()
        if name != "twinseed.__version__"
        and name not in names
        and not any(same(place(name), thing) for thing in shown)
    ]
    assert left_out == []


def fetched(page: str) -> list[str]:
    return [found[0] for found in OUTSIDE.finditer(page)]


@pytest.mark.nightly  # of `make docs`, which builds the pages first and runs this test
def test_the_built_pages_ask_nothing_of_the_network(root: Path) -> None:
    built = root / "docs" / "_build" / "html"
    files = [path for kind in ("html", "css") for path in built.rglob(f"*.{kind}")]
    found = {path.name: fetched(path.read_text(encoding="utf-8")) for path in files}
    assert {name: links for name, links in found.items() if links} == {}


@pytest.mark.parametrize(
    "page",
    [
        '<script async src="https://cdn.example/mathjax.js"></script>',
        "<img alt='' src='//example.org/a.png'>",
        '<link rel="stylesheet" type="text/css" href="http://example.org/a.css" />',
        '<link href="https://example.org/a.css" rel="stylesheet">',
        "@font-face { src: url(https://example.org/a.woff) }",
        '@import "https://example.org/a.css";',
    ],
)
def test_the_search_for_requests_can_find(page: str) -> None:
    assert len(fetched(page)) == 1


def test_a_link_for_the_reader_is_no_request() -> None:
    assert fetched('<a href="https://arxiv.org/abs/2605.21402">paper</a>') == []
