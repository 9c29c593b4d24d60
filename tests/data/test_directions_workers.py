"""The jackknife of directions is divided among threads, with the bits of one thread."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.data import directions
from twinseed.data.directions import Directions, principal_without
from twinseed.lanes import Place, here, placed

ROUTES = {
    "sums of products": (700, 300),
    "products of rows": (300, 700),
    "products alone": (80, 90),
}


@pytest.fixture(params=ROUTES)
def rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Rows for each of the three routes to their directions."""
    if request.param == "products alone":
        monkeypatch.setattr(directions, "_DENSE", 10)
        monkeypatch.setattr(directions, "DIRECT", 10)
    shape = ROUTES[request.param]
    return np.random.default_rng(1).standard_normal(shape) / np.arange(1, shape[1] + 1)


def found(rows: np.ndarray, workers: int) -> list[Directions]:
    with placed(Place(workers)):
        whole, without = principal_without(rows, 3, np.arange(len(rows)) % 10)
    return [whole, *without]


def test_any_number_of_workers_gives_the_same_bits(rows: np.ndarray) -> None:
    alone = found(rows, 1)
    assert len(alone) == 11
    for workers in (2, 3):
        for one, other in zip(alone, found(rows, workers), strict=True):
            assert np.array_equal(one.vectors, other.vectors), workers
            assert np.array_equal(one.eigenvalues, other.eigenvalues), workers


def test_two_groups_are_left_out_at_the_same_time(
    rows: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thread waits until the other has begun; one thread alone would wait for ever."""
    together = threading.Barrier(2, timeout=60)

    def met(work: Any) -> Any:
        def waited(*given: Any) -> Any:
            if threading.current_thread() is not threading.main_thread():
                together.wait()
            return work(*given)

        return waited

    for name in ("leading", "leading_of_rows"):
        monkeypatch.setattr(directions, name, met(getattr(directions, name)))
    found(rows, 2)
    assert together.broken is False


def test_large_matrices_are_not_held_by_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directions, "_ROOM", 2 * 300**2)
    asked = []

    def counted(work: Any, items: Any, workers: int) -> Any:
        asked.append(workers)
        return [work(item) for item in items]

    monkeypatch.setattr(directions, "in_threads", counted)
    found(np.random.default_rng(2).standard_normal((300, 700)), 4)
    assert asked == [2]


def test_a_measurement_leaves_groups_out_in_its_own_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(directions, "DIRECT", 4)
    seen = []

    def counted(work: Any, items: Any, workers: int) -> Any:
        seen.append(workers)
        return [work(item) for item in items]

    rng = np.random.default_rng(3)
    samples_a, samples_b, train_a, train_b, heldout = rng.standard_normal((5, 40, 8))
    twins = ts.Twins(samples_a, samples_b, train_a, train_b, heldout)
    one = ts.measure(twins, rng=0, workers=1)
    with monkeypatch.context() as patched:
        patched.setattr(directions, "in_threads", counted)
        ts.measure(ts.Twins(samples_a, samples_b, train_a, train_b, heldout), rng=0, workers=3)
    assert set(seen) == {3}
    for workers in (2, 3):
        other = ts.Twins(samples_a, samples_b, train_a, train_b, heldout)
        assert one.identical(ts.measure(other, rng=0, workers=workers))
    assert here() == Place(1)
