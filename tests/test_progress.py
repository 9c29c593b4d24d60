"""Progress: what it says, and where it keeps silent."""

from __future__ import annotations

import inspect
import io

import pytest

import twinseed as ts
from twinseed.neighbours import nearest
from twinseed.progress import Progress, track
from twinseed.reproduction import reproduce


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def test_rate_and_time_left_leave_out_what_was_done_before() -> None:
    clock = Clock()
    progress = Progress(total=110, clock=clock)
    progress.advance(50)
    assert progress.rate == 0.0
    assert progress.seconds_left == float("inf")
    clock.now += 5.0
    progress.advance(10)
    assert progress.rate == 2.0
    assert progress.seconds_left == 25.0
    assert str(progress) == "60/110, 2/s, 25 s left"


@pytest.mark.parametrize(
    ("seconds", "text"), [(119, "119 s"), (125, "2 min 05 s"), (7500, "2 h 05 min")]
)
def test_time_left_is_readable(seconds: int, text: str) -> None:
    clock = Clock()
    progress = Progress(total=seconds + 2, clock=clock)
    progress.advance()
    clock.now += 1.0
    progress.advance()
    assert str(progress).endswith(f"{text} left")


@pytest.mark.parametrize("show", [False, None])
def test_silent_when_not_wanted_or_not_on_a_terminal(show: bool | None) -> None:
    stream = io.StringIO()
    with track(2, "drawing", show, to=stream) as progress:
        progress.advance(2)
    assert stream.getvalue() == ""
    assert progress.done == 2


def test_a_line_per_stage_and_per_minute_where_there_is_no_terminal() -> None:
    stream, clock = io.StringIO(), Clock()
    lines = ["drawing: 1,200 steps"]
    with track(1200, "drawing", True, to=stream, clock=clock) as progress:
        for seconds, more in ((59, []), (2, ["drawing: 600/1,200, 150/s, 4 s left"]), (9, [])):
            clock.now += seconds
            progress.advance(300)
            lines += more
            assert stream.getvalue().splitlines() == lines
        clock.now += 80
        progress.advance(300)
        assert stream.getvalue().splitlines() == lines
    assert stream.getvalue().splitlines() == [*lines, "drawing: done in 2 min 30 s"]


def test_nothing_where_there_is_no_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    monkeypatch.setattr("sys.stdout", stdout := io.StringIO())
    with track(3, "drawing", True) as progress:
        progress.advance(3)
    assert (progress.done, stdout.getvalue()) == (3, "")


def test_a_bar_on_a_terminal_which_false_still_silences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    loud, quiet = Terminal(), Terminal()
    with track(3, "drawing", to=loud) as progress:
        progress.advance(3)
    with track(3, "drawing", False, to=quiet) as progress:
        progress.advance(3)
    for part in ("drawing", "━━━", "3/3"):
        assert part in loud.getvalue()
    assert quiet.getvalue() == ""


def test_the_bar_shows_rate_and_time_left_of_this_run_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nine hundred steps were there before; at two a second the other hundred take a while."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    clock, stream = Clock(), Terminal()
    with track(1000, "drawing", to=stream) as progress:
        progress._clock = clock
        progress.advance(900)
        clock.now += 5.0
        progress.advance(10)
    assert "910/1000" in stream.getvalue()
    assert "2/s, 45 s left" in stream.getvalue()


def test_the_cursor_comes_back_when_the_work_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    with pytest.raises(ZeroDivisionError), track(3, "drawing", to=stream):
        raise ZeroDivisionError
    assert stream.getvalue().rindex("\x1b[?25h") > stream.getvalue().rindex("\x1b[?25l")


def test_stderr_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    with track(1, "drawing", True) as progress:
        progress.advance()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "drawing: 1 step\ndrawing: done in 0 s\n"


def test_a_function_is_called_with_the_steps_since_its_last_call() -> None:
    steps: list[int] = []
    with track(5, "drawing", steps.append) as progress:
        progress.advance(2)
        progress.advance()
    assert (steps, progress.done) == ([2, 1], 3)


def test_every_verb_takes_progress_of_one_type() -> None:
    public = [one for one in (getattr(ts, name) for name in ts.__all__) if inspect.isfunction(one)]
    given = {
        one.__name__: inspect.signature(one).parameters["progress"].annotation
        for one in (*public, reproduce, nearest)
        if "progress" in inspect.signature(one).parameters
    }
    assert set(given) >= {"simulate", "measure", "audit", "plan", "phase_diagram", "reproduce"}
    assert set(given.values()) == {"ShowProgress"}
