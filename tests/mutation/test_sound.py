"""A run counts no failure that has another cause than the fault: on a package of three lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.mutation.mutants import controls_of
from tests.mutation.page import write
from tests.mutation.sound import Ledger

ROOT = Path(__file__).parents[2]
MODULE = "src/demo/pack/half.py"
SOURCE = '''"""Halves."""

TABLE = {"parts": 2}


def half(value: float) -> float:
    """Return a half."""
    return value / TABLE["parts"]


def whole(value: float) -> float:
    """Return the whole."""
    return value * 1
'''
TESTS = """
from pathlib import Path

from demo.pack.half import half, whole


def test_half() -> None:
    assert half(4) == 2


def test_whole() -> None:
    assert whole(4) == 4
    assert Path("absent").exists()
"""
SCRIPT = """
import os, sys
from pathlib import Path

import pytest
from tests.mutation import covering, mutants, run

state = Path(sys.argv[1])
covering.prepare(state)
os.chdir(state / "tree")
path = "src/demo/pack/half.py"
found = list(mutants.mutants_of(path, Path(path).read_text()))
todo = [one for one in found if one.operator == "arithmetic" or ": 3}" in one.line]
seconds = {f"tests/test_half.py::test_{one}": 0.01 for one in ("half", "whole")}
lines = {8: ["tests/test_half.py::test_half|run"], 13: ["tests/test_half.py::test_whole|run"]}
covers = {path: covering.Covering(lines, seconds)}
options = ["-q", "-p", "no:cacheprovider", "-p", "no:cov", "tests/test_half.py"]
sys.exit(pytest.main(options, plugins=[run.Run(state, covers, todo, 5.0)]))
"""


def ran(state: Path, tests: str) -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]]]:
    """Run the mutants of the small package with these tests; return the lines of its results."""
    files = {MODULE: SOURCE, "tests/test_half.py": tests}
    files |= {"pytest.ini": "[pytest]\naddopts = --import-mode=importlib\nfilterwarnings = error\n"}
    files |= {"src/demo/__init__.py": "", "src/demo/pack/__init__.py": ""}
    for name, text in files.items():
        (state / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (state / "tree" / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(state)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    results = state / "results.jsonl"
    lines = results.read_text().splitlines() if results.exists() else []
    return done, [json.loads(line) for line in lines]


def test_a_test_that_fails_without_a_fault_kills_nothing(tmp_path: Path) -> None:
    done, lines = ran(tmp_path, TESTS)
    outcomes = {one["key"].partition(": ")[2]: one for one in lines if "key" in one}
    spoiled = outcomes["return value * 1 => return value / 1"]
    assert (spoiled["outcome"], spoiled["by"]) == ("uncovered", ""), done.stdout
    killer = "tests/test_half.py::test_half"
    planted = outcomes['return value / TABLE["parts"] => return value * TABLE["parts"]']
    assert (planted["outcome"], planted["by"]) == ("killed", killer)
    imported = outcomes['TABLE = {"parts": 2} => TABLE = {"parts": 3}']
    assert (imported["outcome"], imported["by"]) == ("killed", killer)
    assert "left out, for it fails without a fault: tests/test_half.py::test_whole" in done.stdout
    assert [one["test"] for one in lines if one.get("passed") is False] == [
        "tests/test_half.py::test_whole"
    ]
    assert (tmp_path / "tree" / MODULE).read_text() == SOURCE


@pytest.mark.parametrize(
    "seen", ["half.__code__.co_consts[0]", "sys.modules[half.__module__].__doc__"]
)
def test_a_control_that_does_not_survive_stops_the_run(tmp_path: Path, seen: str) -> None:
    tests = f"import sys\n{TESTS}"
    tests = tests.replace("== 2", f"== 2\n    assert not {seen}.endswith(' ')")
    done, lines = ran(tmp_path, tests)
    assert done.returncode == 1
    assert f"the control in {MODULE}" in done.stdout
    assert "failed in tests/test_half.py::test_half" in done.stdout
    assert "mend the cause, and collect again" in done.stdout
    assert {"test": "tests/test_half.py::test_half", "passed": False}.items() <= lines[-1].items()
    assert not [one for one in lines if "key" in one], "a mutant was counted"


def test_a_control_changes_a_docstring_alone() -> None:
    found = {one.function: one.source for one in controls_of(MODULE, SOURCE)}
    assert found == {
        "(module)": SOURCE.replace('Halves."', 'Halves. "'),
        "half": SOURCE.replace('a half."', 'a half. "'),
        "whole": SOURCE.replace('the whole."', 'the whole. "'),
    }


def test_what_is_known_of_a_test_holds_for_the_same_sources_alone(tmp_path: Path) -> None:
    source = tmp_path / "tree" / "src" / "one.py"
    source.parent.mkdir(parents=True)
    source.write_text("a = 1\n")
    ledger = Ledger(tmp_path)
    ledger.add({"test": "a.py::good", "passed": True})
    ledger.add({"test": "a.py::bad", "passed": False})
    ledger.add({"control": "one", "outcome": "survived"})
    again = Ledger(tmp_path)
    assert (again.passing, again.failing) == ({"a.py::good"}, {"a.py::bad"})
    assert again.survived("one")
    source.write_text("a = 2\n")
    changed = Ledger(tmp_path)
    assert not changed.passing | changed.failing
    assert not changed.survived("one")


def test_the_page_names_the_tests_that_were_left_out(tmp_path: Path) -> None:
    path = "src/twinseed/orders/one.py"
    found = {"path": path, "line": 1, "outcome": "killed"}
    results = [
        found | {"key": f"{path} f: a => b"},
        found | {"key": f"{path} f: a => c", "by": "a.py::good"},
        {"test": "a.py::good", "passed": False, "sources": "old"},
        {"test": "a.py::good", "passed": True, "sources": "new"},
        {"test": "a.py::bad", "passed": False, "sources": "new"},
        {"control": "one", "outcome": "survived", "sources": "new"},
    ]
    (tmp_path / "results").write_text("".join(json.dumps(one) + "\n" for one in results))
    (tmp_path / "reasons").write_text("{}")
    write(tmp_path / "results", tmp_path / "page.md", tmp_path / "reasons")
    text = (tmp_path / "page.md").read_text()
    assert "| all | 2 | 2 | 0 | 0 | 0 |" in text
    assert "1 of the killed mutants were counted before the third step existed" in text
    assert "without a fault:\n\n- `a.py::bad`\n\n" in text


def test_the_page_names_the_files_that_were_not_run(tmp_path: Path) -> None:
    sources = tmp_path / "twinseed"
    for name, text in {
        "orders/one.py": "a = 1\n",
        "orders/two.py": "b = 1\n",
        "orders/words.py": "c = ''\n",
        "phases/three.py": "d = 1\n",
    }.items():
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_text(text)
    results = ""
    for path in ("src/twinseed/orders/one.py", "src/twinseed/phases/three.py"):
        one = {"path": path, "line": 1, "outcome": "killed", "key": f"{path} f: a => b", "by": "t"}
        results += json.dumps(one) + "\n"
    (tmp_path / "results").write_text(results)
    (tmp_path / "reasons").write_text("{}")
    write(tmp_path / "results", tmp_path / "page.md", tmp_path / "reasons", sources)
    text = (tmp_path / "page.md").read_text()
    assert "were not run yet:\n\n- orders, 1 of 2 files: `orders/two.py`\n\nOf the" in text
