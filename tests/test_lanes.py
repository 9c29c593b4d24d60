"""Work in turn: threads that do short steps do them one after the other."""

from __future__ import annotations

import time

import pytest

from twinseed.lanes import in_threads, in_turn


def test_one_thread_at_a_time_does_work_in_turn() -> None:
    inside: list[int] = []
    most: list[int] = []

    @in_turn
    def step(number: int) -> int:
        """Each call lets all other threads run while it is inside."""
        inside.append(number)
        most.append(len(inside))
        time.sleep(0.002)
        inside.remove(number)
        return -number

    assert in_threads(step, range(12), 4) == [-number for number in range(12)]
    assert most == [1] * 12


def test_after_an_error_the_next_thread_has_its_turn() -> None:
    @in_turn
    def broken(number: int) -> int:
        if number == 0:
            raise ValueError("broken")
        return number

    with pytest.raises(ValueError, match="broken"):
        broken(0)
    assert in_threads(broken, [1, 2], 2) == [1, 2]


def test_work_in_turn_may_do_other_work_in_turn() -> None:
    assert in_turn(lambda: in_turn(abs)(-2))() == 2
