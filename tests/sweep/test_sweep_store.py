"""The store: it belongs to one job and to one driver at a time, and others may look on."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sweep.test_sweep_batches import cells

from twinseed.errors import StoreError
from twinseed.sweep import Job, Store, begun, described, run, stored

JOB = Job("test", "1", (7, 11), {"engine": {"kind": "plain"}})


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (Job("else", "1", (7, 11), JOB.shared), r"\(kind test in the store, else in this call\)"),
        (Job("test", "2", (7, 11), JOB.shared), r"\(version 1 in the store, 2 in this call\)"),
        (Job("test", "1", (8,), JOB.shared), r"\(seed 7 11 in the store, 8 in this call\)"),
        (
            Job("test", "1", (7, 11), {"engine": {"kind": "other"}}),
            r'\(engine {"kind":"plain"} in the store',
        ),
        (Job("test", "1", (7, 11)), r'engine {"kind":"plain"} in the store, none in this call'),
    ],
)
def test_a_store_of_another_job_is_refused(tmp_path: Path, other: Job, named: str) -> None:
    path = tmp_path / "store.db"
    with Store(path, JOB) as store:
        store.put([("key", "{}", "[]")])
    with pytest.raises(StoreError, match=named):
        Store(path, other)
    with Store(path, JOB) as store:
        assert store.get(["key"]) == {"key": "[]"}


def test_a_store_keeps_what_it_has(tmp_path: Path) -> None:
    with Store(tmp_path / "new folder" / "store.db", JOB) as store:
        store.put([("key", "{}", "1")])
        store.put([("key", "{}", "2")])
        assert store.get(["key"]) == {"key": "1"}


def test_results_are_put_together_or_not_at_all(tmp_path: Path) -> None:
    def rows() -> Iterator[tuple[str, str, str]]:
        yield "key", "{}", "1"
        raise ValueError("no second result")

    with Store(tmp_path / "store.db", JOB) as store:
        with pytest.raises(ValueError, match="no second result"):
            store.put(rows())
        assert store.get(["key"]) == {}
        store.put([("key", "{}", "2")])
    with Store(tmp_path / "store.db", JOB) as store:
        assert store.get(["key"]) == {"key": "2"}


PUT = """
import os, signal, sys
from tests.sweep.test_sweep_store import JOB
from twinseed.sweep import Store

def rows():
    yield "key", "{}", "1"
    os.kill(os.getpid(), signal.SIGKILL)

Store(sys.argv[1], JOB).put(rows())
"""


def test_a_kill_between_two_results_of_a_task_leaves_neither(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", PUT, str(tmp_path / "store.db")],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert stored(tmp_path / "store.db") == []


def test_a_store_has_one_driver_at_a_time_and_any_number_of_readers(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store(path, JOB) as one:
        run(JOB, cells(1), store=one)
        with pytest.raises(StoreError, match=rf"in use by process {os.getpid()} on .*: wait"):
            Store(path, JOB)
        run(JOB, cells(2), store=one)
        assert [description["replicate"] for description, _ in stored(path)] == [0] * 3 + [1] * 3
    with Store(path, JOB) as two:
        assert len(two.get(JOB.key(cell) for cell in cells(2))) == 6


DRIVER = """
import sys
from tests.sweep.test_sweep_store import JOB
from twinseed.sweep import Store

with Store(sys.argv[1], JOB):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_told_who_has_the_store_until_that_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    holder = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(StoreError, match=f"in use by process {holder.pid} on"):
            Store(path, JOB)
        holder.kill()
    Store(path, JOB).close()


KILLED = """
import resource, signal, sys
from twinseed.sweep import Store
from tests.sweep.test_sweep_store import JOB

signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores the signal
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
Store(sys.argv[1], JOB)
"""


@pytest.mark.parametrize("size", [0, 1024, 4096, 8192])
def test_a_store_of_which_the_driver_was_killed_at_the_start_is_as_new(
    tmp_path: Path, size: int
) -> None:
    """Killed before the first page, at it, and at the next."""
    path = tmp_path / "store.db"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(size)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert killed.returncode == -signal.SIGXFSZ
    assert path.exists()
    assert not begun(path)
    assert stored(path) == []
    with pytest.raises(StoreError, match=r"an empty database: a run that was killed.* run the com"):
        described(path)
    with Store(path, JOB) as store:
        store.put([("key", "{}", "[]")])
    assert begun(path)
    assert not begun(tmp_path / "absent.db")


KILLED_BEFORE = """
import os, signal, sqlite3, sys
from functools import partial
from tests.sweep.test_sweep_store import JOB
from twinseed.sweep import Store

def killed_before(statement):
    if statement.startswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

class Connection(sqlite3.Connection):
    def execute(self, statement, *values):
        killed_before(statement)
        return super().execute(statement, *values)

    def executemany(self, statement, rows):
        killed_before(statement)
        return super().executemany(statement, rows)

sqlite3.connect = partial(sqlite3.connect, factory=Connection)
Store(sys.argv[1], JOB)
"""


@pytest.mark.parametrize("statement", ["CREATE TABLE cells", "INSERT INTO about", "COMMIT"])
def test_a_store_is_made_at_one_stroke(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "store.db"
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE, str(path), statement],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert not begun(path)
    Store(path, JOB).close()
    assert begun(path)


def test_readers_want_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"absent\.db cannot be read"):
        stored(tmp_path / "absent.db")
    assert not list(tmp_path.iterdir())


def test_files_that_are_not_stores_are_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be looked at as one\n" * 40)
    before = text.read_bytes()
    with pytest.raises(StoreError, match=r"notes\.txt cannot be used"):
        Store(text, JOB)
    assert text.read_bytes() == before
    foreign = tmp_path / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE notes (text TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="a database of another program"):
        Store(foreign, JOB)
    with pytest.raises(StoreError, match="cannot be used"):
        Store(tmp_path, JOB)
    with pytest.raises(StoreError, match="cannot be used"):
        Store(text / "below a file" / "store.db", JOB)
