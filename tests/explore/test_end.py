"""A signal ends the page, and the temporary folder is deleted, whenever the signal comes."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest


@pytest.mark.extras
@pytest.mark.parametrize(
    ("number", "listening"),
    [
        (signal.SIGINT, False),
        (signal.SIGINT, True),
        (signal.SIGTERM, False),
        (signal.SIGTERM, True),
    ],
)
def test_a_signal_deletes_the_temporary_folder(
    number: signal.Signals, listening: bool, tmp_path: Path
) -> None:
    words = ["-m", "twinseed", "explore", "--no-browser", "--port", "0"]
    page = subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    try:
        assert page.stdout is not None
        if listening:
            assert "Ctrl-C ends" in page.stdout.readline()
        while not list(tmp_path.glob("twinseed-explore-*")) and page.poll() is None:
            time.sleep(0.001)
        assert len(list(tmp_path.glob("twinseed-explore-*"))) == 1
        page.send_signal(number)
        said, _ = page.communicate(timeout=120)
    finally:
        page.kill()
    assert page.returncode in (128 + number, -number)
    assert "Traceback" not in said
    assert list(tmp_path.glob("twinseed-explore-*")) == []


@pytest.mark.extras
def test_ctrl_c_right_after_the_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twinseed.explore.uploads import Uploads

    made = Path.mkdir

    def interrupted(path: Path, mode: int = 0o777) -> None:
        made(path, mode)
        raise KeyboardInterrupt

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(Path, "mkdir", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Uploads()
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.extras
def test_the_end_waits_for_one_import_at_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    from twinseed.explore import application

    over = threading.Event()
    loaded: list[str] = []

    def ended_meanwhile(name: str) -> None:
        loaded.append(name)
        over.set()

    monkeypatch.setattr(application, "import_module", ended_meanwhile)
    application._warm(over)
    assert len(loaded) == 1
