"""Plant faults in a copy of the package, one at a time, and see whether a test fails.

    python tests/mutation/run.py collect [TEST ...]      once: which test runs which line
    python tests/mutation/run.py run [SOURCE ...]        plant the sampled mutants; can be resumed
    python tests/mutation/run.py page                    write docs/mutation.md

For each mutant only the tests run that run the mutated line, the fastest first, up to the first
failure. Before that, each of these tests runs once without a fault: one that fails is left out, and
named. A control of each package (a docstring with one space more) must survive: else the run stops.
Results are appended to STATE/results.jsonl: a second call goes on where the first ended.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
from tests.mutation import covering, page, sound  # noqa: E402  # as a script, it needs ROOT
from tests.mutation.mutants import PACKAGES, Mutant, sample  # noqa: E402  # as above
from tests.mutation.planting import planted  # noqa: E402  # as above

NOT_PLANTED = 9
"""Exit status of a child in which the mutant could not be planted."""


class Run:
    """A plug-in of pytest that examines mutants in place of running the tests.

    The tests are collected once. For each mutant a forked child takes the mutated functions in and
    runs the chosen tests; a mutant that cannot be planted so gets a fresh process. Before that, the
    chosen tests run without a fault, and a control of each package, which no test may see, runs.
    """

    def __init__(
        self, state: Path, covers: dict[str, covering.Covering], todo: list[Mutant], budget: float
    ) -> None:
        self.state, self.covers, self.todo, self.budget = state, covers, todo, budget
        self.items: dict[str, pytest.Item] = {}
        self.ledger = sound.Ledger(state)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        controls = sound.controls(self.state / "tree", self.todo, self.chosen)
        self.settle([*controls, *self.todo])
        for control in controls:
            if self.ledger.survived(control.key):
                continue
            result = self.examine(control)
            if result["outcome"] != "survived":
                if result["by"] in self.items:  # left out when the run is started again
                    self.ledger.add({"test": result["by"], "passed": False})
                pytest.exit(sound.refusal(control, result, self.state), returncode=1)
            self.ledger.add({"control": control.key, "outcome": "survived"})
        for mutant in self.todo:
            result = self.examine(mutant)
            self.ledger.add(result)
            with (self.state / "progress").open("a") as out:
                out.write(f"{result['outcome']:9} {result['seconds']:5} s  {mutant.key}\n")
        for test in sorted(self.ledger.failing):
            print(f"left out, for it fails without a fault: {test}")
        return True

    def chosen(self, mutant: Mutant) -> tuple[list[str], int]:
        """Return the tests that a mutant meets, and how many run its line."""
        cover = self.covers.get(mutant.path, covering.Covering({}, {}))
        original = (self.state / "tree" / mutant.path).read_text()
        every = cover.tests(original, mutant.number, mutant.last)
        every = [one for one in every if one in self.items and one not in self.ledger.failing]
        quick = [one for one in every if cover.seconds[one] < covering.SLOW] or every[:1]
        tests, seconds = [], 0.0
        for test in quick:
            seconds += cover.seconds[test]
            if seconds > self.budget and tests:
                break
            tests.append(test)
        return tests, len(every)

    def settle(self, mutants: list[Mutant]) -> None:
        """Run the tests that these mutants meet without a fault, each once for these sources.

        Where one fails, others may take its place among the chosen: they run as well.
        """
        while True:
            met = dict.fromkeys(test for mutant in mutants for test in self.chosen(mutant)[0])
            waiting = [test for test in met if test not in self.ledger.passing]
            if not waiting:
                return
            self.child(None, waiting, 60 + 10 * self.seconds(waiting))
            found = sound.read(self.state / "outcomes")
            if not found.keys() >= set(waiting):  # the child ended in the middle of this test
                found[next(test for test in waiting if test not in found)] = False
            for test in (one for one in waiting if one in found):
                self.ledger.add({"test": test, "passed": found[test]})

    def seconds(self, tests: list[str]) -> float:
        """Return how long tests took when they were collected."""
        known: dict[str, float] = {}
        for cover in self.covers.values():
            known |= cover.seconds
        return sum(known[test] for test in tests)

    def examine(self, mutant: Mutant) -> dict[str, Any]:
        """Plant one mutant, run the tests of its line, restore the file."""
        began = time.monotonic()
        path = self.state / "tree" / mutant.path
        original = path.read_text()
        tests, every = self.chosen(mutant)
        outcome, by = "survived" if tests else "uncovered", ""
        if tests:
            try:
                path.write_text(mutant.source)
                # Bytecode is kept by the second of the change: each mutant gets its own.
                second = 1_000_000_000 + int(time.time() * 10) % 900_000_000
                os.utime(path, (second, second))
                limit = 30 + 10 * min(self.seconds(tests), self.budget)
                outcome, by = self.forked(mutant, tests, limit)
            finally:
                path.write_text(original)
        return {
            "key": mutant.key,
            "path": mutant.path,
            "line": mutant.number,
            "operator": mutant.operator,
            "outcome": outcome,
            "by": by,
            "tests": len(tests),
            "of": every,
            "seconds": round(time.monotonic() - began, 1),
        }

    def forked(self, mutant: Mutant, tests: list[str], limit: float) -> tuple[str, str]:
        """Run tests in a child: "killed", "survived" or "timeout", and the test that failed."""
        status = self.child(mutant, tests, limit)
        if status == NOT_PLANTED:
            status = self.fresh(tests, limit + 60)
        if status in (None, 0):
            return ("survived" if status == 0 else "timeout"), ""
        failed = [
            test for test, passed in sound.read(self.state / "outcomes").items() if not passed
        ]
        return "killed", (failed or [sound.NOT_RUN])[0]

    def child(self, mutant: Mutant | None, tests: list[str], limit: float) -> int | None:
        """Run tests in a forked child, up to the first failure; without a mutant, all of them."""
        (self.state / "outcomes").write_text("")
        child = os.fork()
        if child == 0:
            code = NOT_PLANTED
            try:
                os.setsid()
                with (self.state / "log").open("w") as out:
                    os.dup2(out.fileno(), 1)
                    os.dup2(out.fileno(), 2)
                if mutant is None or planted(mutant.path, mutant.source):
                    code = self.run([self.items[one] for one in tests], stop=mutant is not None)
            except BaseException:
                traceback.print_exc()
                code = 1  # the mutated module cannot be run
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        return _waited(child, limit)

    def run(self, items: list[pytest.Item], *, stop: bool) -> int:
        """Run tests, up to the first failure if told to stop there; return 1 if there was one."""
        outcomes = sound.Outcomes(self.state / "outcomes")
        items[0].config.pluginmanager.register(outcomes)
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if outcomes.failed and stop:
                break
        return int(outcomes.failed)

    def fresh(self, tests: list[str], limit: float) -> int | None:
        """Run tests in a process that imports the mutated file, up to the first failure."""
        (self.state / "chosen").write_text(json.dumps(tests))
        files = dict.fromkeys(test.partition("::")[0] for test in tests)
        words = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "--tb=line", *files]
        with (self.state / "log").open("w") as out:
            fresh = subprocess.Popen(
                [sys.executable, __file__, "fresh", "--state", str(self.state), "--", *words],
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        status = _waited(fresh.pid, limit)
        fresh.returncode = -1 if status is None else status  # else a later test meets a warning
        if status not in (None, 0, 1, 2):
            raise RuntimeError(f"pytest ended with {status}: see {self.state / 'log'}")
        return status


def _waited(child: int, limit: float) -> int | None:
    """Wait for a child; return its exit status, or None if it had to be ended."""
    end, done, status = time.monotonic() + limit, 0, 0
    while not done and time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # a leftover of a test, too
    if not done:
        os.waitpid(child, 0)
        return None
    return 1 if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


class Chosen:
    """A plug-in of pytest that keeps the chosen tests, in their order."""

    def __init__(self, tests: list[str]) -> None:
        self.place = {test: place for place, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        kept = [one for one in items if one.nodeid in self.place]
        items[:] = sorted(kept, key=lambda one: self.place[one.nodeid])


def todo(state: Path, sources: list[str], number: int, seed: int, again: str) -> list[Mutant]:
    """Return the sampled mutants without a result (or with the result ``again``)."""
    tree, known = state / "tree", page.read(state / "results.jsonl")
    found: list[tuple[int, Mutant]] = []
    for name in sources or [f"src/twinseed/{one}" for one in PACKAGES]:
        for file in [tree / name] if name.endswith(".py") else sorted((tree / name).rglob("*.py")):
            chosen = sample(str(file.relative_to(tree)), file.read_text(), number, seed)
            found += list(enumerate(chosen))
    found.sort(key=lambda pair: pair[0])  # one of each file, then the second of each
    wanted = again or None
    found = [pair for pair in found if known.get(pair[1].key, {}).get("outcome") == wanted]
    irrelevant = json.loads(page.IRRELEVANT.read_text()) if again else {}
    return [one for _, one in found if one.key not in irrelevant]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["collect", "run", "page", "fresh"])
    parser.add_argument("paths", nargs="*", help="tests to record, or sources to mutate")
    parser.add_argument("--state", type=Path, default=ROOT / ".cache" / "mutants")
    parser.add_argument("--number", type=int, default=6, help="mutants for each file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--again", default="", help="run those anew that ended so: survived")
    parser.add_argument("--budget", type=float, default=30, help="seconds of tests for a mutant")
    chosen = parser.parse_intermixed_args()
    state = chosen.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    if chosen.what == "page":
        page.write(state / "results.jsonl", ROOT / "docs" / "mutation.md")
        return 0
    covering.prepare(state)
    if chosen.what == "collect":
        return covering.collect(state, chosen.paths)
    os.chdir(state / "tree")
    if chosen.what == "fresh":
        tests = json.loads((state / "chosen").read_text())
        plugins = [Chosen(tests), sound.Outcomes(state / "outcomes")]
        return int(pytest.main(chosen.paths, plugins=plugins))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # restores the mutated file
    covering.require_sources(state)
    mutants = todo(state, chosen.paths, chosen.number, chosen.seed, chosen.again)
    print(f"{len(mutants)} mutants; progress in {state / 'progress'}", flush=True)
    files = dict.fromkeys(test.partition("::")[0] for test in covering.durations(state))
    options = ["-q", "-m", "not nightly", "-p", "no:cacheprovider", "-p", "no:cov", "--tb=line"]
    run = Run(state, covering.load(state), mutants, chosen.budget)
    return int(pytest.main([*options, *files], plugins=[run]))


if __name__ == "__main__":
    sys.exit(main())
