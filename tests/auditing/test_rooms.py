"""One audit reads the house in order: no file is returned to more than three times."""

from __future__ import annotations

from itertools import groupby

import pytest
from benchmarks.rooms import ROOMS, functions_called, visits_of


def test_a_visit_is_a_run_of_functions_in_one_file() -> None:
    assert visits_of(["a", "a", "b", "a"]) == {"a": 2, "b": 1}


@pytest.mark.nightly
def test_an_audit_returns_to_no_file_more_than_three_times() -> None:
    files = [one for one in functions_called() if one.startswith(ROOMS)]
    assert len([one for one, _ in groupby(files)]) > 100
    assert {one: count - 1 for one, count in visits_of(files).items() if count > 4} == {}
