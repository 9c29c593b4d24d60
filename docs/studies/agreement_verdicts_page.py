"""The tables on agreement and recovery of docs/calibration.md, from the results of the study.

Usage, from the root of the repository, to write them again: python -m
docs.studies.agreement_verdicts_page
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from docs.studies import pages
from docs.studies.agreement_verdicts import AGREEMENT, DATA, LINEAR, PERFECT, RECOVERY, RESULTS

__all__ = ["PAGE", "read", "tables"]

PAGE = pages.DOCS / "calibration.md"

Results = Mapping[str, Any]


def read() -> Results:
    """Return the committed results."""
    return pages.read(RESULTS)


def verdicts_on_agreement(results: Results) -> str:
    """Return the table of what was made, and how often the audit says so."""
    rows = []
    for case, about in AGREEMENT.items():
        cells = [results[f"agreement: {data}: {case}"] for data in DATA]
        audits = _sum(cells, "audits")
        named = str(_sum(cells, "named")) if about.says else "-"
        right = str(_sum(cells, "right"))
        rows.append([case, str(audits), right, named, _outcomes(cells)])
    return pages.table(["made", "audits", "right", "named", "outcomes"], "<>>><", rows)


def intervals_of_agreement(results: Results) -> str:
    """Return the table of intervals: over the seeds, and for another pair of models."""
    rows = []
    for data in DATA:
        own, other = results[f"agreement: {data}: honest linear twins"], results[f"another: {data}"]
        cells = [
            _of(own["interval held"], own["audits"]),
            _of(other["held over seeds"], other["audits"]),
            _of(other["held"], other["audits"]),
        ]
        rows.append([data, *cells])
    head = ["data", "interval over the seeds", "holds another pair", "range for it holds"]
    return pages.table(head, "<>>>", rows)


def verdicts_on_recovery(results: Results) -> str:
    """Return the table of what was made, and what the audit says of it."""
    kept = {
        (case, data): results[f"recovery: {data}: {case}"] for case in RECOVERY for data in DATA
    }
    kept |= {(case, "one spike"): results[f"linear: {case}"] for case in LINEAR}
    rows = [
        [*about, str(cell["audits"]), str(cell["right"]), _outcomes([cell])]
        for about, cell in kept.items()
    ]
    return pages.table(["made", "data", "audits", "right", "outcomes"], "<<>><", rows)


def intervals_of_recovery(results: Results) -> str:
    """Return how often the interval of the relative overlap holds 1, for perfect generators."""
    parts = []
    for data in DATA:
        held, total = results[f"recovery: {data}: {PERFECT}"]["one within the interval"]
        parts.append(f"{data} {_of(held, total)}")
    return f"{'; '.join(parts)}."


def tables(results: Results) -> dict[str, str]:
    """Return every table by the name of its marker."""
    return {
        "agreement": verdicts_on_agreement(results),
        "agreement intervals": intervals_of_agreement(results),
        "recovery": verdicts_on_recovery(results),
        "recovery intervals": intervals_of_recovery(results),
    }


def _outcomes(cells: Iterable[Results]) -> str:
    counted: Counter[str] = Counter()
    for cell in cells:
        counted.update(cell["outcomes"])
    return ", ".join(f"{count} {name}" for name, count in counted.most_common())


def _sum(cells: Iterable[Results], key: str) -> int:
    return sum(int(cell[key]) for cell in cells)


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}"


if __name__ == "__main__":
    pages.renew(PAGE, tables(read()), {})
