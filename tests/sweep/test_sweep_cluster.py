"""A sweep on a real Dask scheduler and real workers, which die and come back."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.sweep.small_cluster import small_cluster
from tests.sweep.sweep_victim import performed, sweep
from tests.sweep.test_sweep import JOB, cells, die, die_once, same
from tests.sweep.test_sweep_faults import kept, start, wait_until
from typer.testing import CliRunner

from twinseed.errors import InputError, TwinseedError
from twinseed.sweep import Cell, cluster, run

pytestmark = pytest.mark.extras


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[str]:
    with small_cluster(tmp_path_factory.mktemp("cluster"), root) as found:
        yield found


def test_the_same_bits_with_progress(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = sweep(tmp_path / "store.db", tmp_path / "log", cluster=address, count=60)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "sweep: 60 steps"
    assert lines[-1].startswith("sweep: done in ")
    assert sorted(performed(tmp_path / "log")) == list(range(60))
    assert same(found, sweep(tmp_path / "here.db", tmp_path / "here", count=60))


def test_a_worker_killed_in_mid_cell_costs_nothing(tmp_path: Path, address: str) -> None:
    mark = tmp_path / "mark"
    work = [*cells(6), Cell(partial(die_once, str(mark), 20), {"size": 20})]
    found = run(JOB, work, cluster=address)
    assert mark.exists(), "it was killed"
    assert found[-1]["size"] == 20
    assert same(found[:-1], run(JOB, cells(6)))


@pytest.mark.nightly
def test_a_cell_that_kills_every_worker_is_named(address: str) -> None:
    work = [*cells(6), Cell(die, {"bad": 1})]
    with pytest.raises(TwinseedError, match=r"died 3 times in a row, last in the cell.*bad"):
        run(JOB, work, cluster=address)


def test_the_command_line_runs_on_it(tmp_path: Path, address: str) -> None:
    from twinseed.cli import app

    size = ["--n", "10,20", "--d", "10", "--replicates", "4"]
    command = ["simulate", "--spikes", "3", *size, "--json"]
    there = CliRunner().invoke(app, [*command, "--cluster", address])
    assert there.exit_code == 0, there.output
    assert there.stdout == CliRunner().invoke(app, command).stdout


def test_workers_of_another_version_are_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "__version__", "0.0.0")
    with pytest.raises(TwinseedError, match=r"this process has 0\.0\.0: install the same version"):
        run(JOB, cells(), cluster=address)


def test_an_address_where_nobody_answers_is_refused() -> None:
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.1s"}),
        pytest.raises(InputError, match=r"cluster has no Dask scheduler that answers.*127"),
    ):
        run(JOB, cells(), cluster="tcp://127.0.0.1:9")


def test_ctrl_c_waits_for_no_worker(tmp_path: Path, address: str) -> None:
    """The last test: its long cells keep the workers busy until the cluster is ended."""
    log = tmp_path / "log"
    process = start(tmp_path, log, f"cluster={address}", "quick=4", "seconds=600")
    wait_until(lambda: len(kept(tmp_path)) >= 2, process)
    time.sleep(0.2)  # into the long cells
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert all(line.startswith("sweep: ") for line in err.splitlines()), err
    assert max(performed(log)) < 4, "no long cell was waited for"
    before, already = kept(tmp_path), len(performed(log))
    sweep(tmp_path / "store.db", log, count=20)
    assert sorted(performed(log)[already:]) == sorted(set(range(20)) - before)
