"""What a run makes sure of first: tests pass without a fault, and a changed docstring survives.

Without this, a test that fails in the copy for another cause would count as a test that kills.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.mutation.mutants import Mutant, controls_of

NOT_RUN = "no test: the mutated module could not be run"
"""What stands as the killer where a mutant ended the import."""


class Outcomes:
    """A plug-in of pytest that writes the outcome of each test to a file as soon as it is known."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed
        if report.failed or report.when == "teardown":
            with self.path.open("a") as out:
                out.write(json.dumps({"test": report.nodeid, "passed": not report.failed}) + "\n")


def read(path: Path) -> dict[str, bool]:
    """Return which tests passed: a test that failed in one of its phases did not."""
    found: dict[str, bool] = {}
    for line in path.read_text().splitlines():
        one = json.loads(line)
        found[one["test"]] = found.get(one["test"], True) and one["passed"]
    return found


class Ledger:
    """The file of results, in which tests and controls are kept with a digest of the sources."""

    def __init__(self, state: Path) -> None:
        self.path = state / "results.jsonl"
        self.sources = digest(state / "tree")
        self.passing: set[str] = set()
        self.failing: set[str] = set()
        self._survived: set[str] = set()
        for line in self.path.read_text().splitlines() if self.path.exists() else []:
            one = json.loads(line)
            if one.get("sources") == self.sources:
                self._take(one)

    def add(self, result: dict[str, Any]) -> None:
        """Append one result."""
        result = result | {"sources": self.sources}
        self._take(result)
        with self.path.open("a") as out:
            out.write(json.dumps(result) + "\n")

    def survived(self, control: str) -> bool:
        """Whether a control has survived with these sources."""
        return control in self._survived

    def _take(self, one: dict[str, Any]) -> None:
        if "test" in one:
            (self.passing if one["passed"] else self.failing).add(one["test"])
        elif "control" in one:
            self._survived.add(one["control"])


def digest(tree: Path) -> str:
    """Return a digest of the package and of its tests."""
    found = hashlib.sha256()
    for folder in ("src", "tests"):
        for path in sorted((tree / folder).rglob("*.py")):
            found.update(str(path.relative_to(tree)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def controls(
    tree: Path, todo: list[Mutant], chosen: Callable[[Mutant], tuple[list[str], int]]
) -> list[Mutant]:
    """Return two controls for each package, those that meet the most tests.

    One is the docstring of a function, which a forked child takes in; the other is the docstring of
    a module, for which a fresh process starts.
    """
    best: dict[tuple[str, bool], tuple[int, Mutant]] = {}
    for path in dict.fromkeys(mutant.path for mutant in todo):
        for one in controls_of(path, (tree / path).read_text()):
            place = path.split("/")[2], one.function == "(module)"
            tests = len(chosen(one)[0])
            if tests > best.get(place, (0, one))[0]:
                best[place] = tests, one
    return [one for _, one in best.values()]


def refusal(control: Mutant, result: dict[str, Any], state: Path) -> str:
    """Return the sentence with which a run stops where a control did not survive."""
    cause = f"failed in {result['by']}" if result["by"] else f"ended with {result['outcome']}"
    return (
        f"the control in {control.path} ({control.function}) changes one docstring, and {cause}: "
        "tests fail here for another cause than a fault, so that no result would count. "
        f"Read {state / 'log'}, mend the cause, and collect again; "
        "or start the run again, which then leaves this test out."
    )
