"""The guard of conftest.py: a skip is an error exactly where nothing may be missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

WAYS = {
    "a test": "import pytest\n@pytest.mark.skip\ndef test_it(): pass\n",
    "a module": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass\n",
    "an expected failure": "import pytest\n@pytest.mark.xfail\ndef test_it(): assert False\n",
}


def outcome(tmp_path: Path, root: Path, source: str, full: str) -> int:
    shutil.copy(root / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(source)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", ".", "."],
        cwd=tmp_path,
        env={**os.environ, "TWINSEED_FULL": full},
        capture_output=True,
        check=False,
    ).returncode


@pytest.mark.parametrize("way", WAYS)
def test_a_skip_is_an_error_where_nothing_may_be_missing(
    tmp_path: Path, root: Path, way: str
) -> None:
    no_tests_ran = pytest.ExitCode.NO_TESTS_COLLECTED
    assert outcome(tmp_path, root, WAYS[way], full="0") in {pytest.ExitCode.OK, no_tests_ran}
    failed = {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}
    assert outcome(tmp_path, root, WAYS[way], full="1") in failed


def test_a_passing_test_passes_there(tmp_path: Path, root: Path) -> None:
    assert outcome(tmp_path, root, "def test_it(): pass\n", full="1") == pytest.ExitCode.OK
