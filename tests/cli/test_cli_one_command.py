"""The program makes the command that is named, and all of them where that is needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from twinseed import cli
from twinseed.cli import COMMANDS
from twinseed.cli.values import LightCommand

ALL = "from twinseed.cli import app; app(prog_name='twinseed')"


@pytest.mark.parametrize(
    "line",
    ["", "--help", "-V", "audti", "audit --help", "audit -x", "audit --seed x", "plan", "--x plan"],
)
def test_the_program_answers_as_all_commands_do(line: str) -> None:
    told = [
        subprocess.run(
            [sys.executable, *start, *line.split()], capture_output=True, text=True, check=False
        )
        for start in (["-m", "twinseed"], ["-c", ALL])
    ]
    one, other = ((done.returncode, done.stdout, done.stderr) for done in told)
    assert one == other
    assert told[0].stdout + told[0].stderr


def test_a_named_command_is_the_only_one_that_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, ...]] = []

    def recorded(names: Sequence[str]) -> Callable[..., None]:
        made.append(tuple(names))
        return lambda *words, **settings: None

    monkeypatch.setattr(cli, "_made", recorded)
    for words in (["plan", "rows.npy"], ["--help"], ["plans"], []):
        cli.run(words)
    assert made == [("plan",), COMMANDS, COMMANDS, COMMANDS]


def test_the_module_has_no_other_name_that_is_made_late() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = cli.nothing


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ([], {"text": None, "number": 5, "several": [], "flag": False, "share": 0.1}),
        (["--text", "7", "--number", "7"], {"text": "7", "number": 7}),
        (["--several", "1", "--several", "2", "--flag"], {"several": ["1", "2"], "flag": True}),
        (["--share", "1"], {"share": 1.0}),
    ],
)
def test_values_are_those_that_typer_reads(given: list[str], read: dict[str, Any]) -> None:
    for settings in ({"cls": LightCommand}, {}):
        seen = _read(given, settings)
        assert {name: seen[name] for name in read} == read
        assert [type(seen[name]) for name in read] == [type(value) for value in read.values()]


def _read(given: list[str], settings: dict[str, Any]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    app = typer.Typer()

    @app.command(**settings)
    def command(
        text: str | None = None,
        number: int = 5,
        several: list[str] | None = None,
        flag: bool = False,
        share: float = 0.1,
    ) -> None:
        seen.update(text=text, number=number, several=several or [], flag=flag, share=share)

    assert CliRunner().invoke(app, given).exit_code == 0
    return seen
