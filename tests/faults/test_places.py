"""A full disk, and a folder that a plain user may not write to: a sentence, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cli.cli_calls import call, prepared
from tests.faults.places import WRITES
from tests.sweep.test_sweep_faults import limited, may_mount

pytestmark = [pytest.mark.extras, pytest.mark.nightly]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = prepared(tmp_path_factory.mktemp("places"))
    (made / "cli_encoder.py").write_text("def half(rows):\n    return rows[:, :3]\n")
    return made


@contextmanager
def almost_full(place: Path, pages: int) -> Iterator[Path]:
    """A disk on which one file lies, and with room for so many pages of other files."""
    if not may_mount():
        pytest.skip("a small disk has to be mounted: run as root, or in `unshare -rm`")
    place.mkdir()
    with limited(place):
        (place / "before.txt").write_text("before")
        with (place / "fill").open("wb", 0) as file:
            while os.statvfs(place).f_bavail > pages:
                file.write(bytes(4096))
        yield place


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    with almost_full(tmp_path / "full", 0) as place:
        yield place


def listed(place: Path) -> dict[str, int]:
    return {str(one.relative_to(place)): one.stat().st_size for one in place.rglob("*")}


def assert_no_room(done: Any, place: Path) -> None:
    """One sentence says that the disk is full, and where."""
    assert done.exit_code == 2, done.output
    said = done.stderr.splitlines()[-1]
    assert said.startswith("twinseed: ")
    assert "Traceback" not in done.stderr
    assert str(place) in said
    assert "space" in said or "room" in said


@pytest.mark.parametrize("words", WRITES)
def test_a_full_disk(words: str, folder: Path, full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    before = listed(full)
    done = call(*words.replace("THERE", str(full)).split())
    assert_no_room(done, full)
    left = {name: size for name, size in listed(full).items() if size and name not in before}
    assert {name for name in left if not (full / name).is_dir()} == set()
    assert (full / "before.txt").read_text() == "before"


def contents(place: Path) -> dict[str, bytes]:
    """Return the files that a command leaves; of a store the bytes differ from run to run."""
    return {
        str(one.relative_to(place)): one.read_bytes()
        for one in place.rglob("*")
        if one.is_file() and "sqlite" not in one.name and one.stat().st_size
    }


@pytest.mark.parametrize("words", WRITES)
def test_a_disk_that_becomes_full(
    words: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room for a first file is there, so that no check before the work sees what is to come."""
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    (tmp_path / "whole").mkdir()
    whole = call(*words.replace("THERE", str(tmp_path / "whole")).split())
    expected = contents(tmp_path / "whole")
    with almost_full(tmp_path / "full", 1) as place:
        before = contents(place)
        done = call(*words.replace("THERE", str(place)).split())
        left = contents(place)
    assert before.items() <= left.items()
    made = {name: left[name] for name in left.keys() - before}
    assert {name for name in made if made[name] != expected.get(name)} == set()
    if done.exit_code == whole.exit_code:  # the output is small
        assert made == expected != {}
        return
    assert_no_room(done, place)


PLAIN = """
import json, os, sys
from tests.cli.cli_calls import call
from tests.faults import victim  # the imports, which a plain user may have no right to read

os.chdir(sys.argv[1])
sys.path.insert(0, "")
if os.getuid() == 0:  # who may write everywhere
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for words in json.loads(sys.stdin.read()):
    done = call(*words.split())
    print(json.dumps([words, done.exit_code, done.stdout, done.stderr]), flush=True)
"""


def test_a_folder_that_a_plain_user_may_not_write_to(folder: Path, tmp_path: Path) -> None:
    """All in one process of this user: refused before any work, and nothing is made."""
    place = tmp_path / "shut"
    place.mkdir()
    for one in (*tmp_path.parents, *folder.parents, folder, tmp_path):
        if one.owner() == tmp_path.owner() and one != Path("/"):
            one.chmod(one.stat().st_mode | 0o055)
    place.chmod(0o555)
    every = [words.replace("THERE", str(place)) for words in WRITES]
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(folder)},
        input=json.dumps(every),
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert [one[0] for one in found] == every, done.stderr[-2000:]
    for words, status, out, err in found:
        assert status == 2, (words, out, err)
        assert out == ""
        last = err.splitlines()[-1]
        assert last.startswith("twinseed: "), (words, err)
        assert "Traceback" not in err
        assert str(place) in last, (words, last)
    assert list(place.iterdir()) == []
