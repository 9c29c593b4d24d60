"""What the pages of the studies share: tables, marked parts written again, and the machine."""

from __future__ import annotations

import json
import math
import os
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from twinseed.drawing.style import Figure

__all__ = [
    "DOCS",
    "fenced",
    "machine",
    "read",
    "renew",
    "renewed",
    "rounded",
    "table",
    "versions",
    "write",
    "write_part",
    "write_picture",
]

DOCS = Path(__file__).parents[1]


def table(head: Sequence[str], sides: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; ``sides`` has the side of each column: <, ^ (the middle) or >."""
    rule = "|".join({"<": ":--", "^": ":-:", ">": "--:"}[side] for side in sides)
    first, *others = (f"| {' | '.join(cells)} |" for cells in (head, *rows))
    return "\n".join([first, f"|{rule}|", *others])


def fenced(text: str) -> str:
    """Return text as a block of code in Markdown."""
    return f"```text\n{text.rstrip()}\n```"


def renewed(page: str, made: Mapping[str, str]) -> str:
    """Return a page with the text between ``<!-- NAME -->`` and ``<!-- end of NAME -->`` replaced.

    ``made``: the new text of each name.
    """
    for name, text in made.items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end of {name} -->)", re.DOTALL)
        if not pattern.search(page):
            raise ValueError(f"the page has no marker <!-- {name} -->")
        page = pattern.sub(lambda found, text=text: found[1] + text + found[2], page)
    return page


def renew(
    page: Path,
    made: Mapping[str, str],
    figures: Mapping[str, Figure] = MappingProxyType({}),
    dpi: float = 110.0,
) -> None:
    """Write the marked parts of a page again, and its figures by the names of their files."""
    page.write_text(renewed(page.read_text(encoding="utf-8"), made), encoding="utf-8")
    for name, drawn in figures.items():
        write_picture(name, drawn, dpi)


def write_picture(name: str, drawn: Figure, dpi: float = 150.0) -> None:
    """Write a figure into docs/images."""
    from twinseed import drawing

    (DOCS / "images" / f"{name}.png").write_bytes(drawing.as_png(drawn, dpi=dpi))


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of Python, of these packages and of twinseed."""
    found = {name: import_module(name).__version__ for name in (*packages, "twinseed")}
    return {
        "python": platform.python_version(),
        **{name: version.partition("+")[0] for name, version in found.items()},
    }


def machine() -> dict[str, Any]:
    """Return what the bits of a result of torch depend on."""
    cpu = Path("/proc/cpuinfo")
    lines = cpu.read_text().splitlines() if cpu.exists() else []
    models = [text.partition(":")[2].strip() for text in lines if text.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        **versions("torch", "numpy"),
    }


def rounded(value: Any) -> Any:
    """Return numbers to six decimals, also inside mappings, lists and arrays; NaN is None."""
    if isinstance(value, Mapping):
        return {name: rounded(one) for name, one in value.items()}
    if isinstance(value, np.ndarray):
        return rounded(value.tolist())
    if isinstance(value, list):
        return [rounded(one) for one in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return value


def read(path: Path) -> dict[str, Any]:
    """Return results that ``write`` kept; an empty dictionary where nothing is kept yet."""
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def write(path: Path, kept: Mapping[str, Any]) -> None:
    """Keep results as JSON."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(kept) + "\n", encoding="utf-8")


def write_part(path: Path, kept: Mapping[str, Any], *entries: str) -> None:
    """Keep results of which only these entries were computed now.

    ``machines`` tells the machine and the versions of each of these entries. Those under
    ``machine`` are of the entries that ``machines`` does not name.
    """
    write(path, {**kept, "machines": kept.get("machines", {}) | dict.fromkeys(entries, machine())})
