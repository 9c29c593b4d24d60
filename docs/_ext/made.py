"""The directive ``made``: parts of pages that are made from the package at each build."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import twinseed
from twinseed.readout import VARIABLES
from twinseed.status import Status

ROOT = Path(__file__).parents[2]


def variables() -> Iterator[str]:
    """The variables of a readout, each with its symbol, its meaning and its unit."""
    yield "| variable | symbol | what it is; the ends of its range | per factor | unit |"
    yield "|---|---|---|---|---|"
    for name, variable in VARIABLES.items():
        per_factor = "yes" if variable.per_factor else ""
        unit = "variance of the data" if variable.squared_units else ""
        meaning = variable.meaning.replace("|", "\\|")
        yield f"| `{name}` | `{variable.symbol}` | {meaning} | {per_factor} | {unit} |"


def statuses() -> Iterator[str]:
    """The statuses of a value, each with what it means and what to do next."""
    yield "| status | in Python | is there a value? | what it means, and what to do next |"
    yield "|---|---|---|---|"
    for status in Status:
        value = "yes" if status.has_value else "no: NaN"
        yield f"| {status.value} | `Status.{status.name}` | {value} | {status.advice} |"


def schemas() -> Iterator[str]:
    """The JSON Schemas of the package: what each is of, and its keys."""
    for path in sorted((Path(twinseed.__file__).parent / "schemas").glob("*.json")):
        schema = json.loads(path.read_text(encoding="utf-8"))
        link = path.relative_to(ROOT).as_posix()
        yield from (f"### {path.stem}", "", schema["description"].replace("|", "\\|"), "")
        yield from (f"The schema: [{path.name}](../{link}).", "", "| key | holds |", "|---|---|")
        for key, value in schema["properties"].items():
            yield f"| `{key}` | {value.get('description', value.get('type', ''))} |"
        yield ""


def gallery() -> Iterator[str]:
    """Every figure of docs/images, with its description and the page that shows the figure."""
    shown = re.compile(r"!\[([^\]]+)\]\((?:docs/)?images/([\w-]+\.png)\)")
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    found = {
        picture: (sentence, page)
        for page in reversed(pages)
        for sentence, picture in shown.findall(page.read_text(encoding="utf-8"))
    }
    for picture, (sentence, page) in sorted(found.items()):
        title = page.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
        where = "index.md" if page.name == "README.md" else page.name
        yield from (f"![{sentence}](images/{picture})", "")
        yield from (f"{' '.join(sentence.split())}. From [{title}]({where}).", "")


def power() -> Iterator[str]:
    """The rows of exact copies, of the table of powers of calibration.md."""
    page = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
    table = page.partition("<!-- power -->")[2].partition("<!-- end of power -->")[0]
    lines = [line.strip("| ").split("|") for line in table.strip().splitlines()]
    yield "| data | audit | DCR share | NNDR | AuthPct | C_T | mean log | top-5 log |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for cells in lines[2:]:
        name, copies, *fractions = (cell.strip() for cell in cells)
        if copies == "exact":
            yield f"| {name} | {' | '.join(fractions[:7])} |"


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    part.__name__: part for part in (variables, statuses, schemas, gallery, power)
}


class Made(SphinxDirective):
    """A part of a page, by its name in ``PARTS``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        lines = StringList(list(PARTS[self.arguments[0]]()), source=self.get_location())
        found = nodes.section()
        found.document = self.state.document
        self.state.nested_parse(lines, 0, found, match_titles=True)
        self.env.note_reread()
        return found.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("made", Made)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
