"""A random caller of every command: an answer, or a sentence and status 1, 2 or 3; no traceback.

The options are the command's own, so that a new one is called without being written here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from tests.cli.cli_calls import CALLS, EXTRAS, call, options_of, prepared
from tests.random_caller.tally import LONGER, called
from tests.random_caller.values import ODD_WORDS

from twinseed.errors import InputError

STATUSES = {0, 1, 2, 3}
LEFT_OUT = {"cluster", "workers", "debug", "demo", "pairs"}
"""A scheduler that nobody answers, many processes, the traceback itself, long runs."""
LONG = {"audit": 12, "plan": 12, "diagram": 12, "train": 12, "reproduce": 12, "doctor": 6}
"""Calls of the commands that take longest; of the others there are twice as many."""


@st.composite
def words(draw: st.DrawFn, command: str) -> list[str]:
    """Return a good call, then up to two options with words that few of them take."""
    options = {name: typed for name, typed in options_of(command).items() if name not in LEFT_OUT}
    flags = [typed for typed in options.values() if typed[0].startswith("-")]
    added: list[str] = []
    for typed in draw(st.lists(st.sampled_from(flags), max_size=2, unique_by=tuple)):
        added.append(draw(st.sampled_from(typed)))
        if draw(st.integers(0, 3)):
            added.append(draw(ODD_WORDS))
    start = CALLS[command].words.split()
    if start and draw(st.integers(0, 4)) == 0:
        start[draw(st.integers(0, len(start) - 1))] = draw(ODD_WORDS)
    return [command, *start, *added]


def _called(arguments: list[str]) -> None:
    found = call(*arguments)
    if "Traceback" in found.output or found.exit_code not in STATUSES:
        raise AssertionError(f"exit status {found.exit_code}: {found.output[-200:]!r}")
    if found.exit_code == 2:
        raise InputError("command", "was refused", found.output, "see there")


def _call(command: str, folder: Path, patch: pytest.MonkeyPatch, longer: int) -> None:
    patch.chdir(prepared(folder))
    if command in EXTRAS:  # the work of minutes is left out; what is checked before it is not

        def stopped(*args: Any, **settings: Any) -> None:
            raise InputError("work", "is left out here", None, "run it by hand")

        patch.setattr(f"{CALLS[command].home}.{CALLS[command].name}", stopped)
    tally = called(command, words(command), _called, LONG.get(command, 24) * longer)
    tally.close()
    assert tally.counts["refusals"] > 0
    assert tally.counts["answers"] > 0 or command in EXTRAS


CORE = [pytest.param(one, marks=[pytest.mark.extras] if one in EXTRAS else []) for one in CALLS]


@pytest.mark.parametrize("command", CORE)
def test_random_commands(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _call(command, tmp_path, monkeypatch, 1)


@pytest.mark.nightly
@pytest.mark.parametrize("command", CORE)
def test_many_random_commands(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _call(command, tmp_path, monkeypatch, LONGER)
