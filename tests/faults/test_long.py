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


CLOCKS = {f"time.{name}" for name in ("time", "time_ns", "localtime", "gmtime", "ctime")}
CLOCKS |= {f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")}
CLOCKS |= {"time.asctime", "time.strftime", "time.clock_gettime", "datetime.date.today"}
CLOCKS |= {"the word now", "the word today"}  # from which numpy and pandas make the time


def asked(source: str) -> set[str]:
    """Return the clocks of the calendar that a source asks, also under other names."""
    tree = ast.parse(source)
    full = {}
    for one in ast.walk(tree):
        if isinstance(one, ast.Import):
            full |= {name.asname or name.name: name.name for name in one.names}
        elif isinstance(one, ast.ImportFrom):
            full |= {name.asname or name.name: f"{one.module}.{name.name}" for name in one.names}
    found = set()
    for one in ast.walk(tree):
        if isinstance(one, ast.Name | ast.Attribute):
            first, *rest = ast.unparse(one).split(".")
            found.add(".".join([full.get(first, first), *rest]))
        elif isinstance(one, ast.Call) and ast.unparse(one.func).endswith(("time64", "stamp")):
            words = (word.value for word in one.args if isinstance(word, ast.Constant))
            found |= {f"the word {word}" for word in words}
    return found & CLOCKS


def test_no_answer_depends_on_the_clock_of_the_calendar() -> None:
    """That clock may jump; durations are measured by clocks that only go forward."""
    package = Path(ts.__file__).parent
    found = {str(path): asked(path.read_text("utf-8")) for path in package.rglob("*.py")}
    assert {path: clocks for path, clocks in found.items() if clocks} == {}


@pytest.mark.parametrize(
    ("source", "clock"),
    [
        ("import time\nt = time.time()", "time.time"),
        ("from time import time\nt = time()", "time.time"),
        ("import time as clock\nt = clock.time_ns()", "time.time_ns"),
        ("import datetime as dt\nt = dt.datetime.now()", "datetime.datetime.now"),
        ("from datetime import date\nt = date.today()", "datetime.date.today"),
        ("import numpy as np\nt = np.datetime64('now')", "the word now"),
    ],
)
def test_a_clock_is_found_under_each_name(source: str, clock: str) -> None:
    assert asked(source) == {clock}
