"""Ctrl-C ends a command at once, also in the middle of a step that lets threads run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

STUCK = """
import sqlite3
from twinseed.cli.errors import guarded

@guarded(interrupted="interrupted; go on")
def stuck():
    print("working", flush=True)
    # One step for Python, and endless: like numpy's decompositions, but quick to set up.
    sqlite3.connect(":memory:").execute(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"
    )

@guarded(interrupted="interrupted; go on")
def patient():
    import time
    from twinseed.cli import interrupt
    interrupt._PATIENCE = 60.0  # it ends by itself, however busy the machine
    try:
        print("working", flush=True)
        time.sleep(600)
    finally:
        print("tidied up", flush=True)
"""


@pytest.mark.parametrize(("command", "last"), [("stuck", ""), ("patient", "tidied up\n")])
def test_ctrl_c_ends_a_command_in_the_middle_of_a_step(command: str, last: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", f"{STUCK}\nfrom typer import run\nrun({command})"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    try:
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out) == (130, last)
    assert err == "twinseed: interrupted; go on\n"
