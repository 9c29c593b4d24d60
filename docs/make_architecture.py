"""Put the floors into ARCHITECTURE.md, after a module is added or its first line has changed.

Usage, from the root of the repository: python -m docs.make_architecture

The floors are those that import-linter enforces (``pyproject.toml``), and the words are the first
line of each module's docstring. The tests compare.
"""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib

from docs.studies import pages

ROOT = pages.DOCS.parent
PAGE = ROOT / "ARCHITECTURE.md"
PACKAGE = ROOT / "src" / "twinseed"


def layers() -> list[list[str]]:
    """Return the modules of each floor, the highest floor first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    floors = project["tool"]["importlinter"]["contracts"][0]["layers"]
    return [re.findall(r"\w+", floor) for floor in floors]


def words(name: str) -> str:
    """Return the first line of a module's docstring."""
    inside = PACKAGE / name / "__init__.py"
    path = inside if inside.is_file() else PACKAGE / f"{name}.py"
    documented = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(documented.partition("\n\n")[0].split())


def floors() -> str:
    """Return the picture of the floors."""
    lines = []
    found = layers()
    for place, names in enumerate(found):
        for k, name in enumerate(names):
            number = f"{len(found) - 1 - place:>3}" if k == 0 else "   "
            start = f"{number}  {name:<13} "
            lines += textwrap.wrap(
                words(name), 96, initial_indent=start, subsequent_indent=" " * 19
            )
    return "\n".join(lines) + "\n"


def made() -> dict[str, str]:
    """Return the marked part of the page."""
    return {"floors": pages.fenced(floors())}


if __name__ == "__main__":
    pages.renew(PAGE, made())
