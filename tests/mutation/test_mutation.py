"""The mutation run: what it plants, what it leaves alone, which tests it picks, what it counts."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from tests.mutation.covering import Covering
from tests.mutation.mutants import mutants_of, sample
from tests.mutation.page import write

SOURCE = '''
"""A page of 3 lines."""

LIMIT = 2.0


def half(values: list[int], count: int = 3) -> float:
    """Return a half."""
    if count < len(values) and not values[0]:
        raise ValueError(f"must be below {count + 1}" + "!")
    return max(sum(values) / 2, LIMIT) - divmod(count, 5)[1]
'''


def test_each_mutant_is_python_with_one_change() -> None:
    found = list(mutants_of("half.py", SOURCE))
    assert len({one.key for one in found}) == len(found)
    for one in found:
        ast.parse(one.source)
        pairs = zip(SOURCE.splitlines(), one.source.splitlines(), strict=True)
        changed = [k for k, (a, b) in enumerate(pairs, 1) if a != b]
        assert changed == [one.number]


def test_every_kind_of_fault_is_planted() -> None:
    lines = {(one.operator, one.line) for one in mutants_of("half.py", SOURCE)}
    condition = "if count < len(values) and not values[0]:"
    answer = "return max(sum(values) / 2, LIMIT) - divmod(count, 5)[1]"
    assert {
        ("constant", "LIMIT = (2.0 * 1.1)"),
        ("comparison", condition.replace("<", "<=")),
        ("boolean", condition.replace("and", "or")),
        ("boolean", condition.replace("not ", "")),
        ("index", condition.replace("0", "1")),
        ("arithmetic", answer.replace("/", "*")),
        ("removed", answer.replace("max(sum(values) / 2, LIMIT)", "(sum(values) / 2)")),
        ("removed", "return (max(sum(values) / 2, LIMIT))"),
        ("swapped", answer.replace("count, 5", "5, count")),
    } <= lines


def test_strings_annotations_and_errors_are_left_alone() -> None:
    kept = (
        '"""A page of 3 lines."""',
        "list[int]",
        'raise ValueError(f"must be below {count + 1}"',
    )
    for one in mutants_of("half.py", SOURCE):
        assert all(part in one.source for part in kept)


def test_a_sample_is_the_same_each_time_and_mixes_the_kinds() -> None:
    chosen = sample("half.py", SOURCE, 7, seed=1)
    assert chosen == sample("half.py", SOURCE, 7, seed=1) != sample("half.py", SOURCE, 7, seed=2)
    assert len({one.operator for one in chosen}) == 7
    moved = sample("half.py", SOURCE.replace("LIMIT = 2.0", "LIMIT = 2.0\n\n"), 7, seed=1)
    assert [one.key for one in moved] == [one.key for one in chosen]


def test_the_tests_of_a_line_come_fastest_first() -> None:
    seconds = {"a.py::slow": 3.0, "a.py::quick": 0.1, "b.py::other": 0.2, "b.py::last": 0.3}
    lines = {11: ["a.py::slow|run", "a.py::quick|run", ""], 9: ["b.py::other|setup"]}
    cover = Covering(lines, seconds)
    assert cover.tests(SOURCE, 11, 11) == ["a.py::quick", "a.py::slow"]
    assert cover.tests(SOURCE, 9, 9) == ["b.py::other", "b.py::last"]  # they share a fixture
    assert cover.tests(SOURCE, 4, 4) == ["a.py::quick", "b.py::other", "b.py::last", "a.py::slow"]


def test_the_page_counts_the_last_result_of_each_mutant(tmp_path: Path) -> None:
    def line(key: str, outcome: str) -> str:
        path = "src/twinseed/orders/one.py"
        found = {"key": f"{path} f: {key} => b", "path": path, "line": 1, "outcome": outcome}
        return json.dumps(found) + "\n"

    (tmp_path / "results").write_text(
        line("dies", "killed")
        + line("dies later", "survived")
        + line("dies later", "killed")
        + line("hangs", "timeout")
        + line("does no harm", "survived")
        + line("is left", "survived")
    )
    reasons = {"src/twinseed/orders/one.py f: does no harm => b": "It is the same number."}
    (tmp_path / "reasons").write_text(json.dumps(reasons))
    write(tmp_path / "results", tmp_path / "page.md", tmp_path / "reasons")
    text = (tmp_path / "page.md").read_text()
    assert "| orders | 5 | 3 | 1 | 1 | 1 |\n| all | 5 | 3 | 1 | 1 | 1 |" in text
    assert "Of the 4 mutants that matter, 1 are left: 25.0 %." in text
    assert "`does no harm`\n  becomes\n  `b`\n  It is the same number." in text
    assert "`is left`\n  becomes\n  `b`\n  no chosen test sees it yet" in text
