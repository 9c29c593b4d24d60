"""Workers that are processes: the process that calls them keeps what is its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from tests.sweep.test_sweep import JOB, cells

from twinseed.errors import InputError
from twinseed.sweep import run
from twinseed.sweep.processes import in_processes


def interrupt(steps: int) -> None:
    raise KeyboardInterrupt


def nothing(steps: int) -> None:
    return None


@pytest.mark.parametrize("advance", [nothing, interrupt])
def test_the_signals_that_the_caller_holds_back_stay_held(advance: Callable[[int], None]) -> None:
    held = {signal.SIGINT, signal.SIGTERM, signal.SIGUSR1}
    before = signal.pthread_sigmask(signal.SIG_SETMASK, held)
    try:
        with pytest.raises(KeyboardInterrupt) if advance is interrupt else nullcontext():
            run(JOB, cells(2), workers=2, progress=advance)
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == held
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_the_environment_is_never_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for a moment: another thread of the caller would see it."""
    written: list[Any] = []
    kind = type(os.environ)
    monkeypatch.setattr(kind, "__setitem__", lambda self, *item: written.append(item))
    monkeypatch.setattr(kind, "__delitem__", lambda self, name: written.append(name))
    with pytest.raises(KeyboardInterrupt):
        run(JOB, cells(2), workers=2, progress=interrupt)
    assert written == []


def test_only_the_workers_of_this_sweep_are_ended() -> None:
    """Another thread of the caller may start a process of its own while a sweep runs."""
    other = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,))
    started = threading.Event()

    def start() -> None:
        other.start()
        started.set()

    def meanwhile(steps: int) -> None:
        thread = threading.Thread(target=start)
        thread.start()
        assert started.wait(60)
        thread.join()
        raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            run(JOB, cells(2), workers=2, progress=meanwhile)
        other.join(0.2)
        assert other.is_alive()
        assert multiprocessing.active_children() == [other]
    finally:
        other.kill()
        other.join()


def test_a_pool_that_started_nothing_ends_as_well() -> None:
    with pytest.raises(KeyboardInterrupt), in_processes(2):
        raise KeyboardInterrupt


def test_more_workers_than_the_machine_can_use_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    with pytest.raises(InputError, match=r"workers must be at most 12 .* 3 processors .*pass 3"):
        run(JOB, cells(2), workers=13)
    lanes: list[int] = []

    def told(count: int) -> Any:
        lanes.append(count)
        return in_processes(count)

    monkeypatch.setattr("twinseed.sweep.executor.in_processes", told)
    run(JOB, cells(3), workers=12)
    assert lanes == [3], "no more than there are cells"
