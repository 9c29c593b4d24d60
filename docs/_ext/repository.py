"""Pages that stand at the top of the repository, and links that lead out of ``docs``.

A page such as docs/glossary.md has one line for readers of the repository; the documentation shows
GLOSSARY.md in its place. Links between the two places are rewritten to the pages shown.
"""

from __future__ import annotations

import re
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
SHOWN = {
    name.lower(): f"{name}.md"
    for name in ("ARCHITECTURE", "CHANGELOG", "CONTRIBUTING", "GLOSSARY", "VISION")
}
"""The page of the documentation, and the file at the top of the repository that it shows."""
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(\s*([^)#\s]+)(#[^)\s]*)?\)")


def target(link: str, top: bool) -> str:
    """Return where a link leads to, seen from ``docs``."""
    if "://" in link or link.startswith("mailto:"):
        return link
    path = link if top else f"docs/{link}"
    path = str((ROOT / path).resolve().relative_to(ROOT))
    for page, name in SHOWN.items():
        if path == name:
            return f"{page}.md"
    if path == "README.md":
        return "index.md"
    return path.removeprefix("docs/") if path.startswith("docs/") else f"../{path}"


def rewritten(text: str, top: bool) -> str:
    """Return the text of a page with its links as seen from ``docs``; a folder is no page.

    >>> rewritten("see [it](docs/audit.md#how-to-read-it) and [that](GLOSSARY.md)", top=True)
    'see [it](audit.md#how-to-read-it) and [that](glossary.md)'
    >>> rewritten("[that](../GLOSSARY.md)", top=False)
    '[that](glossary.md)'
    """

    def link(found: re.Match[str]) -> str:
        leads_to = target(found[2], top)
        is_folder = "://" not in leads_to and (ROOT / "docs" / leads_to).is_dir()
        return found[1] if is_folder else f"[{found[1]}]({leads_to}{found[3] or ''})"

    return LINK.sub(link, text)


def read(app: Sphinx, page: str, source: list[str]) -> None:
    if page in SHOWN:
        path = ROOT / SHOWN[page]
        app.env.note_dependency(str(path))
        source[0] = rewritten(path.read_text(encoding="utf-8"), top=True)
    elif "/" not in page:
        source[0] = rewritten(source[0], top=False)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
