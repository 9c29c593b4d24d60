"""The process that runs other people's parsers: its end, its time, its memory, what it says."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from twinseed import InputError
from twinseed.readers import _isolated, _memory, load, load_roles
from twinseed.readers.source import LIMIT, Source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return something that a child process has to read: a folder, of images as it seems."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"none")
    return tmp_path / "images"


HANGS = """
import os, sys, time
from twinseed.readers import _child

def hang(source, reader):
    (source.scratch / "half-written").write_bytes(bytes(1000))
    pipe = os.open(os.environ["ALIVE"], os.O_WRONLY)
    os.write(pipe, b"x")
    time.sleep(600)

_child.read_safely = hang
_child.main()
"""
CALLER = """
import os, sys
from twinseed.readers import _isolated, load

_isolated.CHILD = ("-c", os.environ["HANGS"])
load(sys.argv[1])
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_child_ends_with_its_parent_and_leaves_nothing(
    tmp_path: Path, folder: Path, end: signal.Signals
) -> None:
    scratch, alive = tmp_path / "scratch", tmp_path / "alive"
    scratch.mkdir()
    os.mkfifo(alive)
    given = {"TMPDIR": str(scratch), "HANGS": HANGS, "ALIVE": str(alive)}
    parent = subprocess.Popen(
        [sys.executable, "-c", CALLER, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **given},
        stderr=subprocess.DEVNULL,
    )
    with alive.open("rb") as pipe:
        assert pipe.read(1) == b"x"
        assert list(scratch.rglob("half-written"))
        parent.send_signal(end)
        assert pipe.read() == b"", "the parser holds the other end until it has ended"
    assert parent.wait(60) != 0
    patience = time.monotonic() + 60
    while any(scratch.iterdir()):  # the watcher removes it next
        assert time.monotonic() < patience
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("import no_such_module", "its reader failed: ModuleNotFoundError: .*'no_such_module'"),
        (
            "raise OSError(28, 'No space left on device')",
            "its reader failed: .*No space left on device.*make room",
        ),
        ("import os; os.kill(os.getpid(), 9)", "reader was killed.*memory may be full"),
        ("print('\\x1b[2J', file=sys.stderr); sys.exit(1)", r"failed: \\x1b\[2J"),
        (
            "import os; os.write(2, b'first\\nbad heap\\n'); os.abort()",
            r"is damaged: its reader crashed \(-6\): bad heap \(got",
        ),
    ],
)
def test_what_the_child_says_as_it_fails_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, does: str, says: str
) -> None:
    child = ("-c", f"import sys; sys.stdin.readline(); {does}")
    monkeypatch.setattr(_isolated, "CHILD", child)
    with pytest.raises(InputError, match=says) as caught:
        load(folder)
    assert ("damaged" in str(caught.value)) == ("abort" in does)


def test_a_child_that_reads_nothing_is_told_as_well(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_isolated, "CHILD", ("-c", "raise SystemExit(1)"))
    paths = {f"role {number}": folder for number in range(1000)}  # more than a pipe holds
    with pytest.raises(InputError, match="its reader failed"):
        load_roles(paths)


def test_its_time_comes_from_the_bytes_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    with path.open("wb") as file:
        file.write(b"PAR1" * 1000)
        file.truncate(1 << 40)
    assert path.stat().st_size == 1 << 40
    assert Source("path", str(path), path).on_disk() < 1 << 20
    (tmp_path / "b.parquet").write_bytes(bytes(range(256)) * 8)
    small = Source("path", "b", tmp_path / "b.parquet", limit=100)
    assert small.on_disk() == 100, "no more than it may unpack to"


def test_its_memory_fits_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    gib = 1 << 30
    for free, expected in {
        8 * gib: 6 * gib,
        64 * gib: 12 * gib,
        gib // 2: gib,
        None: 12 * gib,
    }.items():
        monkeypatch.setattr(_memory, "free", lambda free=free: free)
        assert _memory.allowed(LIMIT) == expected
    monkeypatch.undo()
    found = _memory.free()
    assert found is None or found > gib // 4


def test_a_disk_without_room_for_the_copy_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    from twinseed.readers.formats import read_safely

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    source = Source("path", "a.h5", tmp_path / "a.h5", scratch=tmp_path)
    with pytest.raises(InputError, match=r"does not fit into the folder for temporary.*TMPDIR"):
        read_safely(source, lambda one: one.room((4, 3), np.float32))


def test_a_reader_that_runs_out_of_memory_says_so(tmp_path: Path) -> None:
    from twinseed.readers.formats import read_safely

    def greedy(source: Source) -> None:
        raise MemoryError

    with pytest.raises(InputError, match="needs more memory than is free"):
        read_safely(Source("path", "a.h5", tmp_path / "a.h5"), greedy)


def test_no_folder_for_temporary_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "none"))
    with pytest.raises(InputError, match=r"cannot be read.*folder is there and can be used"):
        load(folder)


def test_what_a_reader_said_may_be_gone_with_its_folder(tmp_path: Path) -> None:
    """A reader that is ended removes its folder, and the error says how it ended."""
    assert _isolated._said(tmp_path / "gone") == ""
