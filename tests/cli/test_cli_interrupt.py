"""Ctrl-C ends a command at once, also in the middle of a step that lets threads run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

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


SENT = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
AS_IT_ENDS = f"import atexit\n\n@atexit.register\ndef ended():\n    exec({SENT!r})\n"


@pytest.mark.parametrize(
    ("module", "source", "printed"),
    [
        ("typer.py", SENT, False),  # while the program imports
        ("sitecustomize.py", AS_IT_ENDS, True),
    ],
)
def test_ctrl_c_before_and_after_the_work_shows_no_traceback(
    module: str, source: str, printed: bool, tmp_path: Path
) -> None:
    (tmp_path / module).write_text(source)
    done = subprocess.run(
        [sys.executable, "-m", "twinseed", *["predict", "--spikes", "3", "--n", "8", "--d", "6"]],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert (done.returncode, "convergence" in done.stdout) == (130, printed)
    assert done.stderr == "twinseed: interrupted; run the same command again\n"


def test_where_ctrl_c_is_ignored_it_stays_ignored(tmp_path: Path) -> None:
    """As in a script's background, and under nohup."""
    (tmp_path / "sitecustomize.py").write_text(AS_IT_ENDS.replace("time.sleep(60)", "pass"))
    done = subprocess.run(
        [sys.executable, "-m", "twinseed", "--version"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
