"""Cells travel together where they are cheap, and nobody can tell from the results."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twinseed.errors import InputError
from twinseed.sweep import Cell, Job, Store, run
from twinseed.sweep.tasks import Done, Queue, Task

JOB = Job("test", "1", (7, 11))


def one(scale: float, rng: np.random.Generator) -> Mapping[str, Any]:
    """A few cheap numbers that use every bit."""
    return {"values": (scale * rng.standard_normal(3)).tolist()}


@dataclass(frozen=True)
class Many:
    """The same for several generators; leaves a mark for each call in a file."""

    scale: float
    log: str

    def __call__(self, rngs: Sequence[np.random.Generator]) -> list[Mapping[str, Any]]:
        with Path(self.log).open("a") as log:
            log.write(f"{self.scale} {len(rngs)}\n")
        rows = self.scale * np.stack([rng.standard_normal(3) for rng in rngs])
        return [{"values": row.tolist()} for row in rows]


def cells(count: int, log: Path | None = None) -> list[Cell]:
    """Replicates of three cells that differ in scale, mixed."""
    return [
        Cell(
            partial(one, scale),
            {"scale": scale, "replicate": replicate},
            group=str(scale) if log else None,
            together=Many(scale, str(log)) if log else None,
        )
        for replicate in range(count)
        for scale in (0.1, 1.0, 10.0)
    ]


def calls(log: Path) -> list[tuple[str, int]]:
    return [(line.split()[0], int(line.split()[1])) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("workers", [1, 2])
def test_cells_done_together_have_the_bits_of_single_ones(tmp_path: Path, workers: int) -> None:
    log = tmp_path / "log"
    expected = run(JOB, cells(200))
    with Store(tmp_path / "store.db", JOB) as store:
        assert repr(run(JOB, cells(200, log), store=store, workers=workers)) == repr(expected)
        assert repr(run(JOB, cells(200), store=store)) == repr(expected)
    assert sum(count for _, count in calls(log)) == 600
    assert len(calls(log)) < 200, "they were done together"


def test_a_grid_that_grew_is_done_together_with_the_same_bits(tmp_path: Path) -> None:
    """What a batch holds depends on what is left, its results do not."""
    log = tmp_path / "log"
    with Store(tmp_path / "store.db", JOB) as store:
        run(JOB, cells(50, log)[::2], store=store)
        grown = run(JOB, cells(60, log), store=store)
    assert repr(grown) == repr(run(JOB, cells(60)))


def test_cheap_cells_travel_in_few_tasks() -> None:
    steps: list[int] = []
    found = run(JOB, cells(200), workers=2, progress=steps.append)
    assert repr(found) == repr(run(JOB, cells(200)))
    assert sum(steps) == 600
    assert len(steps) < 200


def test_alone_in_a_process_every_cell_is_stored_at_once() -> None:
    steps: list[int] = []
    run(JOB, cells(3), progress=steps.append)
    assert steps == [1] * 9


def test_together_needs_a_group() -> None:
    with pytest.raises(InputError, match="together needs a group"):
        Cell(dict, {}, together=Many(1.0, ""))


@pytest.mark.parametrize("workers", [1, 2])
def test_a_wrong_number_of_results_is_an_error_that_names_the_cells(workers: int) -> None:
    work = [Cell(dict, {"bad": i}, group="bad", together=nothing) for i in range(9)]
    with pytest.raises(ValueError, match="zip") as caught:
        run(JOB, work, workers=workers)
    assert any("bad" in note for note in caught.value.__notes__)


def nothing(rngs: Sequence[np.random.Generator]) -> list[Mapping[str, Any]]:
    """Forget the results."""
    return []


def took(queue: Queue, seconds: float, lanes: int = 2) -> int:
    """Take a task, say that each of its cells took so long, return how many there were."""
    keys, task = queue.take(lanes)
    queue.learn(keys, task, Done(("{}",) * len(keys), seconds * len(keys)))
    return len(keys)


def queue_of(count: int, group: str = "a") -> Queue:
    return Queue(JOB, {f"{group}{i}": Cell(dict, {}, group) for i in range(count)})


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.001, 100), (0.03, 3), (2.0, 1), (0.0, 2000), (1e-9, 2000)]
)
def test_a_task_lasts_a_tenth_of_a_second(seconds: float, expected: int) -> None:
    queue = queue_of(100_000)
    assert took(queue, seconds) == 1
    assert took(queue, seconds) == expected


def test_the_last_tasks_are_shared_by_all_lanes() -> None:
    queue = queue_of(101)
    took(queue, 0.0001)
    assert [took(queue, 0.0001, lanes=5) for _ in range(3)] == [10, 9, 9]
    assert took(queue, 0.0001, lanes=1) == 72


def test_groups_take_turns_and_are_sized_apart() -> None:
    todo = {f"{group}{i}": Cell(dict, {}, group) for group in "ab" for i in range(1000)}
    queue = Queue(JOB, todo)
    seconds = {"a": 0.01, "b": 0.001}
    order = []
    for _ in range(4):
        keys, task = queue.take(2)
        group = keys[0][0]
        order.append((group, len(keys)))
        queue.learn(keys, task, Done(("{}",) * len(keys), seconds[group] * len(keys)))
    assert order == [("a", 1), ("b", 1), ("a", 10), ("b", 100)]


def test_what_a_task_did_not_come_to_is_queued_again_in_order() -> None:
    queue = queue_of(10)
    took(queue, 0.02, lanes=1)
    keys, task = queue.take(1)
    assert keys == ("a1", "a2", "a3", "a4", "a5")
    assert queue.learn(keys, task, Done(("1", "2"), 1.0)) == {"a1": "1", "a2": "2"}
    assert len(queue) == 7
    assert [took(queue, 0.02, lanes=1) for _ in range(2)] == [1, 5]
    assert queue.take(1)[0] == ("a9",)
    assert not queue


def test_a_long_cell_ends_its_task() -> None:
    done = Task(JOB, (Cell(slow, {"cell": 0}), Cell(slow, {"cell": 1}))).perform()
    assert len(done.results) == 1


def slow(rng: np.random.Generator) -> Mapping[str, Any]:
    """Take longer than a task should."""
    time.sleep(0.11)
    return {}


def test_suspects_come_first_and_alone() -> None:
    queue = queue_of(10)
    took(queue, 0.02, lanes=1)
    keys, task = queue.take(1)
    assert queue.suspect is None
    queue.accuse(keys, task)
    assert len(queue) == 9
    assert [queue.take(1)[0] for _ in range(3)] == [("a1",), ("a2",), ("a3",)]
    assert queue.suspect is not None


def test_progress_counts_the_cells_that_count() -> None:
    seen: list[int] = []
    some = [
        Cell(partial(one, 1.0), {"replicate": number}, counted=number % 3 == 0)
        for number in range(9)
    ]
    assert len(run(JOB, some, progress=seen.append)) == 9
    assert seen == [1, 1, 1]
