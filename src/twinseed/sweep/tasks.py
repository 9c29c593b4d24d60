"""Tasks: the parcels of cells that are sent to workers, several cells where cells are cheap.

A task lasts about a tenth of a second. Sending a task takes a millisecond, which is little in
comparison; and an interruption, or the death of a worker, loses little work.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from twinseed.sweep.cells import Cell, Job

__all__ = ["Done", "Queue", "Task"]

_SECONDS = 0.1
"""Seconds that a task should last."""
_KNOWN = 1.0
"""Seconds of work after which the time that is left can be told."""
_MOST = 2000
"""Most cells per task: limits the size of a task."""


@dataclass(frozen=True)
class Done:
    """The results of a task as JSON, and the seconds they took.

    There are fewer results than cells if the time was over; the other cells are still to be done.
    """

    results: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Task:
    """Cells of one group that are sent to a worker together."""

    job: Job
    cells: tuple[Cell, ...]

    def perform(self) -> Done:
        """Do the work, each cell with its own random stream.

        JSON writes a float64 as its shortest exact decimal, so that reading it gives the same bits.
        """
        start = time.perf_counter()
        together = self.cells[0].together
        results: list[str] = []
        try:
            if together is not None:
                found = together([self.job.random(cell) for cell in self.cells])
                results = [json.dumps(result) for _, result in zip(self.cells, found, strict=True)]
            else:
                for cell in self.cells:
                    results.append(json.dumps(cell.work(self.job.random(cell))))
                    if time.perf_counter() - start >= _SECONDS:
                        break
        except Exception as error:
            rest = len(self.cells) - 1
            also = f" or in one of {rest} cells computed with it" if together and rest else ""
            error.add_note(f"in the cell {self.cells[len(results)].name}{also}")
            raise
        return Done(tuple(results), time.perf_counter() - start)


class Queue:
    """The cells that are left, by key, from which tasks are made.

    Tasks come from each group in turn, so that long and short cells alternate. The first task of a
    group is one cell; its time determines how many cells make a task.
    """

    def __init__(self, job: Job, todo: Mapping[str, Cell], *, singly: bool = False) -> None:
        """Queue ``todo``; with ``singly`` each cell without ``together`` is a separate task."""
        self._job = job
        self._singly = singly
        self._waiting: dict[str | None, deque[tuple[str, Cell]]] = {}
        for key, cell in todo.items():
            self._waiting.setdefault(cell.group, deque()).append((key, cell))
        self._turn = deque(self._waiting)
        self._seconds: dict[str | None, float] = {}
        self._spent, self._done = 0.0, 0
        self._suspects: deque[tuple[str, Cell]] = deque()
        self._left = len(todo)

    def __len__(self) -> int:
        """Return the number of cells that no task has taken."""
        return self._left

    @property
    def seconds_left(self) -> float:
        """About how many seconds of one worker are left; 0 before enough work is done to tell."""
        known = self._done and self._spent >= _KNOWN
        return self._left * self._spent / self._done if known else 0.0

    @property
    def suspect(self) -> Cell | None:
        """The first of the cells that may have killed a worker.

        These cells come before all others, each in a separate task.
        """
        return self._suspects[0][1] if self._suspects else None

    def take(self, lanes: int) -> tuple[tuple[str, ...], Task]:
        """Return the next keys and their task, where ``lanes`` tasks run at the same time."""
        if self._suspects:
            chosen = [self._suspects.popleft()]
        else:
            group = self._turn[0]
            self._turn.rotate(-1)
            waiting = self._waiting[group]
            chosen = [waiting.popleft() for _ in range(min(len(waiting), self._size(group, lanes)))]
            if not waiting:
                self._turn.remove(group)
        self._left -= len(chosen)
        keys, cells = zip(*chosen, strict=True)
        return keys, Task(self._job, cells)

    def learn(self, keys: tuple[str, ...], task: Task, done: Done) -> dict[str, str]:
        """Return the results by key; cells of the task without a result are queued again."""
        count = len(done.results)
        self._seconds[task.cells[0].group] = done.seconds / count
        self._spent += done.seconds
        self._done += count
        for key, cell in reversed(list(zip(keys[count:], task.cells[count:], strict=True))):
            self._give_back(key, cell)
        return dict(zip(keys, done.results, strict=False))

    def accuse(self, keys: tuple[str, ...], task: Task) -> None:
        """Queue the cells of a task again, as suspects: a worker died during the task."""
        self._suspects.extendleft(reversed(list(zip(keys, task.cells, strict=True))))
        self._left += len(keys)

    def _give_back(self, key: str, cell: Cell) -> None:
        waiting = self._waiting[cell.group]
        if not waiting:
            self._turn.appendleft(cell.group)
        waiting.appendleft((key, cell))
        self._left += 1

    def _size(self, group: str | None, lanes: int) -> int:
        each = self._seconds.get(group)
        waiting = self._waiting[group]
        if each is None or (self._singly and waiting[0][1].together is None):
            return 1
        # The last tasks are short, so that all workers finish at about the same time.
        share = self._left if lanes == 1 else -(-self._left // (2 * lanes))
        return max(1, min(_MOST, share, int(_SECONDS / each) if each > 0 else _MOST))
