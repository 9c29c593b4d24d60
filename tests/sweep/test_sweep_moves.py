"""A long sweep begins in threads and goes on in processes, with the same bits."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from twinseed.sweep import Cell, Job, Store, executor, run, tasks
from twinseed.sweep.tasks import Done, Queue

JOB = Job("test", "1", (7, 11))


def short(rng: np.random.Generator) -> Mapping[str, Any]:
    """A draw, and the process in which it was made."""
    time.sleep(0.005)
    return {"drawn": rng.standard_normal(3).tolist(), "process": os.getpid()}


def cells(work: Callable[..., Any], count: int = 40) -> list[Cell]:
    return [Cell(work, {"number": number}, group="all") for number in range(count)]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let processes take over after a few hundredths of a second."""
    monkeypatch.setattr(tasks, "_KNOWN", 0.02)
    monkeypatch.setattr(executor, "_LONG", 0.01)


def moved(work: Callable[..., Any] = short, **options: Any) -> list[Mapping[str, Any]]:
    return run(JOB, cells(work), workers=2, in_threads=True, long_in_processes=True, **options)


def places(found: list[Mapping[str, Any]]) -> set[int]:
    return {one["process"] for one in found}


def test_processes_take_over_with_the_same_bits(tmp_path: Path) -> None:
    alone, seen = run(JOB, cells(short)), []
    with Store(tmp_path / "store.db", JOB) as store:
        found = moved(store=store, progress=seen.append)
    assert [one["drawn"] for one in found] == [one["drawn"] for one in alone]
    assert places(found) > {os.getpid()}
    assert sum(seen) == 40


def test_a_short_sweep_stays_in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "_LONG", 60.0)
    assert places(moved()) == {os.getpid()}


def test_threads_of_another_verb_stay_threads() -> None:
    assert places(run(JOB, cells(short), workers=2, in_threads=True)) == {os.getpid()}


def test_work_that_cannot_travel_stays_in_threads() -> None:
    assert places(moved(lambda rng: short(rng))) == {os.getpid()}


def test_work_that_only_the_script_defines_stays_in_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main = sys.modules["__main__"]
    monkeypatch.setattr(short, "__module__", "__main__")
    monkeypatch.setattr(main, "short", short, raising=False)
    assert places(moved()) == {os.getpid()}


@pytest.mark.parametrize("guarded", [False, True])
def test_a_script_without_a_guard_stays_in_threads(
    guarded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new interpreter imports the script, and would begin the sweep again."""
    script = tmp_path / "script.py"
    script.write_text('if __name__ == "__main__":\n    pass\n' if guarded else "pass\n")
    monkeypatch.setitem(
        sys.modules, "__main__", SimpleNamespace(__file__=str(script), __spec__=None)
    )
    found = places(moved(partial(short)))
    assert (found > {os.getpid()}) if guarded else (found == {os.getpid()})


def test_the_time_left_is_told_once_enough_work_is_done() -> None:
    queue = Queue(JOB, {str(k): cell for k, cell in enumerate(cells(short, 10))})
    assert queue.seconds_left == 0.0
    keys, task = queue.take(1)
    queue.learn(keys, task, Done(("{}",), 0.015))
    assert (len(queue), queue.seconds_left) == (9, 0.0)
    keys, task = queue.take(1)
    queue.learn(keys, task, Done(("{}",) * 3, 0.025))
    assert (len(queue), queue.seconds_left) == (6, pytest.approx(6 * 0.04 / 4))
