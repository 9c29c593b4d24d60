"""A damaged store says so: the numbers that were kept come out of it, or a StoreError."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.sweep.test_sweep_batches import cells
from tests.sweep.test_sweep_store import JOB

from twinseed.errors import StoreError
from twinseed.sweep import Store, described, run, stored
from twinseed.sweep.soundness import seal

FLIPS = 300


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "store.db"
    with Store(path, JOB) as store:
        run(JOB, cells(6), store=store)
    return path


def flipped(content: bytes, rng: np.random.Generator) -> bytes:
    """Change one bit, of the first pages (schema, rows) or anywhere."""
    found = bytearray(content)
    place = int(rng.integers(len(found)))
    found[place] ^= 1 << int(rng.integers(8))
    return bytes(found)


def same_or_refused(path: Path, read: Callable[[], Any], expected: object) -> bool:
    """Say whether the store was refused; anything else but the expected answer is a failure."""
    try:
        found = read()
    except StoreError as error:
        said = str(error)
    else:
        assert repr(found) == repr(expected)
        return False
    assert str(path) in said
    assert "): " in said or ": give" in said, "a sentence says what to do"
    return True


def swept(path: Path) -> Any:
    """Go on with a sweep from its store."""
    with Store(path, JOB) as store:
        return run(JOB, cells(6), store=store)


def test_one_bit_that_changed_gives_the_same_numbers_or_an_error(
    kept: Path, tmp_path: Path
) -> None:
    content, rng = kept.read_bytes(), np.random.default_rng(0)
    about, rows, results = described(kept), stored(kept), run(JOB, cells(6))
    refused = 0
    for number in range(FLIPS):
        path = tmp_path / f"{number}.db"
        path.write_bytes(flipped(content, rng))
        refused += same_or_refused(path, lambda path=path: stored(path), rows)
        same_or_refused(path, lambda path=path: described(path), about)
        if number % 3 == 0:
            same_or_refused(path, lambda path=path: swept(path), results)
    assert refused > FLIPS / 5, "the file is small enough for flips to hit"


def test_a_damaged_name_that_the_check_cannot_write(kept: Path, tmp_path: Path) -> None:
    """SQLite then answers with bytes that are no text, which Python cannot read."""
    path = tmp_path / "store.db"
    path.write_bytes(kept.read_bytes().replace(b"autoindex_cells", b"autoinde\xca_cells"))
    for read in (stored, described, swept):
        with pytest.raises(StoreError):
            read(path)


@pytest.mark.parametrize("length", [0, 1, 15, 16, 99, 100, 1000, 4095, 4096, 8192, -4096, -1])
def test_a_file_that_was_cut(kept: Path, tmp_path: Path, length: int) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(kept.read_bytes()[:length])
    if length:
        with pytest.raises(StoreError):
            stored(path)
    assert same_or_refused(path, lambda: swept(path), run(JOB, cells(6))) == bool(length)


def test_a_log_of_writes_that_was_cut_or_changed_loses_the_last_of_them_at_most(
    tmp_path: Path,
) -> None:
    """What a killed sweep leaves beside the store has checksums of its own."""
    whole = tmp_path / "whole.db"
    with Store(whole, JOB) as store:
        for count in (2, 4, 6):
            run(JOB, cells(count), store=store)
        rows = stored(whole)
        parts = {end: Path(f"{whole}{end}").read_bytes() for end in ("", "-wal")}
    rng = np.random.default_rng(1)
    for number in range(20):
        path = tmp_path / f"{number}.db"
        path.write_bytes(parts[""])
        log = flipped(parts["-wal"], rng)
        Path(f"{path}-wal").write_bytes(log[: rng.integers(len(log))] if number % 2 else log)
        try:
            found = stored(path)
        except StoreError:
            continue
        assert repr(found) == repr(rows[: len(found)])


def changed(path: Path, order: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(order, values)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("result", '{"value": 1.5}'),
        ("result", "not JSON"),
        ("result", b"\xff\xfe"),
        ("result", 7),
        ("description", '{"n": 1}'),
        ("key", "another"),
        ("digest", "0" * 32),
    ],
)
def test_a_row_that_was_changed_is_never_used(
    kept: Path, tmp_path: Path, column: str, value: object
) -> None:
    path = tmp_path / "store.db"
    shutil.copy(kept, path)
    changed(path, f"UPDATE cells SET {column} = ? WHERE rowid = 3", value)
    with pytest.raises(
        StoreError, match=r"is damaged \(a result differs from its digest\).*delete"
    ):
        stored(path)
    if column != "key":  # a cell of another key is not one of this sweep, and is drawn again
        with pytest.raises(StoreError, match="is damaged"):
            swept(path)


def test_a_result_that_is_not_json_is_refused_even_with_its_digest(
    kept: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store.db"
    shutil.copy(kept, path)
    with closing(sqlite3.connect(path)) as connection:
        key, description = connection.execute("SELECT key, description FROM cells").fetchone()
    for text in ("not JSON", "[" * 100_000):
        order = "UPDATE cells SET result = ?, digest = ? WHERE key = ?"
        changed(path, order, text, seal(key, description, text), key)
        for read in (stored, swept):
            with pytest.raises(StoreError, match="not JSON"):
                read(path)


@pytest.mark.parametrize("name", ["seed", "engine", "layout", "seal"])
def test_what_a_store_says_about_itself_has_a_digest_too(
    kept: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "store.db"
    shutil.copy(kept, path)
    changed(path, "UPDATE about SET value = '8' WHERE name = ?", name)
    for read in (stored, described, swept):
        with pytest.raises(StoreError, match="facts about the job differ from their digest"):
            read(path)


def test_a_store_of_an_older_version_is_refused_by_a_sentence(kept: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    shutil.copy(kept, path)
    changed(path, "UPDATE about SET value = '2' WHERE name = 'layout'")
    changed(path, "DELETE FROM about WHERE name = 'seal'")
    for read in (stored, described, swept):
        with pytest.raises(StoreError, match=r"older version of twinseed.*another path"):
            read(path)


def test_readers_refuse_files_that_are_not_stores(tmp_path: Path) -> None:
    text, foreign = tmp_path / "notes.txt", tmp_path / "foreign.db"
    text.write_text("not a database, but long enough to be looked at as one\n" * 40)
    changed(foreign, "CREATE TABLE about (text TEXT)")
    for read in (stored, described):
        with pytest.raises(StoreError, match=r"notes\.txt cannot be read as a store"):
            read(text)
        with pytest.raises(StoreError, match="database of another program"):
            read(foreign)


def test_paths_that_can_be_no_store_are_refused_and_make_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("folder").mkdir()
    Path("link").symlink_to("folder")
    before = sorted(tmp_path.rglob("*"))
    for path, said in {
        ":memory:": "would keep no result: give the path of a file",
        "pipe": "no regular file",
        "folder": r"folder\): give the path of a file, as folder/store\.sqlite",
        "link": "folder",
        "": "folder",
        "a\0b": "zero byte",
        "/dev/null": "no regular file",
        "n" * 300: "cannot be",
    }.items():
        for use in (swept, stored, described):
            with pytest.raises(StoreError, match=said):
                use(Path(path) if path else Path())
    assert sorted(tmp_path.rglob("*")) == before


READ_ONLY = """
import os, sys
from pathlib import Path
from tests.sweep.test_sweep_damage import described, stored, swept
from twinseed.errors import StoreError

if os.getuid() == 0:  # who may write everywhere
    os.setuid(65534)
for use in (swept, stored, described):
    for path in sys.argv[1:]:
        try:
            use(Path(path))
            print("used")
        except StoreError as error:
            print(error)
"""


def test_a_place_that_cannot_be_written_is_refused_by_a_sentence(kept: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        there, new = Path(folder, "there.db"), Path(folder, "new.db")
        shutil.copy(kept, there)
        there.chmod(0o444)
        Path(folder).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(there), str(new)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        Path(folder).chmod(0o755)
    said = done.stdout.splitlines()
    assert all(
        f"{path} cannot be" in line for path, line in zip([there, new] * 3, said, strict=True)
    ), said
    assert all("in a folder that you may write to" in line for line in said[:2]), said
    assert all("copy the store to another folder" in line for line in said[2:]), said
