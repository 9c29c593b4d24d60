"""What workers are to the executor, wherever they run."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from twinseed.sweep.tasks import Done, Task

__all__ = ["WorkerDiedError", "Workers"]


class Workers(Protocol):
    """Something that performs tasks."""

    death: type[Exception]
    """What the future of a task raises when a worker died while it was under way."""
    advice: str
    """What to do about workers that keep dying."""

    @property
    def lanes(self) -> int:
        """The number of tasks that are performed at a time, now."""
        ...

    def submit(self, task: Task) -> Future[Done]:
        """Send a task. A death is in the future, never raised here."""
        ...


class WorkerDiedError(Exception):
    """A worker died with its work; says what to do if that goes on."""
