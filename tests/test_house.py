"""The rules of ARCHITECTURE.md that import-linter cannot hold, read from the source files."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import twinseed

SOURCE = Path(twinseed.__file__).parent
MODULES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))}


def test_no_two_classes_have_one_name() -> None:
    """A leading underscore makes no second name."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path, module in MODULES.items():
        for node in module.body:
            if isinstance(node, ast.ClassDef):
                homes[node.name.lstrip("_")].append(str(path.relative_to(SOURCE)))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}
