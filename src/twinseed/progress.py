"""Shows the progress of a long computation.

Progress is written to stderr, so that stdout has only results. There is no global state: the caller
of a computation opens a ``track`` and passes its ``advance`` to the computation.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, TextIO

__all__ = ["Progress", "ShowProgress", "track"]

ShowProgress = bool | Callable[[int], None] | None
"""The type of ``progress`` in every verb.

True shows the progress on stderr; False shows nothing; None shows the progress on a terminal and in
a notebook only. A function is called with the number of steps done since its last call. If the
function is an object with a method ``begin(total, label)``, this method is called before the first
step.
"""


_MINUTE = 60.0


class Progress:
    """The progress of a job: steps done, their rate and the time left.

    The rate ignores the first advance and the time before it: the first advance may include results
    restored from an interrupted run, and the start of workers is not work.

    Args:
        total: number of steps of the job.
        on_advance: called with the number of steps of each advance.
        clock: returns the time in seconds.

    >>> progress = Progress(total=4)
    >>> progress.advance(2)
    >>> progress.done, str(progress)
    (2, '2/4')
    """

    def __init__(
        self,
        total: int,
        on_advance: Callable[[int], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total = total
        self.done = 0
        self.note = ""
        """The state of the job in a few words; shown after the rate."""
        self._on_advance = on_advance
        self._clock = clock
        self._first: tuple[float, int] | None = None

    def advance(self, steps: int = 1) -> None:
        """Count more steps as done.

        Args:
            steps: number of these steps.
        """
        self.done += steps
        if self._first is None:
            self._first = self._clock(), self.done
        if self._on_advance is not None:
            self._on_advance(steps)

    @property
    def rate(self) -> float:
        """Steps per second since the first advance; 0 until the second advance."""
        if self._first is None:
            return 0.0
        started, already = self._first
        elapsed = self._clock() - started
        return (self.done - already) / elapsed if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float:
        """Time left at the present rate; infinite while the rate is 0."""
        left = self.total - self.done
        if left <= 0:
            return 0.0
        return left / self.rate if self.rate > 0 else float("inf")

    @property
    def pace(self) -> str:
        """The rate and the time left, as soon as there is a rate, and the note."""
        timing = f"{self.rate:.3g}/s, {_duration(self.seconds_left)} left" if self.rate > 0 else ""
        return ", ".join(part for part in (timing, self.note) if part)

    def __str__(self) -> str:
        return ", ".join(part for part in (f"{self.done:,}/{self.total:,}", self.pace) if part)


@contextmanager
def track(
    total: int,
    label: str,
    show: ShowProgress = None,
    *,
    to: TextIO | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Progress]:
    """Open a ``Progress`` of ``total`` steps that is shown until the block ends.

    ``show`` is the argument ``progress`` of a verb. A terminal shows a bar with the rate and the
    time left; any other stderr gets a line when the stage begins, a line when it ends, and a line
    per minute in between. ``to`` replaces stderr; without ``to`` and without a stderr nothing is
    shown. ``clock`` returns the time in seconds. A notebook shows a bar of its own.

    >>> with track(2, "drawing", show=False) as progress:
    ...     progress.advance()
    ...     progress.advance()
    >>> progress.seconds_left
    0.0
    """
    stream = sys.stderr if to is None else to
    terminal = stream is not None and stream.isatty()
    if callable(show):
        begin = getattr(show, "begin", None)
        if callable(begin):
            begin(total, label)
        yield Progress(total, show)
    elif to is None and show is not False and _in_notebook():
        yield from _notebook_bar(total, label)
    elif stream is None or show is False or (show is None and not terminal):
        yield Progress(total)
    elif terminal:
        yield from _bar(total, label, stream)
    else:
        yield from _lines(total, label, stream, clock)


def _lines(
    total: int, label: str, stream: TextIO, clock: Callable[[], float]
) -> Iterator[Progress]:
    def say(text: str) -> None:
        print(f"{label}: {text}", file=stream, flush=True)

    say(f"{total:,} step{'' if total == 1 else 's'}")
    began = said = clock()

    def advanced(_: int) -> None:
        nonlocal said
        if clock() - said >= _MINUTE and progress.done < total:
            said = clock()
            say(str(progress))

    progress = Progress(total, advanced, clock)
    yield progress
    say(f"done in {_duration(clock() - began)}")


def _bar(total: int, label: str, stream: TextIO) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[pace]}"),  # rich's own rate would include restored results
    )
    with Bar(*columns, console=Console(file=stream)) as bar:
        task = bar.add_task(label, total=total, pace="")

        progress = Progress(
            total, lambda _: bar.update(task, completed=progress.done, pace=progress.pace)
        )
        yield progress


def _in_notebook() -> bool:
    """Whether the code runs in a cell of a notebook. IPython is not imported if it is not there."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and "IPKernelApp" in shell.config


def _notebook_bar(total: int, label: str) -> Iterator[Progress]:
    """Show a bar in the output of a cell: redrawn five times per second at most."""
    from importlib import import_module

    display = import_module("IPython.display")
    drawn_at = -math.inf

    def html() -> Any:
        bar = f'<progress max="{total}" value="{progress.done}"></progress>'
        return display.HTML(f"{escape(label)} {bar} {escape(str(progress))}")

    def redraw(_: int) -> None:
        nonlocal drawn_at
        now = time.monotonic()
        if now - drawn_at >= 0.2 or progress.done >= total:
            drawn_at = now
            handle.update(html())

    progress = Progress(total, redraw)
    handle = display.display(html(), display_id=True)
    yield progress


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 120:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"
