"""Progress of training in other processes: each process writes a file, one thread reads them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from twinseed.denoise.training import Metrics

__all__ = ["Told", "Watch"]

_SECONDS = 1.0


class Told:
    """Writes the last step of one training and its loss into a file, once per second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0.0

    def __call__(self, metrics: Metrics) -> None:
        now = time.monotonic()
        if now - self._written >= _SECONDS:
            self._written = now
            partial = self._path.with_suffix(".partial")
            partial.write_text(json.dumps([metrics.step, metrics.loss]))
            partial.replace(self._path)


class Watch:
    """During the block, calls ``tell(steps, loss)`` with the new steps of all trainings."""

    def __init__(self, folder: Path, done: int, tell: Callable[[int, float | None], None]) -> None:
        self._folder = folder
        self._told = done
        self._tell = tell
        self._finished = done
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def finished(self, steps: int) -> None:
        """Count ``steps`` of a training whose file was deleted."""
        with self._lock:
            self._finished += steps

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()
        if error[0] is None:
            self._look()

    def _run(self) -> None:
        while not self._stop.wait(_SECONDS):
            self._look()

    def _look(self) -> None:
        running, losses = 0, []
        for path in self._folder.glob("*.json"):
            try:
                step, loss = json.loads(path.read_text())
            except (OSError, ValueError):  # deleted, or being written
                continue
            running += int(step)
            losses.append(float(loss))
        with self._lock:
            total = self._finished + running
        if total > self._told:
            self._tell(total - self._told, sum(losses) / len(losses) if losses else None)
            self._told = total
