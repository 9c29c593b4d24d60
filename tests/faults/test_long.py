"""What shows only after a while: memory, files and threads of many audits, and clocks that jump."""

from __future__ import annotations

import ast
import os
import threading
from pathlib import Path

import numpy as np
import pytest

import twinseed as ts

AUDITS = 200
_FIRST = 50
"""Audits after which memory is measured first: caches are full, and the allocator has settled."""
_GROWTH = 16 * 2**20
"""Bytes that the process may grow by after these: fragments, no rows; a leak of the rows and
answers of 150 audits would be larger."""


def resident() -> int:
    """Return the memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.nightly
def test_many_audits_leave_nothing_behind() -> None:
    draw = np.random.default_rng(0)
    train, heldout, samples = draw.standard_normal((3, 200, 40))
    for number in range(AUDITS):
        audit = ts.audit(train_a=train + number, samples_a=samples + number, heldout=heldout)
        assert "copying" in audit.to_dict()
        if number == _FIRST:
            memory, files = resident(), len(os.listdir("/proc/self/fd"))
            threads = threading.active_count()
    assert len(os.listdir("/proc/self/fd")) <= files
    assert threading.active_count() <= threads
    grown = resident() - memory
    print(f"{AUDITS - _FIRST} audits grew by {grown / 2**20:.1f} MiB")
    assert grown < _GROWTH


CLOCKS = {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime"}
CLOCKS |= {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
CLOCKS |= {"datetime.datetime.now", "datetime.date.today"}


def asked(source: str) -> set[str]:
    """Return the clocks of the calendar that a source asks."""
    tree = ast.parse(source)
    named = {ast.unparse(one) for one in ast.walk(tree) if isinstance(one, ast.Attribute)}
    taken = {
        f"{one.module}.{name.name}"
        for one in ast.walk(tree)
        if isinstance(one, ast.ImportFrom)
        for name in one.names
    }
    return (named | taken) & CLOCKS


def test_no_answer_depends_on_the_clock_of_the_calendar() -> None:
    """That clock may jump; durations are measured by clocks that only go forward."""
    package = Path(ts.__file__).parent
    found = {str(path): asked(path.read_text("utf-8")) for path in package.rglob("*.py")}
    assert {path: clocks for path, clocks in found.items() if clocks} == {}
    assert asked("import time\nt = time.time()") == {"time.time"}
    assert asked("from time import time") == {"time.time"}
