"""Ctrl-C at any moment of each long command: a sentence, no traceback, and the command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tests.faults.runs import KILLS, RUNS, outputs, prepare

pytestmark = [pytest.mark.extras, pytest.mark.nightly]

PROGRAM = """
import signal
from twinseed import __main__ as program

signal.signal(signal.SIGINT, program._stop)  # else a busy machine may not be as far as that
print("begun", flush=True)
program.main()
"""


def begun(folder: Path, words: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    return process


@pytest.mark.parametrize("name", RUNS)
def test_interrupted_at_any_moment(name: str, tmp_path: Path) -> None:
    whole, folder = prepare(tmp_path / "whole"), prepare(tmp_path / "cut")
    start = time.monotonic()
    process = begun(whole, RUNS[name])
    process.communicate()
    seconds, status, expected = time.monotonic() - start, process.returncode, outputs(whole)
    rng, interrupts, longest = np.random.default_rng(1), 0, 0.0
    for share in [0.0, *rng.uniform(0.0, 0.9, KILLS // 4)]:
        process = begun(folder, RUNS[name])
        time.sleep(share * seconds)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it, too
        _, err = process.communicate(timeout=60)
        longest = max(longest, time.monotonic() - start)
        assert "Traceback" not in err, err
        assert process.returncode in (130, status, -signal.SIGINT), err
        if process.returncode == 130:
            interrupts += 1
            assert err.splitlines()[-1].startswith("twinseed: interrupted; ")
            assert "run the same command again" in err.splitlines()[-1]
        else:  # the work was done, and the process was ending
            assert outputs(folder) == expected
    assert interrupts
    process = begun(folder, RUNS[name])
    process.communicate()
    assert process.returncode == status
    assert outputs(folder) == expected
    print(f"{name}: {interrupts} interrupts, the longest took {longest:.2f} s to end")
