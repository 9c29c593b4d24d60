"""The guard of conftest.py: a skip is an error exactly where nothing may be missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

SOURCES = {
    "test_passing": "def test_it(): pass\n",
    "test_skipped": "import pytest\n@pytest.mark.skip\ndef test_it(): pass\n",
    "test_module": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass\n",
    "test_expected": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n",
}


def outcomes(
    folder: Path, root: Path, full: str, names: Iterable[str] = tuple(SOURCES)
) -> tuple[int, dict[str, str]]:
    """Return the exit status of one run of some sources, and the outcome that it told of each."""
    shutil.copy(root / "tests" / "conftest.py", folder)
    for name in names:
        (folder / f"{name}.py").write_text(SOURCES[name])
    options = ["-p", "no:cacheprovider", "--rootdir", ".", "-rA", "--continue-on-collection-errors"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "."],
        cwd=folder,
        env={**os.environ, "TWINSEED_FULL": full, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.findall(r"^([A-Z]{5,}) (?:\[1\] )?(test_\w+)\.py", done.stdout, re.MULTILINE)
    return done.returncode, {name: word for word, name in told}


def test_a_skip_is_an_error_where_nothing_may_be_missing(tmp_path: Path, root: Path) -> None:
    status, found = outcomes(tmp_path, root, full="1")
    assert status == pytest.ExitCode.TESTS_FAILED
    assert found == {
        "test_passing": "PASSED",
        "test_skipped": "ERROR",
        "test_module": "ERROR",
        "test_expected": "FAILED",
    }


def test_an_expected_failure_alone_fails_the_run(tmp_path: Path, root: Path) -> None:
    """Pytest counts no failure that carries the mark of an expected one."""
    status, _ = outcomes(tmp_path, root, full="1", names=["test_expected"])
    assert status == pytest.ExitCode.TESTS_FAILED


def test_a_skip_is_no_error_elsewhere(tmp_path: Path, root: Path) -> None:
    status, found = outcomes(tmp_path, root, full="0")
    assert status == pytest.ExitCode.OK
    assert found == {
        "test_passing": "PASSED",
        "test_skipped": "SKIPPED",
        "test_module": "SKIPPED",
        "test_expected": "XFAIL",
    }
