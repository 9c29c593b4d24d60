"""Put the commands' own help into command-line.md, after an option has changed.

Usage, from the root of the repository: python -m docs.help_blocks

The part of the page between ``<!-- help: COMMAND -->`` and its end is replaced by what ``twinseed
COMMAND --help`` prints. The tests compare.
"""

from __future__ import annotations

import re

from docs.studies import pages
from typer.testing import CliRunner

PAGE = pages.DOCS / "command-line.md"


def shown(command: str) -> str:
    """Return the help of a command, 80 columns wide."""
    from twinseed.cli import app

    runner = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    result = runner.invoke(app, [*command.split(), "--help"], prog_name="twinseed")
    assert result.exit_code == 0, result.output
    return result.output


def made(page: str) -> dict[str, str]:
    """Return every help block of the page by its name."""
    names = re.findall(r"<!-- (help:[\w ]*?) ?-->", page)
    return {name: pages.fenced(shown(name.partition(":")[2])) for name in names}


if __name__ == "__main__":
    pages.renew(PAGE, made(PAGE.read_text(encoding="utf-8")))
