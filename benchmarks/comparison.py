"""What a benchmark reports: two numbers taken in one run, their ratio, and what was claimed."""

from __future__ import annotations

import math
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tempfile import TemporaryDirectory

__all__ = ["Comparison", "best_of", "seconds_of"]


@dataclass(frozen=True)
class Comparison:
    """Our number beside another's; ``held`` is None where nothing was claimed, only compared."""

    ours: str
    our_value: float
    theirs: str
    their_value: float
    unit: str
    claimed: str
    held: bool | None

    def __post_init__(self) -> None:
        """Let numbers of numpy be numbers of Python, which JSON can write."""
        for name in ("our_value", "their_value"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if self.held is not None:
            object.__setattr__(self, "held", bool(self.held))

    @property
    def ratio(self) -> float:
        """Theirs over ours: above 1, ours is the smaller."""
        return self.their_value / self.our_value if self.our_value else math.inf

    @property
    def verdict(self) -> str:
        """``held`` or ``lost`` against the claim; ``compared`` where there is none."""
        return {True: "held", False: "LOST", None: "compared"}[self.held]


def best_of(repeats: int, task: Callable[[], object]) -> float:
    """Return the shortest of several wall times, in seconds: the one least disturbed."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def seconds_of(command: Sequence[str], repeats: int) -> float:
    """Return the shortest wall time of a command, its start-up included.

    Modules are compiled by a first run, which is not timed: installers compile what they install.
    """
    with TemporaryDirectory() as compiled:
        env = {**os.environ, "PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}

        def run() -> None:
            subprocess.run(command, check=True, capture_output=True, env=env)

        run()
        return best_of(repeats, run)
