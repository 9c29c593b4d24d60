"""Each long command is killed again and again: what it keeps stays good, its answer the same."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from tests.faults.runs import COUNTS, KILLS, RUNS, outputs, prepare, started

pytestmark = [pytest.mark.extras, pytest.mark.nightly]


@pytest.mark.parametrize("name", RUNS)
def test_killed_at_any_moment(name: str, tmp_path: Path) -> None:
    """No file is there in part, and the last run ends with the bytes of a run without a kill."""
    words = RUNS[name]
    for folder in ("warm", "whole"):  # the first run also starts the server of processes
        whole = prepare(tmp_path / folder)
        start = time.monotonic()
        process = started(whole, words)
        process.join()
        assert process.exitcode in (0, 1, 3)
        seconds, status = time.monotonic() - start, process.exitcode
    expected = outputs(whole)
    assert expected == outputs(tmp_path / "warm"), "the same command gives the same bytes"
    rng, kills, folder = np.random.default_rng(KILLS), 0, prepare(tmp_path / "cut")
    while kills < KILLS:
        process = started(folder, words)
        process.join(rng.uniform(0.0, seconds))
        process.kill()
        process.join()
        done = process.exitcode != -signal.SIGKILL
        assert not done or process.exitcode == status, "a run after a kill ends as any run"
        kills += not done
        found = outputs(folder)
        assert {path: found[path] for path in found if expected[path] != found[path]} == {}
        if done:  # nothing is left to kill: begin again
            shutil.rmtree(folder)
            prepare(folder)
    process = started(folder, words)
    process.join()
    assert process.exitcode == status
    assert outputs(folder) == expected
    assert list(folder.rglob(f"{COUNTS}/*")) == []
    print(f"{name}: {kills} kills, a run takes {seconds:.1f} s")


@pytest.mark.parametrize("name", RUNS)
def test_killed_in_the_middle_of_a_write(name: str, tmp_path: Path) -> None:
    """The same, where a random moment is rare: each time another file is cut as it is written."""
    whole, folder = prepare(tmp_path / "whole"), prepare(tmp_path / "cut")
    process = started(whole, RUNS[name])
    process.join()
    status, expected = process.exitcode, outputs(whole)
    opened, kills = 1, 0
    while True:
        process = started(folder, RUNS[name], opened)
        process.join()
        found = outputs(folder)
        assert {path: found[path] for path in found if expected[path] != found[path]} == {}
        if process.exitcode != -signal.SIGXFSZ:
            break
        kills += 1
        opened += 1 + opened // 2  # at every file of a small command, at some files of a large one
    assert kills > 1
    assert process.exitcode == status
    assert outputs(folder) == expected
    assert list(folder.rglob(f"{COUNTS}/*")) == []
    print(f"{name}: {kills} kills in a write")


def test_two_writers_of_one_file_leave_the_file_of_one(tmp_path: Path) -> None:
    """The same output, two seeds, at the same time: a reader never finds a mixture, or a part."""
    words = "simulate --spikes 3 --n 20 --d 10 --replicates 4 -o out.nc --seed"
    alone = []
    for seed in (1, 2):
        folder = prepare(tmp_path / str(seed))
        started(folder, f"{words} {seed}").join()
        alone.append(outputs(folder)["out.nc"])
    assert alone[0] != alone[1]
    output = prepare(tmp_path / "both") / "out.nc"
    output.write_bytes(alone[0])
    for _ in range(10):
        both = [started(output.parent, f"{words} {seed}") for seed in (1, 2)]
        while any(process.is_alive() for process in both):
            assert output.read_bytes() in alone
        assert [process.exitcode for process in both] == [0, 0]
        assert output.read_bytes() in alone
