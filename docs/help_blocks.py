"""Put the commands' own help into command-line.md: run it after changing an option.

A fence that follows the line ``<!-- help: COMMAND -->`` is replaced by what ``twinseed COMMAND
--help`` prints. The tests compare.
"""

from __future__ import annotations

import re
from pathlib import Path

from typer.testing import CliRunner

PAGE = Path(__file__).with_name("command-line.md")

_BLOCK = re.compile(r"(<!-- help:(?P<command>[\w ]*)-->\n```text\n).*?(^```$)", re.M | re.S)


def shown(command: str) -> str:
    """Return the help of a command, 80 columns wide."""
    from twinseed.cli import app

    runner = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    result = runner.invoke(app, [*command.split(), "--help"], prog_name="twinseed")
    assert result.exit_code == 0, result.output
    return result.output


def renewed(text: str) -> str:
    """Return the page with every help block as it is now."""
    return _BLOCK.sub(lambda found: found[1] + shown(found["command"]) + found[3], text)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
