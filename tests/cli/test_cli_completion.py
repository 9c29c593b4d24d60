"""The program by its other names, and what a shell is told to complete."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.cli.cli_calls import CALLS, call

import twinseed as ts


def test_python_m_is_the_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "twinseed", "-V"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, f"twinseed {ts.__version__}\n")
    assert call("-V").stdout == call("--version").stdout == done.stdout


@pytest.mark.parametrize(
    ("typed", "offered"),
    [("twinseed ", set(CALLS)), ("twinseed compare --fail", {"--fail-beyond"})],
)
def test_a_shell_is_told_what_may_follow(typed: str, offered: set[str]) -> None:
    """As the script asks that ``--install-completion`` puts into bash."""
    words = typed.split(" ")
    asked = {
        "_TWINSEED_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": typed,
    }
    done = subprocess.run(
        [sys.executable, "-m", "twinseed"],
        env={**os.environ, **asked},
        capture_output=True,
        text=True,
        check=False,
    )
    assert offered <= set(done.stdout.split()), (done.stdout, done.stderr)
