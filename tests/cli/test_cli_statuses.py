"""Exit statuses: every command, every outcome; no traceback unless it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.cli.cli_calls import CALLS, EXTRAS, SERVES, call, call_in, prepared, replaced

from twinseed.cli.errors import as_typed
from twinseed.errors import InputError, MissingExtraError, ReadoutError, StoreError

COMMANDS = [
    pytest.param(name, marks=[pytest.mark.extras] if name in EXTRAS else []) for name in CALLS
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("statuses"))


def raising(error: BaseException) -> Any:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise error

    return fail


def test_every_command_has_a_call() -> None:
    from typer.main import get_command

    from twinseed.cli import app

    assert set(get_command(app).commands) == set(CALLS)  # type: ignore[attr-defined]  # a group


ERRORS = [
    (KeyError("levels"), 70, "KeyError: 'levels'"),
    (ZeroDivisionError("division by zero"), 70, "ZeroDivisionError"),
    (RecursionError("too deep"), 70, "RecursionError"),
    (BrokenPipeError(32, "Broken pipe"), 70, "Broken pipe"),  # a worker's, as stdout's is quiet
    (AssertionError("two\nlines"), 70, "two lines"),
    (InputError("rng", "must be a seed", -1, "pass one"), 2, "--"),
    (StoreError("the store is of another job"), 2, "another job"),
    (ReadoutError("no readout"), 2, "no readout"),
    (MissingExtraError("torch", "denoise", "Training"), 2, "twinseed[denoise]"),
    (MemoryError(), 2, "memory"),
    (OSError(28, os.strerror(28), "rows.npy"), 2, "rows.npy cannot be used (No space left"),
    (TimeoutError(), 2, "TimeoutError"),
    (KeyboardInterrupt(), 130, "interrupted"),
]
EVERYWHERE = (KeyError, InputError, KeyboardInterrupt)
"""Errors that each command is tried with: one for each status. Others end in the same guard."""


@pytest.mark.parametrize(
    ("command", "error", "status", "said"),
    [
        pytest.param(
            command,
            *case,
            marks=[pytest.mark.extras] if command in EXTRAS else [],
            id=f"{command}-{type(case[0]).__name__}",
        )
        for command in CALLS
        for case in ERRORS
        if command == "predict" or isinstance(case[0], EVERYWHERE)
    ],
)
def test_what_goes_wrong_is_a_sentence_and_a_status(
    command: str,
    error: BaseException,
    status: int,
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with replaced(command, raising(error)):
        done = call_in(folder, monkeypatch, command)
    assert done.exit_code == status, done.output
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("twinseed: ")
    stopped = command in SERVES and said == "interrupted"  # to end such a command is its use
    assert ("stopped" if stopped else said) in done.stderr
    assert "Traceback" not in done.stderr
    if status == 70:
        assert "--debug" in done.stderr
        assert f"`twinseed {command}`" in done.stderr
        assert "report" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_debug_shows_the_traceback(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in ((KeyError("levels"), 70), (StoreError("another job"), 2)):
        with replaced(command, raising(error)):
            done = call_in(folder, monkeypatch, command, "--debug")
        assert done.exit_code == status
        assert "Traceback (most recent call last)" in done.stderr
        assert done.stderr.splitlines()[-1].startswith("twinseed: ")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_bad_input(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = call_in(folder, monkeypatch, command, "--no-such-option")
    assert done.exit_code == 2
    assert "--no-such-option" in done.stderr


def two(folder: Path, samples: np.ndarray, **more: np.ndarray) -> list[object]:
    """Write the arrays of an audit; return the words that name them."""
    draw = np.random.default_rng(1)
    a, b, heldout = draw.standard_normal((3, 100, 5))
    arrays = {"train-a": a, "samples-a": samples, "heldout": heldout, "train-b": b, **more}
    words: list[object] = []
    for name, rows in arrays.items():
        if len(rows):
            np.save(folder / f"{name}.npy", rows)
            words += [f"--{name}", folder / f"{name}.npy"]
    return words


NONE = np.zeros((0, 5))
FRESH = np.random.default_rng(2).standard_normal((100, 5))
COPIES = np.random.default_rng(1).standard_normal((3, 100, 5))[0] + 1e-4


@pytest.mark.parametrize(
    ("arrays", "status"),
    [
        ({"samples": FRESH, "train-b": NONE}, 0),
        ({"samples": COPIES, "train-b": NONE}, 1),
        ({"samples": FRESH, "train-b": NONE, "heldout": NONE}, 3),
        ({"samples": FRESH, "samples-b": FRESH[::-1].copy()}, 3),  # seeds out of line: no answer
    ],
    ids=["fresh", "copies", "nothing held out", "reversed"],
)
def test_an_audit_says_three_where_a_question_has_no_answer(
    arrays: dict[str, Any], status: int, tmp_path: Path
) -> None:
    given = dict(arrays)
    done = call("audit", *two(tmp_path, given.pop("samples"), **given), "-q")
    assert done.exit_code == status, call("audit", *two(tmp_path, **arrays)).output


@pytest.mark.parametrize(
    ("copies", "unanswered", "status"),
    [
        (False, (), 0),
        (True, (), 1),
        (False, ("copying",), 3),
        (False, ("convergence",), 3),
        (True, ("convergence",), 1),  # found is found
        (True, ("copying", "convergence"), 1),
    ],
)
def test_the_status_of_an_audit_is_that_of_its_outcome(
    copies: bool,
    unanswered: tuple[str, ...],
    status: int,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = SimpleNamespace(failed=copies, unanswered=unanswered)
    found.with_notes = lambda notes: found
    with replaced("audit", lambda **_: found):
        assert call_in(folder, monkeypatch, "audit", "-q").exit_code == status


def test_a_pilot_without_factors_still_plans_convergence(tmp_path: Path) -> None:
    np.save(tmp_path / "pilot.npy", np.random.default_rng(0).standard_normal((60, 8)))
    words = ("plan", tmp_path / "pilot.npy", "--resamples", 10, "--convergence", 0.5)
    done = call(*words, "--recovery", 0.5)
    assert done.exit_code == 3, done.output
    assert "convergence 0.5: " in done.stdout
    assert "recovery 0.5 of factor 1: cannot be told, as no factor stands out" in done.stdout
    assert call(*words, "-q").exit_code == 0


def test_workers_beyond_the_machine_are_refused() -> None:
    done = call("simulate", *CALLS["simulate"].words.split(), "--workers", 1000)
    assert done.exit_code == 2
    assert "--workers must be at most" in done.stderr


@pytest.mark.parametrize("name", [":memory:", "file:draws.sqlite", ":"])
@pytest.mark.parametrize("command", ["simulate", "diagram"])
def test_a_store_is_a_file(
    command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = call_in(tmp_path, monkeypatch, command, "--store", name)
    assert done.exit_code == 2
    assert "--store must be a file" in done.stderr
    assert list(tmp_path.iterdir()) == []


PREDICT = ["predict", "--spikes", "3", "--gamma", "1"]


Ended = tuple[int, str]
"""An exit status, and what stood on stderr."""

PROGRAMS = """
import contextlib, io, os, runpy, sys
from twinseed.cli import app

jobs = eval(sys.stdin.read())
with contextlib.redirect_stdout(io.StringIO()):
    app(jobs[0][1], prog_name="twinseed", standalone_mode=False)  # loads what the children need

def started(words, stdout, stderr):
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.dup2(stderr, 2)
    if stdout is None:
        sys.stdout = sys.stderr = None  # as under pythonw: there is no console
    else:
        os.dup2(stdout, 1)
    sys.argv = ["twinseed", *words]
    if stdout is None:
        app(words, prog_name="twinseed")
    else:
        runpy.run_module("twinseed", run_name="__main__", alter_sys=True)

for number, (kind, words) in enumerate(jobs):
    with open(f"{number}.err", "wb") as errors:
        if kind == "full":
            stdout = os.open("/dev/full", os.O_WRONLY)
        elif kind == "closed":
            read, stdout = os.pipe()
            os.close(read)
        else:
            stdout = None
        status = started(words, stdout, errors.fileno())
    with open(f"{number}.status", "w") as file:
        file.write(str(status))
"""
"""Run each command in a child of a process that has loaded everything; the child ends by itself."""

BARE = [
    ([*PREDICT, "-o", "theory.nc"], 0),
    (["plan", "pilot.npy", "--resamples", "10"], 0),
    (["plan", "nowhere.npy"], 2),
]
UNREAD = [PREDICT, [*PREDICT, "--json"], ["--help"], ["predict", "--help"]]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Ended]]:
    """Return how commands end on a closed pipe, on a full disk, and without a console."""
    folder = tmp_path_factory.mktemp("programs")
    np.save(folder / "pilot.npy", np.random.default_rng(0).standard_normal((20, 3)))
    jobs = [("closed", words) for words in UNREAD]
    jobs += [("full", PREDICT), *(("bare", words) for words, _ in BARE)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS],
        cwd=folder,
        input=repr(jobs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (folder / "theory.nc").is_file()
    found: dict[str, list[Ended]] = {}
    for number, (kind, _) in enumerate(jobs):
        status, errors = (folder / f"{number}.{part}" for part in ("status", "err"))
        found.setdefault(kind, []).append((int(status.read_text()), errors.read_text()))
    return found


def test_a_reader_that_stops_is_quiet(ended: dict[str, list[Ended]]) -> None:
    """Nobody reads at all: each of the first writes fails."""
    assert ended["closed"] == [(0, "")] * len(UNREAD)


def test_a_full_disk_behind_stdout_is_told(ended: dict[str, list[Ended]]) -> None:
    ((status, told),) = ended["full"]
    assert status == 2
    assert told.startswith("twinseed: stdout cannot be written (No space left on device)")
    assert len(told.splitlines()) == 1


def test_no_console_at_all(ended: dict[str, list[Ended]]) -> None:
    """As under pythonw: there is neither stdout nor stderr."""
    assert ended["bare"] == [(status, "") for _, status in BARE]


def test_names_in_running_text() -> None:
    names = {"train_a": "--train-a", "n": "--n", "heldout": "--heldout"}
    assert as_typed("train_a and 7 more; pass n=3", names) == "--train-a and 7 more; pass --n 3"
    assert as_typed("kept in train_a.npy, n rows", names) == "kept in train_a.npy, n rows"
    assert as_typed("heldout[2] = train_a[1]", names) == "--heldout[2] = --train-a[1]"
    assert as_typed("held-out rows", names) == "held-out rows"
