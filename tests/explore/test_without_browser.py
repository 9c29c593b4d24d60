"""Where all tests must run, tests of the page say which browser to install if there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.extras
def test_a_missing_browser_is_an_error_that_names_the_remedy(root: Path, tmp_path: Path) -> None:
    one = "tests/explore/test_browser.py::test_the_keyboard_alone"
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, one],
        cwd=root,
        env={**os.environ, "TWINSEED_FULL": "1", "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
    assert "nothing may be skipped" in done.stdout
    assert "apt-get install chromium" in done.stdout
