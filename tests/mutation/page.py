"""The page of the mutation run: how it was made, counts, and every survivor with a reason."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.mutation.mutants import PACKAGES, mutants_of

from twinseed.tables import percent

IRRELEVANT = Path(__file__).with_name("irrelevant.json")
"""Mutants that change nothing that matters, by key, each with its reason: written by hand."""

SOURCES = Path(__file__).parents[2] / "src" / "twinseed"
"""The package, whose files with possible mutants the page counts."""

HEAD = """# Mutation run

A mutation run plants one small fault in the package and checks whether a test fails. A fault that
no test notices has *survived*. This page shows how good the tests are, not only which lines they
run.

`make mutants` has four steps (`tests/mutation/`). The last step writes this page.

1. Every test runs once, and coverage records which test runs which line. Doctests count as tests.
2. Mutants are sampled with a fixed seed: equally many from each file, all kinds of fault in turn.
   For each mutant, the tests that run its line are run, the fastest first, until one fails or
   until the tests have taken `--budget` seconds. Tests of more than ten seconds are left out if a
   faster test runs the line.
3. Before a mutant is planted, each of these tests is run once without a fault. A test that then
   fails is left out, and named below. As controls, two docstrings of each package are changed by
   one space: if a test fails then, the run stops, because its results would mean nothing.
4. The results are counted here. A mutant that was *at first alive* was killed later, by a test that
   was written for it or when more seconds of tests were allowed.

The faults: another arithmetic sign; a comparison with its boundary moved or turned round; a whole
number one larger, one smaller or doubled; a decimal number changed by 10 % or by a factor of two;
`and` for `or`, `True` for `False`, a lost `not`; the first two arguments exchanged; an index moved;
a term, a factor, a root, a bound or an absolute value left out. Strings, types, imports and the
words of errors are left as they are.

No library does this: cosmic-ray runs all tests for every mutant; mutmut has no sampling, does not
change a threshold by 10 %, and does not change constants outside functions.

A mutant is *irrelevant* if no user could notice it: the answer is the same up to rounding, or
only the size of a block of memory, the wording of an error or the speed changes. We read each of
these mutants; the reasons are in `tests/mutation/irrelevant.json`.
"""


def read(results: Path) -> dict[str, dict[str, Any]]:
    """Return the last result of each mutant, with what came of it ``first``."""
    found: dict[str, dict[str, Any]] = {}
    for line in results.read_text().splitlines() if results.exists() else []:
        one = json.loads(line)
        if "key" not in one:  # a test without a fault, or a control
            continue
        first = found[one["key"]]["first"] if one["key"] in found else one["outcome"]
        found[one["key"]] = one | {"first": first}
    return found


def write(
    results: Path, page: Path, irrelevant: Path = IRRELEVANT, sources: Path = SOURCES
) -> None:
    """Write the page of a run."""
    known = read(results)
    reasons = json.loads(irrelevant.read_text())
    alive = [one for one in known.values() if not _dead(one)]
    left = [one for one in alive if one["key"] not in reasons]
    names = {_package(one) for one in known.values()}
    order = [*(name for name in PACKAGES if name in names), *sorted(names - {*PACKAGES})]
    counts = {name: Counter[str]() for name in order}
    for one in known.values():
        count = counts[_package(one)]
        count["mutants"] += 1
        if _dead(one):
            count["killed"] += 1
            count["at first alive"] += one["first"] in ("survived", "uncovered")
        elif one["key"] in reasons:
            count["irrelevant"] += 1
        else:
            count["left"] += 1
    columns = ("mutants", "killed", "at first alive", "irrelevant", "left")
    total = sum(counts.values(), Counter[str]())
    lines = [HEAD, "## Counts", ""]
    lines.append("| package | mutants | killed | of these at first alive | irrelevant | left |")
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, count in [*counts.items(), ("all", total)]:
        lines.append(f"| {name} | " + " | ".join(str(count[one]) for one in columns) + " |")
    missing = [name for name in PACKAGES if name not in counts]
    if missing:
        lines += ["", f"Not run yet: {', '.join(missing)}."]
    partly = _partly(sources, {str(one["path"]) for one in known.values()}, order)
    if partly:
        lines += ["", "Some files of these packages were not run yet:", "", *partly]
    matter = total["mutants"] - total["irrelevant"]
    lines += [
        "",
        f"Of the {matter} mutants that matter, {total['left']} are left: "
        f"{percent(total['left'] / max(matter, 1), 1)}.",
        "",
    ]
    before = sum(_dead(one) and "by" not in one for one in known.values())
    if before:
        lines += [
            f"{before} of the killed mutants were counted before the third step existed: for them,",
            "the test that failed was not recorded, and a warning that an earlier mutant left",
            "could fail a test. Some of these kills may be wrong, until they are run again.",
            "",
        ]
    failing = _failing(results)
    if failing:
        lines += ["Left out, for they fail in the copy without a fault:", ""]
        lines += [*(f"- `{test}`" for test in failing), ""]
    for title, some in (
        ("Left", left),
        ("Irrelevant", [one for one in alive if one["key"] in reasons]),
    ):
        lines += [f"## {title}", ""]
        for one in sorted(some, key=lambda one: (one["path"], one["line"])):
            reason = reasons.get(one["key"], "no chosen test sees it yet")
            lines += [f"- {_shown(one['key'])}", f"  {reason}"]
        lines += [] if some else ["None."]
        lines.append("")
    page.write_text("\n".join(lines).rstrip() + "\n")


def _partly(sources: Path, run: set[str], packages: list[str]) -> list[str]:
    """Return a line for each package of which only some files were run."""
    found = []
    for name in packages:
        possible = {
            f"src/twinseed/{path.relative_to(sources)}"
            for path in (sources / name).rglob("*.py")
            if any(mutants_of(str(path), path.read_text()))
        }
        missing = sorted(possible - run)
        if missing:
            shown = ", ".join(f"`{one.removeprefix('src/twinseed/')}`" for one in missing)
            found.append(f"- {name}, {len(missing)} of {len(possible)} files: {shown}")
    return found


def _failing(results: Path) -> list[str]:
    """Return the tests whose last run without a fault failed."""
    last = {}
    for line in results.read_text().splitlines():
        one = json.loads(line)
        if "test" in one:
            last[one["test"]] = bool(one["passed"])
    return sorted(test for test, passed in last.items() if not passed)


def _dead(one: dict[str, Any]) -> bool:
    return one["outcome"] in ("killed", "timeout")


def _package(one: dict[str, Any]) -> str:
    return str(one["path"]).removeprefix("src/twinseed/").partition("/")[0]


def _shown(key: str) -> str:
    place, _, change = key.removeprefix("src/twinseed/").partition(": ")
    before, _, after = change.partition(" => ")
    return f"`{place}`:\n  `{before}`\n  becomes\n  `{after}`"
