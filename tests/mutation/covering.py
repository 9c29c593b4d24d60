"""Which tests run a line: coverage with one context for each test, and how long each test takes.

A checkout is copied to ``STATE/tree`` first, so that mutants never touch the files that you edit.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLOW = 10.0
"""Seconds from which a test counts as slow: it runs only where no other test runs the line."""


class Durations:
    """A plug-in of pytest that adds up the seconds of each test."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration


def copy_checkout(state: Path, *, sources: bool) -> Path:
    """Copy the files that git knows (or would add) to ``STATE/tree``; keep ``src`` unless told."""
    tree = state / "tree"
    if sources and tree.exists():
        shutil.rmtree(tree)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (sources or not name.startswith("src/")) and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    return tree


def collect(state: Path, paths: list[str]) -> int:
    """Run tests with a coverage context each; without paths everything, from a fresh copy.

    With paths (test files that are new, say) the sources stay as they were and the tests that were
    recorded before stay recorded.
    """
    fresh = not paths or not (state / "tree").exists()
    os.chdir(copy_checkout(state, sources=fresh))
    if fresh:
        (state / "sources.json").write_text(json.dumps(_digests(state)))
    plugin, record = Durations(), state / "durations.json"
    arguments = ["-q", "-m", "not nightly", "-p", "no:cacheprovider", "--cov", "--cov-context=test"]
    arguments += ["--cov-report=", *(["--cov-append"] if paths else [])]
    code = pytest.main([*arguments, *paths], plugins=[plugin])
    known = json.loads(record.read_text()) if paths and record.exists() else {}
    record.write_text(json.dumps(known | plugin.seconds, indent=0))
    return int(code)


@dataclass
class Covering:
    """The tests that run each line of one source file."""

    lines: dict[int, list[str]]
    seconds: dict[str, float]

    def tests(self, source: str, first: int, last: int) -> list[str]:
        """Return the tests that run some of these lines, the fastest first.

        A line that only runs at import (a module's constant) counts as run by the tests that run a
        function in which its name stands, and where there is none by every test of the file.
        """
        for lines in (range(first, last + 1), *_wider(source, first)):
            found = {one for line in lines for one in self.lines.get(line, ()) if one}
            if found:
                return self._sorted(found)
        return self._sorted({one for some in self.lines.values() for one in some if one})

    def _sorted(self, contexts: Iterable[str]) -> list[str]:
        tests = set()
        for context in contexts:
            test, _, when = context.rpartition("|")
            tests.add(test)
            if when == "setup":  # a fixture that other tests of the file may share
                tests |= {one for one in self.seconds if one.startswith(test.partition("::")[0])}
        tests &= set(self.seconds)
        return sorted(tests, key=lambda one: (self.seconds[one], one))


def _wider(source: str, line: int) -> list[Iterable[int]]:
    """Return the lines of the statement, then of what mentions its name, then of its function."""
    statements = [one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.stmt)]
    around = [one for one in statements if one.lineno <= line <= (one.end_lineno or one.lineno)]
    around.sort(key=lambda one: (one.end_lineno or one.lineno) - one.lineno)
    wider: list[Iterable[int]] = [range(around[0].lineno, (around[0].end_lineno or 0) + 1)]
    named = {one.id for one in ast.walk(around[0]) if isinstance(one, ast.Name)}
    functions = [one for one in statements if isinstance(one, ast.FunctionDef)]
    if not any(one in functions for one in around):
        for one in functions:
            if named & {inner.id for inner in ast.walk(one) if isinstance(inner, ast.Name)}:
                wider.append(range(one.lineno, (one.end_lineno or 0) + 1))
    wider += [range(one.lineno, (one.end_lineno or 0) + 1) for one in around if one in functions]
    return wider


def load(state: Path) -> dict[str, Covering]:
    """Read what ``collect`` wrote, by the path of the source file."""
    from coverage import CoverageData

    seconds = durations(state)
    data = CoverageData(basename=str(state / "coverage"))
    data.read()
    found = {}
    for name in data.measured_files():
        path = "src" + name.rpartition("/src")[2]
        found[path] = Covering(data.contexts_by_lineno(name), seconds)
    return found


def _digests(state: Path) -> dict[str, str]:
    files = sorted((state / "tree" / "src").rglob("*.py"))
    return {str(one): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


def require_sources(state: Path) -> None:
    """End with a sentence where the copy is not what was collected: a mutant may still be in it."""
    known = json.loads((state / "sources.json").read_text())
    changed = [name for name, digest in _digests(state).items() if known.get(name) != digest]
    if changed:
        raise SystemExit(f"{changed[0]} has changed since the tests were collected: collect again")


def durations(state: Path) -> dict[str, float]:
    """Read the seconds of each test."""
    return dict(json.loads((state / "durations.json").read_text()))


def prepare(state: Path) -> None:
    """Let this process, and those that it starts, import from the copy."""
    tree = state / "tree"
    os.environ["COVERAGE_FILE"] = str(state / "coverage")
    os.environ["PYTHONPATH"] = str(tree / "src")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(state / "bytecode")
    sys.path[:0] = [str(tree / "src"), str(tree)]
