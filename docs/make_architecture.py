"""Put the floors into ARCHITECTURE.md: run it after adding a module or changing its first line.

The floors are those that import-linter enforces (``pyproject.toml``), and the words are the first
line of each module's docstring. The tests compare.
"""

from __future__ import annotations

import ast
import re
import textwrap
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "ARCHITECTURE.md"
PACKAGE = ROOT / "src" / "twinseed"

_BLOCK = re.compile(r"(<!-- floors -->\n```text\n).*?(^```$)", re.M | re.S)


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


def renewed(text: str) -> str:
    """Return the page with the floors as they are now."""
    return _BLOCK.sub(lambda found: found[1] + floors() + found[2], text)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
