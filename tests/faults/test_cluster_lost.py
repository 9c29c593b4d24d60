"""A Dask scheduler that is killed while it works: a sentence, and what was done is kept."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.sweep.small_cluster import small_cluster
from tests.sweep.sweep_victim import performed, sweep
from tests.sweep.test_sweep_faults import kept, start, wait_until

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
