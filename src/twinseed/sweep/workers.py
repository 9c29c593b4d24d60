"""The interface between the executor and its workers, processes or a cluster."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from twinseed.sweep.tasks import Done, Task

__all__ = ["WorkerDiedError", "Workers"]


class Workers(Protocol):
    """Performs tasks."""

    death: type[Exception]
    """The error in the future of a task whose worker died."""
    advice: str
    """What to do if workers die again and again."""

    @property
    def lanes(self) -> int:
        """The number of tasks that can run at the same time, now."""
        ...

    def submit(self, task: Task) -> Future[Done]:
        """Send a task. The death of a worker is raised by the future, never here."""
        ...


class WorkerDiedError(Exception):
    """A worker died; the message says what to do if this happens again and again."""
