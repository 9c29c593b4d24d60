"""A sweep that is killed, interrupted or out of disk: nothing done is lost, or done twice."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sweep.sweep_victim import performed, sweep

from twinseed.sweep import stored


def may_mount() -> bool:
    """Whether this process has Linux's right to mount (CAP_SYS_ADMIN, bit 21 of its rights)."""
    status = Path("/proc/self/status")
    rights = re.search(r"CapEff:\s*(\w+)", status.read_text()) if status.exists() else None
    return rights is not None and bool(int(rights[1], 16) >> 21 & 1)


LIMITS = ["file", "disk"] if may_mount() else ["file"]
"""A limit on the size of files can be set by everybody; some may also mount a small disk."""


def start(folder: Path, log: Path, *options: str, limit: str = "") -> subprocess.Popen[str]:
    """Start the victim in a session of its own, so that its whole group can be signalled."""
    return subprocess.Popen(
        [
            *(["bash", "-c", f'{limit}; exec "$@"', "bash"] if limit else []),
            *(sys.executable, "-m", "tests.sweep.sweep_victim"),
            *(str(folder / "store.db"), str(log), "cells=400", *options),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextmanager
def limited(folder: Path) -> Iterator[None]:
    """Mount half a mebibyte on the folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def kept(folder: Path) -> set[int]:
    """Return the numbers of the cells that the store holds."""
    path = folder / "store.db"
    return {about["number"] for about, _ in stored(path)} if path.exists() else set()


def more_than(log: Path, count: int) -> bool:
    return len(performed(log)) > count


def wait_until(condition: Callable[[], bool], process: Any) -> None:
    """Wait for what a running process is to bring about."""
    while not condition():
        time.sleep(0.01)
        code = process.poll() if isinstance(process, subprocess.Popen) else process.exitcode
        assert code is None, f"it ended with status {code}"


@pytest.mark.parametrize(
    ("workers", "kills", "latest", "count", "in_flight"),
    [
        pytest.param(1, 20, 0.1, 600, 1, id="alone"),
        # Under way: two tasks, and two more that came in, each of at most a tenth of a second.
        pytest.param(2, 2, 0.3, 400, 40, id="two workers"),
        pytest.param(2, 20, 0.6, 4000, 40, id="two workers, often", marks=pytest.mark.nightly),
    ],
)
def test_killed_at_random_moments(
    tmp_path: Path, workers: int, kills: int, latest: float, count: int, in_flight: int
) -> None:
    """Killed as it starts, as it works, as it stores: what was kept stays, and is not redone."""
    rng = np.random.default_rng(kills)
    log = tmp_path / "log"
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.sweep.sweep_victim"])
    for kill in range(kills):
        before, already = kept(tmp_path), len(performed(log))
        process = context.Process(
            target=sweep, args=(tmp_path / "store.db", log, workers, None, count, 0, 0.01)
        )
        process.start()
        if kill % 2 == 0:  # else perhaps while it starts
            wait_until(partial(more_than, log, already), process)
        process.join(rng.uniform(0.0, latest))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL, "it was not done yet"
        now, done = kept(tmp_path), performed(log)
        assert before <= now, "nothing that was kept is lost"
        assert before.isdisjoint(done[already:]), "nor done again"
        assert len(set(done) - now) <= in_flight, "what was done was kept"
    before, already = kept(tmp_path), len(performed(log))
    assert 0 < len(before) < count
    found = sweep(tmp_path / "store.db", log, workers, None, count)
    assert sorted(performed(log)[already:]) == sorted(set(range(count)) - before)
    assert repr(found) == repr(sweep(tmp_path / "other.db", tmp_path / "other", count=count))


@pytest.mark.parametrize("limit", LIMITS)
def test_a_full_disk(tmp_path: Path, limit: str) -> None:
    """A clear error; the store stays readable, and the sweep goes on when there is room."""
    folder = tmp_path / "small"
    folder.mkdir()
    log = tmp_path / "log"
    with limited(folder) if limit == "disk" else nullcontext():
        process = start(folder, log, limit="ulimit -f 64" if limit == "file" else "")
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (2, "")
        assert f"the store {folder / 'store.db'} cannot be written" in err
        assert "free space on the disk and run the same command again" in err
        assert "Traceback" not in err
        before = kept(folder)
        assert 0 < len(before) < 400
        assert 0 < len(performed(log)) - len(before) <= 1
        if limit == "disk":
            again = start(folder, log)
            assert again.communicate(timeout=60)[0] == ""
            assert kept(folder) == before, "still no room, and still there"
            subprocess.run(["mount", "-o", "remount,size=8m", str(folder)], check=True)
        already = len(performed(log))
        found = sweep(folder / "store.db", log, count=400)
        assert sorted(performed(log)[already:]) == sorted(set(range(400)) - before)
    assert repr(found) == repr(sweep(tmp_path / "other.db", tmp_path / "other", count=400))


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_everything_at_once_and_cleanly(tmp_path: Path, workers: int) -> None:
    """The group gets the signal, as from a terminal; nobody waits for a cell, or says a word."""
    log = tmp_path / "log"
    process = start(tmp_path, log, f"workers={workers}", "quick=4", "seconds=600")
    wait_until(lambda: len(kept(tmp_path)) >= 2, process)
    os.killpg(process.pid, signal.SIGINT)
    # The pipes are inherited by the workers: that they close means that all have ended.
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert all(line.startswith("sweep: ") for line in err.splitlines()), err
    before, already = kept(tmp_path), len(performed(log))
    sweep(tmp_path / "store.db", log, count=20)
    assert sorted(performed(log)[already:]) == sorted(set(range(20)) - before)


def test_a_worker_leaves_ctrl_c_to_the_sweep_even_while_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    monkeypatch.setenv("VICTIM_STARTS", str(started))
    process = start(tmp_path, tmp_path / "log", "workers=2")
    wait_until(lambda: started.exists() and started.read_text().endswith("\n"), process)
    os.kill(int(started.read_text().split()[0]), signal.SIGINT)
    err = process.communicate(timeout=60)[1]
    assert process.returncode == 0
    assert all(line.startswith("sweep: ") for line in err.splitlines()), err
    assert len(performed(tmp_path / "log")) == 400
