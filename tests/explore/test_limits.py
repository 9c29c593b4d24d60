"""The bounds on uploads and on open connections, and the load that they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from twinseed.errors import InputError
from twinseed.explore import uploads as uploading
from twinseed.explore.uploads import Uploads


def test_uploads_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "MOST_FILES", 2)
    held = Uploads()
    try:
        one, file = held.place("a.npy")
        file.close()
        held.keep(one)
        two, file = held.place("b.npy")
        file.close()
        with pytest.raises(InputError, match="at most 2 files"):
            held.place("c.npy")
        held.drop(two)
        assert not two.path.exists()
        held.place("c.npy")[1].close()
        assert held.get(one.token) is one
    finally:
        held.close()
    assert not held.folder.exists()


@pytest.mark.parametrize(
    "name", ["../../x.npy", "/etc/x.npy", "x\0.npy", "..\\x.npy", "\u202ex.npy"]
)
def test_no_name_becomes_a_path(name: str) -> None:
    held = Uploads()
    try:
        upload, file = held.place(name)
        file.close()
        assert upload.path.parent == held.folder
        assert upload.path.name == f"{upload.token}.npy"
        assert upload.name.isprintable()
    finally:
        held.close()


@pytest.mark.extras
@pytest.mark.nightly
def test_the_page_stands_slow_clients_and_many_requests(root: Path) -> None:
    command = [sys.executable, str(root / "benchmarks" / "explore_load.py")]
    done = subprocess.run(
        [*command, "--slow", "100", "--requests", "300"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
