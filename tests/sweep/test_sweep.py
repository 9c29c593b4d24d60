"""The sweep: the same bits however it is run, and nothing lost when it is not run to the end."""

from __future__ import annotations

import asyncio
import concurrent.futures
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import types
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from twinseed.errors import InputError, MissingExtraError, TwinseedError
from twinseed.randomness import stream
from twinseed.sweep import Cell, Job, Store, run

JOB = Job("test", "1", (7, 11))


def draw(size: int, rng: np.random.Generator) -> Mapping[str, Any]:
    """Numbers that use every bit of a float64, and one that is not a number."""
    matrix = rng.standard_normal((size, size))
    return {"values": np.linalg.svd(matrix)[1].tolist(), "missing": float("nan"), "size": size}


def die_once(mark: str, size: int, rng: np.random.Generator) -> Mapping[str, Any]:
    """Kill the worker the first time."""
    path = Path(mark)
    if not path.exists():
        path.touch()
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(size, rng)


def die(rng: np.random.Generator) -> Mapping[str, Any]:
    """Kill the worker every time."""
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def dawdle(mark: str, rng: np.random.Generator) -> Mapping[str, Any]:
    """Take long enough to be interrupted, and leave a mark if that did not happen."""
    time.sleep(20.0)
    Path(mark).touch()
    return {}


def fail(rng: np.random.Generator) -> Mapping[str, Any]:
    """Fail like a bug."""
    raise ZeroDivisionError


def threads(rng: np.random.Generator) -> Mapping[str, Any]:
    """Report the BLAS threads of the process that does the work."""
    import scipy.linalg  # noqa: F401  # brings its own BLAS, which is to be counted

    return {"threads": max(pool["num_threads"] for pool in threadpool_info())}


ORPHANS = """
import os, signal
from tests.sweep.test_sweep import JOB, cells
from twinseed.sweep import run

def killed(steps):
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    run(JOB, cells(), workers=2, progress=killed)
"""


def cells(count: int = 6) -> list[Cell]:
    return [Cell(partial(draw, 5 + i), {"size": 5 + i}) for i in range(count)]


def same(left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]]) -> bool:
    """Equal to the bit; repr tells NaN from other values and loses no digit."""
    return repr(left) == repr(right)


@pytest.fixture(scope="module")
def expected() -> list[Mapping[str, Any]]:
    return run(JOB, cells())


def test_results_come_in_cell_order_without_loss(expected: list[Mapping[str, Any]]) -> None:
    assert [result["size"] for result in expected] == [5, 6, 7, 8, 9, 10]
    for cell, result in zip(cells(), expected, strict=True):
        direct = draw(cell.description["size"], stream(JOB.entropy, cell.name))
        assert same([result], [direct])


def test_any_number_of_workers_gives_the_same_bits(expected: list[Mapping[str, Any]]) -> None:
    assert same(run(JOB, cells(), workers=2), expected)


def test_any_order_gives_the_same_bits(expected: list[Mapping[str, Any]]) -> None:
    assert same(run(JOB, cells()[::-1])[::-1], expected)


def test_another_seed_gives_other_draws(expected: list[Mapping[str, Any]]) -> None:
    assert not same(run(Job("test", "1", (8,)), cells()), expected)


def test_an_interrupted_sweep_goes_on(tmp_path: Path, expected: list[Mapping[str, Any]]) -> None:
    calls: list[int] = []

    def interrupt(steps: int) -> None:
        calls.append(steps)
        if len(calls) == 2:
            raise KeyboardInterrupt

    path = tmp_path / "store.db"
    with Store(path, JOB) as store, pytest.raises(KeyboardInterrupt):
        run(JOB, cells(), store=store, progress=interrupt)
    steps: list[int] = []
    with Store(path, JOB) as store:
        assert len(store.get(JOB.key(cell) for cell in cells())) == 2
        assert same(run(JOB, cells(), store=store, progress=steps.append), expected)
    assert steps == [2, 1, 1, 1, 1]


def test_interrupted_workers_end_at_once(tmp_path: Path) -> None:
    def interrupt(steps: int) -> None:
        raise KeyboardInterrupt

    ends = [tmp_path / str(i) for i in range(4)]
    work = [*cells(1), *(Cell(partial(dawdle, str(end)), {"end": end.name}) for end in ends)]
    with pytest.raises(KeyboardInterrupt):
        run(JOB, work, workers=2, progress=interrupt)
    assert multiprocessing.active_children() == []
    assert not any(end.exists() for end in ends), "none was waited for"


def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(ORPHANS)
    here = os.pathsep.join([*sys.path, str(tmp_path)])
    process = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": here},
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    # The pipe is inherited by the workers: that it closed means that they have ended as well.
    assert process.returncode == -signal.SIGKILL


def test_a_finished_sweep_is_only_read(tmp_path: Path, expected: list[Mapping[str, Any]]) -> None:
    with Store(tmp_path / "store.db", JOB) as store:
        run(JOB, cells(), store=store)
        broken = [Cell(fail, cell.description) for cell in cells()]
        assert same(run(JOB, broken, store=store), expected)


def test_killed_workers_cost_their_cells_only(
    tmp_path: Path, expected: list[Mapping[str, Any]]
) -> None:
    """Each cell kills its worker once: more breakdowns than are allowed without progress."""
    marks = [tmp_path / str(cell.description["size"]) for cell in cells(4)]
    work = [
        Cell(partial(die_once, str(mark), int(mark.name)), {"size": int(mark.name)})
        for mark in marks
    ]
    assert same(run(JOB, work, workers=2), expected[:4])
    assert all(mark.exists() for mark in marks)


def test_workers_that_keep_dying_are_reported(tmp_path: Path) -> None:
    mixed = [*cells(3), Cell(die, {"bad": 1}), Cell(die, {"bad": 2})]
    with Store(tmp_path / "store.db", JOB) as store:
        with pytest.raises(TwinseedError, match=r"died 3 times in a row, last in the cell.*bad"):
            run(JOB, mixed, store=store, workers=2)
        assert len(store.get(JOB.key(cell) for cell in cells(3))) == 3


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_cell_says_which(workers: int) -> None:
    work = [*cells(2), Cell(fail, {"size": "the bad one"})]
    with pytest.raises(ZeroDivisionError) as caught:
        run(JOB, work, workers=workers)
    assert any("the bad one" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_worker_has_one_thread(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    work = [Cell(threads, {"cell": i}) for i in range(2)]
    with threadpool_limits(limits=2):
        assert threads(np.random.default_rng(0)) == {"threads": 2}
        assert [result["threads"] for result in run(JOB, work, workers=workers)] == [1, 1]
    assert os.environ["OMP_NUM_THREADS"] == "2"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


def test_work_that_cannot_travel_is_refused_before_any_worker_starts() -> None:
    local: Callable[[np.random.Generator], Mapping[str, Any]] = lambda rng: {}  # noqa: E731  # the point
    work = [Cell(local, {"cell": i}) for i in range(2)]
    with pytest.raises(InputError, match="cannot be sent to another process"):
        run(JOB, work, workers=2)


@pytest.mark.parametrize("workers", [0, -1, 1.5, "two"])
def test_a_bad_number_of_workers_is_refused(workers: Any) -> None:
    with pytest.raises(InputError, match="workers"):
        run(JOB, cells(), workers=workers)


def test_a_cluster_runs_the_same_cells(
    monkeypatch: pytest.MonkeyPatch, expected: list[Mapping[str, Any]]
) -> None:
    """A stand-in for dask.distributed with the calls that are used."""

    pool = concurrent.futures.ThreadPoolExecutor(4)

    class Sent:
        status = "finished"

        def __init__(self, work: Callable[..., Any], *arguments: object) -> None:
            self._done = pool.submit(work, *arguments)

        def __await__(self) -> Generator[Any, None, Any]:
            return asyncio.wrap_future(self._done).__await__()

    class Loop:
        def add_callback(self, callback: Callable[..., Any], *arguments: object) -> None:
            pool.submit(asyncio.run, callback(*arguments))

    class Client:
        status, loop = "running", Loop()

        def __init__(self, address: str, *, set_as_default: bool) -> None:
            assert address == "tcp://host:8786"
            assert not set_as_default

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *error: object) -> None:
            return None

        def nthreads(self) -> dict[str, int]:
            return {"tcp://host:1": 1, "tcp://host:2": 1}

        def submit(self, work: Callable[..., Any], *arguments: object, pure: bool) -> Sent:
            assert not pure
            return Sent(work, *arguments)

    stand_in = types.ModuleType("distributed")
    stand_in.__dict__.update(Client=Client, KilledWorker=ChildProcessError)
    monkeypatch.setitem(sys.modules, "distributed", stand_in)
    assert same(run(JOB, cells(), cluster="tcp://host:8786"), expected)


def test_a_cluster_without_dask_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"twinseed\[cluster\]"):
        run(JOB, cells(), cluster="tcp://host:8786")


def test_keys_tell_apart_what_differs() -> None:
    cell = cells(1)[0]
    keys = {
        JOB.key(cell),
        JOB.key(Cell(cell.work, {"size": 5.0})),
        JOB.key(Cell(cell.work, {"size": 5, "replicate": 0})),
        Job("test", "1", (7, 12)).key(cell),
        Job("test", "2", (7, 11)).key(cell),
        Job("text", "1", (7, 11)).key(cell),
    }
    assert len(keys) == 6
    swapped = Cell(cell.work, {"b": 1, "a": 2})
    assert JOB.key(swapped) == JOB.key(Cell(cell.work, {"a": 2, "b": 1}))
