"""A Dask scheduler and two workers of one thread each, on this machine, for a test module."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.sweep.test_sweep_faults import wait_until


@contextmanager
def small_cluster(folder: Path, root: Path) -> Iterator[str]:
    """Start them in processes of their own; yield the scheduler's address."""
    found = folder / "scheduler.json"
    common = ("--scheduler-file", str(found), "--host", "127.0.0.1", "--no-dashboard")
    env = {
        **os.environ,
        "PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}",
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",  # so that all retries are ours
    }
    started: list[subprocess.Popen[bytes]] = []

    def addresses() -> list[str]:
        text = found.read_text() if found.exists() else ""
        return re.findall(r"tcp://127\.0\.0\.1:\d+", text)

    def launch(name: str, *options: str) -> None:
        command = (sys.executable, "-m", f"distributed.cli.dask_{name}", *common)
        with (folder / name).open("wb") as log:
            process = subprocess.Popen(
                [*command, "--dashboard-address", "127.0.0.1:0", *options],
                env=env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(process)

    try:
        launch("scheduler", "--port", "0")
        wait_until(lambda: bool(addresses()), started[0])
        launch("worker", "--nworkers", "2", "--nthreads", "1", "--local-directory", str(folder))
        yield addresses()[0]
    finally:
        for process in reversed(started):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
