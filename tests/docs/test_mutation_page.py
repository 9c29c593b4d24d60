"""The page of the mutation run names functions that exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import twinseed

PACKAGE = Path(twinseed.__file__).parent
NAMED = re.compile(r"^- `([\w/]+\.py) ([\w.]+|\(module\))`:$", re.MULTILINE)


def test_every_function_on_the_page_is_in_its_file(root: Path) -> None:
    """To repair: write where the function is now, or run ``make mutants`` again."""
    named = NAMED.findall((root / "docs" / "mutation.md").read_text("utf-8"))
    assert len(named) > 50
    assert [one for one in named if not is_in(*one)] == []


@pytest.mark.parametrize(
    ("file", "name"),
    [("filters/ridge.py", "Ridgy"), ("filters/ridges.py", "(module)"), ("a.py", "Ridge.no")],
)
def test_the_check_can_fail(file: str, name: str) -> None:
    assert is_in("filters/ridge.py", "Ridge.__call__")
    assert not is_in(file, name)


def is_in(file: str, name: str) -> bool:
    """Say whether a file of the package defines a name, which may lie within a class."""
    if not (PACKAGE / file).is_file():
        return False
    inner: list[ast.stmt] = ast.parse((PACKAGE / file).read_text("utf-8")).body
    for part in name.split(".") if name != "(module)" else ():
        found = [one for one in inner if getattr(one, "name", "") == part]
        if not found:
            return False
        inner = getattr(found[0], "body", [])
    return True
