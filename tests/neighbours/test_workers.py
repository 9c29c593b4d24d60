"""The search is divided among threads, with the bits and the memory of one thread."""

from __future__ import annotations

import threading
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import twinseed.neighbours as neighbours
from twinseed import InputError, lanes
from twinseed.lanes import Place, chosen, here, in_threads, placed, usable
from twinseed.neighbours import Nearest, nearest

NAMES = ("cosine", "cosine_row", "distance", "distance_row")


@pytest.fixture(autouse=True)
def divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide small searches too."""
    monkeypatch.setattr(neighbours, "_SHARED", 0)
    monkeypatch.setattr(neighbours, "_FEWEST", 3)


def search(workers: int, *given: Any, **options: Any) -> Nearest:
    with placed(Place(workers)):
        return nearest(*given, **options)


@pytest.mark.parametrize("memory", [1 << 23, 1 << 17], ids=["rows kept", "rows read again"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("mean", [0.0, 300.0])
def test_any_number_of_threads_gives_the_same_bits(memory: int, dtype: type, mean: float) -> None:
    rng = np.random.default_rng(0)
    rows = (rng.standard_normal((700, 24)) + mean).astype(dtype)
    rows[[50, 300, 699]] = rows[7]
    queries = (rng.standard_normal((47, 24)) + mean).astype(dtype)
    queries[:3] = rows[[7, 44, 699]]
    options = {
        "groups": np.arange(700) % 3,
        "ties": rng.permutation(700),
        "origin": rows.mean(axis=0, dtype=np.float64),
        "memory": memory,
    }
    one = search(1, queries, rows, **options)
    for workers in (2, 5):
        found = search(workers, queries, rows, **options)
        for name in NAMES:
            assert np.array_equal(getattr(found, name), getattr(one, name)), (workers, name)


def test_the_threads_work_at_the_same_time_each_with_one_blas_thread() -> None:
    """Each thread waits until the other has begun; one thread alone would wait for ever."""
    together = threading.Barrier(2, timeout=60)
    seen = []

    def work(item: int) -> int:
        together.wait()
        seen.append({lib["num_threads"] for lib in threadpool_info()})
        assert here().workers == 1, "not divided again"
        return -item

    with placed(Place(2)), threadpool_limits(limits=2):
        assert in_threads(work, [1, 2], 2) == [-1, -2]
        assert here().workers == 2
    assert seen == [{1}, {1}]


def test_an_error_in_a_thread_arrives_and_ends_the_work() -> None:
    begun = []

    def work(item: int) -> None:
        begun.append(item)
        raise ZeroDivisionError(item)

    with pytest.raises(ZeroDivisionError):
        in_threads(work, list(range(50)), 2)
    assert len(begun) < 50


def test_progress_rises_to_the_whole() -> None:
    rng = np.random.default_rng(0)
    seen: list[int] = []
    search(3, rng.random((31, 4)), rng.random((90, 4)), progress=seen.append)
    assert sum(seen) == 31 * 90
    assert len(seen) > 1


@pytest.mark.parametrize("count", [1500, 24_000], ids=["rows kept", "rows read again"])
def test_the_memory_is_for_all_threads_together(count: int) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((count, 128), dtype=np.float32)
    queries = rng.standard_normal((3000, 128), dtype=np.float32)
    memory = 8 << 20
    search(4, queries[:8], rows, memory=memory)  # loads what is loaded once
    tracemalloc.start()
    search(4, queries, rows, memory=memory)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < memory


def test_the_default_is_the_processors_that_may_be_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(6)), raising=False)
    monkeypatch.setattr(lanes, "_QUOTA", tmp_path / "none")
    assert usable() == chosen(None) == 6
    quota = tmp_path / "cpu.max"
    monkeypatch.setattr(lanes, "_QUOTA", quota)
    for text, count in {"max 100000": 6, "250000 100000": 3, "1000 100000": 1}.items():
        quota.write_text(f"{text}\n")
        assert usable() == count


@pytest.mark.parametrize(
    ("workers", "says"),
    [
        (0, "workers must be a whole number"),
        (1.5, "workers must be a whole number"),
        ("two", "workers must be a"),
        (100_000, "workers must be at most"),
    ],
)
def test_a_bad_number_of_workers_is_refused(workers: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        chosen(workers)
