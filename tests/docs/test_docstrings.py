"""Public docstrings: ``Args`` per parameter, ``Returns``, and ``See also`` of real names."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
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


def exported_classes() -> Iterator[tuple[str, ast.ClassDef]]:
    """Yield each class that a package names in ``__all__``, with its dotted name."""
    root = Path(twinseed.__file__).parent
    for init in sorted(root.rglob("__init__.py")):
        if init.parent == root:
            continue
        package = ".".join(["twinseed", *init.parent.relative_to(root).parts])
        exported = getattr(import_module(package), "__all__", ())
        for path in sorted(init.parent.glob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and node.name in exported:
                    yield ".".join([*init.parent.relative_to(root).parts, node.name]), node


def taken(node: ast.FunctionDef) -> list[str]:
    """Return the names of the arguments of a function but ``self``, ``cls`` and ``*positional``."""
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.kwarg]
    return [found.arg for found in every if found is not None and found.arg not in ("self", "cls")]


def functions(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [inner for inner in node.body if isinstance(inner, ast.FunctionDef)]


def constructed_with(node: ast.ClassDef) -> list[str]:
    """Return what a class is made of: the arguments of ``__init__``, or the fields of a record."""
    for inner in functions(node):
        if inner.name == "__init__":
            return taken(inner)
    makers = [ast.unparse(part) for part in (*node.decorator_list, *node.bases)]
    if not any(maker.startswith("dataclass") or maker == "NamedTuple" for maker in makers):
        return []
    fields = [inner for inner in node.body if isinstance(inner, ast.AnnAssign)]
    hidden = re.compile(r"ClassVar|init=False|KW_ONLY")
    return [ast.unparse(field.target) for field in fields if not hidden.search(ast.unparse(field))]


def explained(node: ast.ClassDef) -> list[str]:
    """Return the parameters with an entry of ``Args``, or with a docstring below their field."""
    below = [
        ast.unparse(field.target)
        for field, text in pairwise(node.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    ]
    return [*entries(ast.get_docstring(node) or "", "Args"), *below]


CLASSES = dict(exported_classes())


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_class_of_a_package_explains_each_parameter_once(name: str) -> None:
    made_of = constructed_with(CLASSES[name])
    assert sorted(one for one in explained(CLASSES[name]) if one in made_of) == sorted(made_of)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_a_public_method_has_one_entry_per_parameter(name: str) -> None:
    """A method without a docstring has the docstring of the method that it overrides."""
    for method in functions(CLASSES[name]):
        docstring = ast.get_docstring(method)
        if not method.name.startswith("_") and docstring:
            assert entries(docstring, "Args") == taken(method), method.name


def test_the_search_for_classes_can_find() -> None:
    assert {"filters.Ridge", "denoise.networks.UNet", "generators.LinearGenerator"} <= set(CLASSES)
    assert constructed_with(CLASSES["coupling.Outlier"]) == ["position", "overlap", "separated"]
    assert constructed_with(CLASSES["filters.Ridge"]) == ["strength"]
