"""Fuzz the readers: any bytes give rows or an InputError; nothing is written, nothing hangs.

The format ``store`` is the store of a sweep: what was kept comes out of it, or a StoreError.

    python fuzz/readers.py [FORMAT ...] [--seconds 60]

Readers of our own are fuzzed by atheris, guided by coverage. Those on C libraries run in a child
process when used; here each damaged file gets a forked process, crashes and hangs are counted, and
the first of each format goes through ``load``, which must answer with an InputError.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from fuzz.seeds import KEYS, PLACES, SEEDS, damaged, laid_out  # noqa: E402  # as a script, it needs ROOT

LIMIT = 1 << 24
HANG = 20


def read(kind: str, content: bytes, folder: str) -> str:
    """Read bytes as one format, in this process; return what became of them."""
    from twinseed.errors import InputError
    from twinseed.readers import formats
    from twinseed.readers.source import Mapped, Source

    path = laid_out(kind, content, folder)
    WRITTEN.clear()
    before = sorted(os.listdir(folder))
    name = kind.partition(" ")[0]
    reader = (formats.HERE | formats.ISOLATED)[name]  # type: ignore[operator]  # both are dictionaries
    try:
        source = Source("path", path, Path(path), KEYS.get(kind, ""), limit=LIMIT)
        found = formats.read_safely(source, reader)
        if isinstance(found, Mapped):
            found.opened(Source("path", path, Path(path)))
        said = "rows"
    except InputError:
        said = "refused"
    if sorted(os.listdir(folder)) != before or WRITTEN:
        raise AssertionError(f"a file was written: {WRITTEN or os.listdir(folder)}")
    return said


WRITTEN: list[str] = []


def watch() -> None:
    """Note every file opened for writing, and every process and connection, from here on."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
            WRITTEN.append(f"{arguments[0]}")
        elif event in ("os.system", "subprocess.Popen", "os.exec", "socket.connect"):
            WRITTEN.append(event)

    sys.addaudithook(hook)


def by_atheris(kind: str, seconds: int) -> None:
    """Run libFuzzer in this process; it exits with a status of its own."""
    import atheris

    with atheris.instrument_imports(include=["twinseed.readers", "numpy.lib"]):
        pass
    corpus = tempfile.mkdtemp(prefix="twinseed-corpus-")
    for number, content in enumerate(SEEDS[kind]()):
        Path(corpus, str(number)).write_bytes(content)

    watch()

    def once(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            read(kind, content, folder)

    words = [f"-max_total_time={seconds}", f"-timeout={HANG}", "-rss_limit_mb=2048"]
    words += [f"-artifact_prefix={corpus}/failing-", "-max_len=4096", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *words, corpus], once)
    atheris.Fuzz()


def by_fork(kind: str, seconds: int, seed: int) -> None:
    """Read damaged files, each in a forked process, and let ``load`` meet the worst of them."""
    from twinseed.errors import InputError
    from twinseed.readers import load

    seeds, rng = SEEDS[kind](), np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        for content in seeds:
            shutil.rmtree(folder)
            os.mkdir(folder)
            assert read(kind, content, folder) == "rows", kind  # and loads what the reader needs
    outcomes: Counter[str] = Counter()
    worst: dict[str, bytes] = {}
    stop = time.monotonic() + seconds
    while time.monotonic() < stop:
        content = damaged(seeds[rng.integers(len(seeds))], rng)
        said = _forked(kind, content)
        outcomes[said] += 1
        if said not in ("rows", "refused"):
            worst.setdefault(said, content)
    print(f"{kind}: {dict(outcomes)}", flush=True)
    for said, content in worst.items():
        with tempfile.TemporaryDirectory() as folder:
            path = laid_out(kind, content, folder)
            try:
                load(f"{path}#{KEYS[kind]}" if kind in KEYS else path, limit=LIMIT)
            except InputError as error:
                print(f"  {said}, contained: {error.problem}", flush=True)
            else:
                print(f"  {said}, alone; load read it", flush=True)
    if outcomes["wrote or raised"]:
        raise SystemExit(f"{kind}: something else than an InputError, or a file written")


def stores(seconds: int, seed: int) -> None:
    """Read damaged stores; what comes out of one is what went in."""
    from twinseed.errors import StoreError
    from twinseed.sweep import Job, Store, stored

    rng, outcomes = np.random.default_rng(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "store.db")
        with Store(path, Job("fuzz", "1", (0,))) as store:
            store.put((f"{k}", f'{{"k": {k}}}', f"[{rng.random()}]") for k in range(100))
        content, expected = path.read_bytes(), stored(path)
        stop = time.monotonic() + seconds
        while time.monotonic() < stop:
            path.write_bytes(damaged(content, rng))
            try:
                found = stored(path)
            except StoreError:
                outcomes["refused"] += 1
                continue
            outcomes["rows"] += 1
            if found != expected and path.stat().st_size:
                raise SystemExit("store: other results than were kept")
    print(f"store: {dict(outcomes)}", flush=True)


def _forked(kind: str, content: bytes) -> str:
    with tempfile.TemporaryDirectory() as folder:
        child = os.fork()
        if child == 0:
            signal.alarm(HANG)
            watch()
            try:
                said = {"rows": 10, "refused": 11}[read(kind, content, folder)]
            except MemoryError:
                said = 11
            except BaseException:
                traceback.print_exc(limit=-4)
                said = 12
            os._exit(said)
        _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return {10: "rows", 11: "refused"}.get(os.WEXITSTATUS(status), "wrote or raised")


def main() -> None:
    """Fuzz the formats named, or all of them, one after another."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("formats", nargs="*", choices=[[], *PLACES, "store"], metavar="FORMAT")
    parser.add_argument("--seconds", type=int, default=60, help="for each format")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        by_atheris(given.formats[0], given.seconds)
    from twinseed.readers.formats import HERE

    for kind in given.formats or (*PLACES, "store"):
        if kind == "store":
            stores(given.seconds, given.seed)
            continue
        if kind not in HERE:
            by_fork(kind, given.seconds, given.seed)
            continue
        words = [sys.executable, __file__, kind, "--seconds", str(given.seconds), "--here"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        runs = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        print(f"{kind}: {(runs or ['?'])[0].split()[-1]} files read by atheris", flush=True)
        if done.returncode:
            raise SystemExit(done.stdout[-4000:] + done.stderr[-2000:])


if __name__ == "__main__":
    main()
