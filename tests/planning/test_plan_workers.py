"""A plan gives the same bits with any number of threads, and on a Dask cluster."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sweep.small_cluster import small_cluster

import twinseed as ts
from twinseed.errors import InputError
from twinseed.lanes import Place, here
from twinseed.planning import curves, groups
from twinseed.sweep import threads

PILOT = np.random.default_rng(0).standard_normal((24, 12)) * np.linspace(3.0, 1.0, 12)


def planned(**options: Any) -> dict[str, Any]:
    plan = ts.plan(PILOT, rng=3, resamples=10, splits=3, progress=False, **options)
    found: dict[str, Any] = plan.to_dict([20, 50])
    return found


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    return planned(workers=1)


def test_any_number_of_workers_gives_the_same_bits(
    alone: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    performed = []
    perform = threads._perform

    def counted(task: Any) -> Any:
        performed.append(len(task.cells))
        return perform(task)

    monkeypatch.setattr(threads, "_perform", counted)
    assert planned(workers=2) == alone
    assert planned(workers=3) == alone
    assert sum(performed) >= 2 * (10 + 3), "pilots and halvings were done by the threads"
    assert here() == Place(1)


def test_the_groups_of_the_pilot_are_left_out_in_threads(
    alone: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thread waits until the other has begun; one thread alone would wait for ever."""
    together = threading.Barrier(2, timeout=60)
    values, left_out = np.linalg.eigvalsh, []

    def met(matrix: Any) -> Any:
        left_out.append(together.wait())
        return values(matrix)

    def errors(*given: Any) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(np.linalg, "eigvalsh", met)
            return found(*given)

    found = groups.log_ratio_errors
    monkeypatch.setattr(groups, "log_ratio_errors", errors)
    assert planned(workers=2) == alone
    assert sorted(left_out) == [0, 0, 1, 1], "four groups of rows, two at a time"


def test_the_threads_also_plan_from_each_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[bool] = []
    solve = curves.solve

    def counted(*args: Any) -> Any:
        solved.append(threading.current_thread() is threading.main_thread())
        return solve(*args)

    monkeypatch.setattr(curves, "solve", counted)
    planned(workers=2)
    assert solved.count(False) == 10, "one of each pilot"
    assert solved.count(True) <= 3, "the filter is tested, and two readings of the plan itself"


def test_progress_counts_resamples_and_splits() -> None:
    seen: list[int] = []
    ts.plan(PILOT, rng=3, resamples=10, splits=3, workers=2, progress=seen.append)
    assert sum(seen) == 13
    assert min(seen) > 0, "the draws of the estimate are not counted"


@pytest.mark.parametrize("workers", [0, "two"])
def test_a_bad_number_of_workers_is_refused(workers: Any) -> None:
    with pytest.raises(InputError, match="workers must be"):
        planned(workers=workers)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[str]:
    with small_cluster(tmp_path_factory.mktemp("cluster"), root) as found:
        yield found


@pytest.mark.extras
@pytest.mark.nightly
def test_a_cluster_gives_the_bits_of_one_process(alone: dict[str, Any], address: str) -> None:
    assert planned(cluster=address) == alone
