"""Public docstrings: ``Args`` per parameter, ``Returns``, and ``See also`` of real names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import twinseed

PUBLIC = {name: getattr(twinseed, name) for name in twinseed.__all__ if name != "__version__"}
WITHOUT_ARGUMENTS = {"Filter", "Shrinkage", "Status", "TwinseedError"}


def parameters(thing: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters; ``*positional`` only catches calls without names."""
    found = inspect.signature(thing).parameters
    return [name for name in found if name not in ("self", "positional")]


def entries(docstring: str, title: str) -> list[str]:
    """Return the names of the entries below a title such as ``Args:``."""
    part = re.search(rf"^{title}:\n((?: .*\n|\n(?= ))+)", docstring + "\n", re.MULTILINE)
    return re.findall(r"^    (\w+): \S", part[1], re.MULTILINE) if part else []


@pytest.mark.parametrize("name", sorted(set(PUBLIC) - WITHOUT_ARGUMENTS))
def test_each_parameter_has_one_entry(name: str) -> None:
    docstring = inspect.getdoc(PUBLIC[name]) or ""
    assert entries(docstring, "Args") == parameters(PUBLIC[name])


def test_what_is_left_out_takes_no_arguments() -> None:
    for name in WITHOUT_ARGUMENTS - {"Status", "TwinseedError"}:
        assert parameters(PUBLIC[name]) == []


@pytest.mark.parametrize("name", sorted(n for n in PUBLIC if inspect.isfunction(PUBLIC[n])))
def test_a_function_says_what_it_returns(name: str) -> None:
    assert re.search(r"^Returns:\n    \S", inspect.getdoc(PUBLIC[name]) or "", re.MULTILINE)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_see_also_names_public_names(name: str) -> None:
    docstring = inspect.getdoc(PUBLIC[name]) or ""
    part = re.search(r"^See also: ((?:.+\n?)+)\Z", docstring, re.MULTILINE)
    assert part, "ends in See also"
    others = re.findall(r"``([\w.]+)``", part[1])
    assert others
    assert name not in others
    for other in others:
        first, *rest = other.split(".")
        found = PUBLIC[first]
        for attribute in rest:
            found = getattr(found, attribute)


@pytest.mark.parametrize("name", sorted(n for n in PUBLIC if inspect.isclass(PUBLIC[n])))
def test_each_public_method_says_what_it_does(name: str) -> None:
    for attribute, found in vars(PUBLIC[name]).items():
        is_method = isinstance(found, (property, classmethod, staticmethod))
        if not attribute.startswith("_") and (is_method or inspect.isfunction(found)):
            assert inspect.getdoc(getattr(PUBLIC[name], attribute)), attribute


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_the_parts_come_in_one_order(name: str) -> None:
    docstring = inspect.getdoc(PUBLIC[name]) or ""
    order = ["Args", "Returns", "Raises", "Validity", "Source", "See also"]
    places = [(found.start(), part) for part in order if (found := part_of(docstring, part))]
    assert places == sorted(places)


def part_of(docstring: str, title: str) -> re.Match[str] | None:
    return re.search(rf"^{title}:", docstring, re.MULTILINE)
