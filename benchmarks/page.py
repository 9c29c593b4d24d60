"""Writes docs/benchmarks.md from benchmarks/results.json: every claim, held or lost.

    python benchmarks/page.py

``benchmarks/run.py --page`` stores what it measured in the results, and writes the page.
"""

from __future__ import annotations

import ast
import json
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["PAGE", "RESULTS", "claims", "kept", "notes", "page"]

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs" / "benchmarks.md"

_BEFORE = """# Benchmarks

Each claim about speed or memory is compared with a rival, in one run on one machine. `make bench`
runs all claims at full size, and writes this page; `make bench ARGS=NAME` runs one claim and renews
its part. A claim that is lost stays on the page as lost. A claim without numbers has not been
measured at full size yet.

A ratio is the number of the rival over the number of twinseed: above 1, twinseed needs less. Read
the load of the machine first: with other work on the machine, wall times (s, ms, min) say little,
and the ratios of processor times (CPU s) say more. A command is timed after a run that compiled its
modules, because installers compile what they install.
"""


def claims() -> dict[str, str]:
    """Return the sentence of each claim, by the name of its module, without importing it."""
    return _written("CLAIM")


def notes() -> dict[str, str]:
    """Return what each claim says of its limits, for claims that say something."""
    return _written("NOTE")


def _written(name: str) -> dict[str, str]:
    found = {}
    for path in sorted((HERE / "claims").glob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
                found[path.stem] = ast.literal_eval(node.value)
    return found


def kept(results: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the results with those of a new run, for claims that still exist."""
    return {name: one for name, one in {**results, **measured}.items() if name in claims()}


def page(
    results: Mapping[str, Any], sentences: Mapping[str, str], limits: Mapping[str, str]
) -> str:
    """Return the page.

    ``results``: of each claim that was measured, ``date``, ``machine`` (lines) and ``rows``.
    ``sentences``: the sentence of each claim. ``limits``: what claims say of their limits.
    """
    verdicts = [row["verdict"] for one in results.values() for row in one["rows"]]
    counted = f"{verdicts.count('held')} comparisons held, {verdicts.count('LOST')} lost"
    missing = len(sentences) - len(results)
    parts = [
        _BEFORE,
        f"Now: {counted}, and {missing} of {len(sentences)} claims without numbers.\n",
    ]
    for name, sentence in sentences.items():
        parts.append(f"## {sentence}\n\n`make bench ARGS={name}`\n")
        if name in limits:
            parts.append(f"{textwrap.fill(limits[name], 110)}\n")
        one = results.get(name)
        if one is None:
            parts.append("Not measured at full size yet.\n")
            continue
        lines = ["| | twinseed | rival | ratio | claimed |", "|---|---|---|---|---|"]
        lines += [_line(row) for row in one["rows"]]
        about = "\n".join(one["machine"])
        parts.append("\n".join(lines) + "\n")
        parts.append(f"```text\n{one['date']}\n{about}\n```\n")
    return "\n".join(parts)


def _line(row: Mapping[str, Any]) -> str:
    ours, theirs = (
        f"{row[f'{side}_value']:.3g} {row['unit']}: {row[name]}"
        for side, name in (("our", "ours"), ("their", "theirs"))
    )
    verdict = "**lost**" if row["verdict"] == "LOST" else row["verdict"]
    cells = (verdict, ours, theirs, f"{row['ratio']:.2f}", row["claimed"])
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def stored() -> dict[str, Any]:
    """Return the results of earlier runs."""
    found: dict[str, Any] = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    return found


def write(measured: Mapping[str, Any]) -> None:
    """Store what was measured, and write the page."""
    results = kept(stored(), measured)
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", "utf-8")
    PAGE.write_text(page(results, claims(), notes()), "utf-8")


if __name__ == "__main__":
    write({})
    sys.exit(0)
