"""Every file is written aside and renamed: whole or not at all, and a bad path is found early."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twinseed as ts
from twinseed.errors import InputError
from twinseed.files import require_output, write_text, written
from twinseed.readout import save


@pytest.fixture
def writers(tmp_path: Path) -> dict[str, Callable[[Path], Any]]:
    """Return what writes one file each, by the ending of the file."""
    drawn = ts.predict(ts.Spiked([1.0]), n=20, d=10)
    store = tmp_path / "draws.sqlite"
    ts.simulate(ts.Spiked([3.0]), n=8, d=6, replicates=2, rng=0, store=store)
    sweep = ts.load_sweep(store)
    return {
        ".nc": lambda path: save(drawn, path),
        ".csv": sweep.to_csv,
        ".txt": lambda path: write_text(path, "text"),
    }


def _left(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.mark.parametrize("ending", [".nc", ".csv", ".txt"])
def test_a_full_disk_leaves_what_was_there(
    ending: str, writers: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / f"file{ending}"
    path.write_text("before")

    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        writers[ending](path)
    assert path.read_text() == "before"
    assert _left(folder) == [path.name]


@pytest.mark.parametrize("ending", [".nc", ".csv", ".txt"])
def test_a_whole_file_replaces_and_nothing_else_is_left(
    ending: str, writers: dict[str, Any], tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    path = folder / f"file{ending}"
    path.write_text("before")
    path.chmod(0o640)
    writers[ending](path)
    assert path.read_bytes() != b"before"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert _left(folder) == [path.name]


def test_a_new_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    write_text(tmp_path / "ours", "text")
    (tmp_path / "theirs").touch()
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "theirs").stat().st_mode


def test_a_write_that_stops_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """The limit on a file's size is as real as a full disk, and needs no privileges."""
    path = tmp_path / "large.txt"
    probe = (
        "import resource, signal, sys\n"
        "from twinseed.files import write_text\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))\n"
        "try: write_text(sys.argv[1], 'x' * 100_000)\n"
        "except ValueError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, str(path)], capture_output=True, text=True, check=True
    )
    assert "cannot be written (File too large)" in done.stdout
    assert _left(tmp_path) == []


def test_an_interrupted_block_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with written(tmp_path / "a.txt") as unfinished:
            unfinished.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert _left(tmp_path) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.txt").write_text("before")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_text(tmp_path / "link.txt", "after")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "after"


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("absent/file.nc", "folder that does not exist"),
        ("file.nc/under.nc", "folder that does not exist"),
        ("folder.nc", "must be a file, not a folder"),
        ("device.nc", "must be a file, not a device"),
        ("loop.nc", "cannot be written"),
        ("nul\0.nc", "cannot be written"),
        ("n" * 300 + ".nc", "cannot be written"),
        ("file.doc", "must end in .nc or .csv"),
    ],
)
def test_a_path_that_cannot_be_written_is_found_before_work(
    path: str, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "file.nc").write_text("a file")
    (tmp_path / "folder.nc").mkdir()
    (tmp_path / "device.nc").symlink_to("/dev/full")
    (tmp_path / "loop.nc").symlink_to("loop.nc")
    before = _left(tmp_path)
    with pytest.raises(InputError, match=problem):
        require_output("path", tmp_path / path, (".nc", ".csv"))
    assert _left(tmp_path) == before


def test_no_permission_is_found_before_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.nc").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever runs the tests may be root
    with pytest.raises(InputError, match="Permission denied"):
        require_output("path", tmp_path / "mine.nc")


def test_an_ending_in_capitals_is_an_ending(tmp_path: Path) -> None:
    assert require_output("path", tmp_path / "A.NC", (".nc",)).name == "A.NC"


@pytest.mark.extras
def test_pages_and_figures_are_whole_or_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diagram = ts.phase_diagram(d=1000, gamma=(1, 9), strength=(0.1, 3), ridge=1, cells=81)
    a = np.random.default_rng(0).standard_normal((40, 3))

    def full(*_: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    found = ts.audit(train_a=a, samples_a=a + 1.0, factors=1)
    for write in (
        lambda: diagram.save(tmp_path / "a.html"),
        lambda: diagram.save(tmp_path / "a.png"),
        lambda: diagram.save(tmp_path / "a.svg"),
        lambda: diagram.save(tmp_path / "a.nc"),
        lambda: found.to_html(tmp_path / "b.html"),
    ):
        with pytest.raises(InputError, match="No space left"):
            write()
    assert _left(tmp_path) == []


WRITES = re.compile(
    r"\.write_text\(|\.write_bytes\(|open\(\s*[\"'][wax]b?[\"']|np\.savez?\(|to_netcdf\("
    r"|write_table\("
)
ELSEWHERE = {
    "files.py": "the function itself",
    "explore/export.py": "into a folder aside, which takes its place when it is whole",
    "explore/uploads.py": "a copy of what the page was given, in a folder that ends with the page",
    "readers/_isolated.py": "from the child to the parent, in a scratch folder",
}


def test_every_writer_of_the_package_writes_aside(root: Path) -> None:
    package = root / "src" / "twinseed"
    found = set()
    for path in package.rglob("*.py"):
        name = path.relative_to(package).as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            if WRITES.search(line) and ">>>" not in line:
                found.add(name)
                near = "\n".join(lines[max(0, number - 4) : number + 1])
                aside = "unfinished" in near or "partial" in near
                assert name in ELSEWHERE or aside, f"{name}:{number + 1}"
    assert found >= set(ELSEWHERE), "an exception that is none any more"
