"""Exit statuses: every command, every outcome; no traceback unless it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.cli.cli_calls import CALLS, EXTRAS, call, call_in, prepared, replaced

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


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
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
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, BaseException) else "",
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
    assert said in done.stderr
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
OTHERS = np.random.default_rng(3).standard_normal((100, 5))
COPIES = np.random.default_rng(1).standard_normal((3, 100, 5))[0] + 1e-4


@pytest.mark.parametrize(
    ("arrays", "status"),
    [
        ({"samples": FRESH, "train-b": NONE}, 0),
        ({"samples": COPIES, "train-b": NONE}, 1),
        ({"samples": FRESH, "train-b": NONE, "heldout": NONE}, 3),
        ({"samples": FRESH, "train-b": NONE, "heldout": FRESH[:2] + 9.0}, 3),
        ({"samples": FRESH, "samples-b": FRESH + 0.1 * OTHERS}, 0),
        ({"samples": FRESH, "samples-b": FRESH[::-1].copy()}, 3),  # seeds out of line: no answer
        ({"samples": COPIES, "samples-b": COPIES[::-1].copy()}, 1),  # found is found
    ],
    ids=["fresh", "copies", "nothing held out", "two held out", "agree", "reversed", "both"],
)
def test_an_audit_says_three_where_a_question_has_no_answer(
    arrays: dict[str, Any], status: int, tmp_path: Path
) -> None:
    given = dict(arrays)
    done = call("audit", *two(tmp_path, given.pop("samples"), **given), "-q")
    assert done.exit_code == status, call("audit", *two(tmp_path, **arrays)).output


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


def program(*words: str, **settings: Any) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "twinseed", *words],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **settings,
    )


def test_a_reader_that_stops_is_quiet() -> None:
    """Nobody reads at all: each of the first writes fails."""
    for words in (PREDICT, [*PREDICT, "--json"], ["--help"], ["predict", "--help"]):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as closed:
            done = program(*words, stdout=closed)
        assert (done.returncode, done.stderr) == (0, ""), words


def test_a_full_disk_behind_stdout_is_told() -> None:
    with Path("/dev/full").open("w") as full:
        done = program(*PREDICT, stdout=full)
    assert done.returncode == 2
    assert done.stderr.startswith("twinseed: stdout cannot be written (No space left on device)")
    assert len(done.stderr.splitlines()) == 1


def test_no_console_at_all(tmp_path: Path) -> None:
    """As under pythonw: there is neither stdout nor stderr."""
    np.save(tmp_path / "pilot.npy", np.random.default_rng(0).standard_normal((20, 3)))
    for words, status in (
        ([*PREDICT, "-o", "theory.nc"], 0),
        (["plan", "pilot.npy", "--resamples", "10"], 0),
        (["plan", "nowhere.npy"], 2),
    ):
        probe = (
            "import sys\nsys.stdout = sys.stderr = None\n"
            f"from twinseed.cli import app\napp({words!r}, prog_name='twinseed')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", probe], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (status, "", ""), words
    assert (tmp_path / "theory.nc").is_file()


def test_names_in_running_text() -> None:
    names = {"train_a": "--train-a", "n": "--n", "heldout": "--heldout"}
    assert as_typed("train_a and 7 more; pass n=3", names) == "--train-a and 7 more; pass --n 3"
    assert as_typed("kept in train_a.npy, n rows", names) == "kept in train_a.npy, n rows"
    assert as_typed("heldout[2] = train_a[1]", names) == "--heldout[2] = --train-a[1]"
    assert as_typed("held-out rows", names) == "held-out rows"
