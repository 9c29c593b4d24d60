"""A Dask scheduler that is killed while it works: a sentence, and what was done is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.sweep.small_cluster import small_cluster
from tests.sweep.sweep_victim import performed, sweep
from tests.sweep.test_sweep_faults import kept, start, wait_until

from twinseed.neighbours import Nearest
from twinseed.sweep.tasks import Done

pytestmark = [pytest.mark.extras, pytest.mark.nightly]


def test_a_scheduler_that_is_lost(tmp_path: Path, root: Path) -> None:
    from distributed import Client

    log, folder = tmp_path / "log", tmp_path / "cluster"
    folder.mkdir()
    with small_cluster(folder, root) as address:
        with Client(address, set_as_default=False) as client:
            scheduler = client.run_on_scheduler(os.getpid)
        process = start(tmp_path, log, f"cluster={address}", "seconds=0.05")
        wait_until(lambda: len(kept(tmp_path)) >= 10, process)
        os.kill(scheduler, signal.SIGKILL)
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    *shown, last = err.splitlines()
    assert last.endswith("the store"), err
    assert all(line.startswith("sweep: ") for line in shown), err  # no log of Dask
    before, already = kept(tmp_path), len(performed(log))
    assert len(before) >= 10
    found = sweep(tmp_path / "store.db", log, count=400)
    again = performed(log)[already:]
    assert before.isdisjoint(again), "nothing that was kept is done again"
    assert repr(found) == repr(sweep(tmp_path / "other.db", tmp_path / "other", count=400))


def die_as_it_is_sent(kind: type, scheduler: int) -> None:
    """In a worker: when it sends a result of this kind, the scheduler, which asked, is killed."""

    def sent(result: object) -> str:
        os.kill(scheduler, signal.SIGKILL)
        return "nobody gets it"

    kind.__reduce__ = sent  # type: ignore[method-assign, assignment]


CALLED = """
import sys
import numpy as np
import twinseed as ts
from tests.sweep.sweep_victim import JOB, cells
from twinseed.errors import TwinseedError
from twinseed.sweep import run

kind, address, log = sys.argv[1:]
rows = np.random.default_rng(0).standard_normal((2, 40, 5))
try:
    if kind == "Done":
        run(JOB, cells(log, 1, 1, 0.0), cluster=address)
    else:
        ts.measure_shards(cluster=address, train_a=[rows[0]], samples_a=[rows[1]], rng=0)
except TwinseedError as error:
    sys.exit(f"twinseed: {error}")
"""


@pytest.mark.parametrize("kind", [Done, Nearest])
def test_a_scheduler_that_is_lost_as_it_fetches_a_result(
    kind: type, tmp_path: Path, root: Path
) -> None:
    """The only result under way: no other task is cancelled, which would wake the caller."""
    from distributed import Client

    with small_cluster(tmp_path, root) as address:
        with Client(address, set_as_default=False) as client:
            scheduler = client.run_on_scheduler(os.getpid)
            client.wait_for_workers(2)
            client.run(die_as_it_is_sent, kind, scheduler)
        done = subprocess.run(
            [sys.executable, "-c", CALLED, kind.__name__, address, str(tmp_path / "log")],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            timeout=120,
            check=False,
            capture_output=True,
            text=True,
        )
    assert (done.returncode, done.stdout) == (1, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("twinseed: the Dask scheduler at")
    assert "stopped answering: start the scheduler and its workers again" in last
    assert "Traceback" not in done.stderr
