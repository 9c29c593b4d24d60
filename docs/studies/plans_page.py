"""The tables of docs/planning-coverage.md, from the results of the coverage study.

Usage, from the root of the repository, to write them again: python -m docs.studies.plans_page
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docs.studies import pages
from docs.studies.plans import RESULTS, SIZES
from docs.studies.plans_rows import SOURCES

from twinseed.planning.calibration import UNEVEN
from twinseed.planning.normality import HEAVY

__all__ = ["PAGE", "held", "tables"]

PAGE = pages.DOCS / "planning-coverage.md"

QUANTITIES = {
    "convergence": "q",
    "memorisation_ratio": "ratio",
    "memorisation_share": "share",
    "recovery": "recovery",
    "samples_for": "rows needed",
}
KINDS = ("Gaussian rows", "tables looked at", "tables not looked at")
_FEW = 10


def kind(name: str) -> str:
    """Say what kind of rows a source has."""
    source = next(one for one in SOURCES if one.name == name)
    if source.population is not None:
        return KINDS[0]
    return KINDS[1] if source.seen else KINDS[2]


def held(quantity: str, row: Sequence[Any]) -> bool | None:
    """Say whether a band holds the truth, give or take the truth's standard error.

    None for the recovery of a group that borders on the bulk: its status is "leading order".
    """
    _, low, _, high, true, error, *more = row
    if quantity == "recovery" and more[0]:
        return None
    low = -math.inf if low is None else low
    high = math.inf if high is None else high  # rows needed: no end
    return bool(low - error <= true <= high + error)


def shares(results: Iterable[Mapping[str, Any]]) -> dict[str, tuple[int, int]]:
    """Return how many bands hold the truth, of how many, for each quantity."""
    found = dict.fromkeys(QUANTITIES, (0, 0))
    for one in results:
        for name in QUANTITIES:
            judged = [held(name, row) for row in one[name]]
            counted = [answer for answer in judged if answer is not None]
            good, number = found[name]
            found[name] = (good + sum(counted), number + len(counted))
    return found


def _cells(results: Iterable[Mapping[str, Any]]) -> list[str]:
    return [_share(*one) for one in shares(results).values()]


def _share(good: int, number: int) -> str:
    """Return a share in per cent, or nothing where there are too few bands."""
    return f"{100 * good / number:.0f} % of {number}" if number >= _FEW else ""


def _table(
    first: Sequence[str], rows: Iterable[tuple[Sequence[str], Iterable[Mapping[str, Any]]]]
) -> str:
    lists = [(names, list(results)) for names, results in rows]
    lines = [[*names, str(len(some)), *_cells(some)] for names, some in lists if some]
    sides = "<" * len(first) + ">" * (1 + len(QUANTITIES))
    return pages.table([*first, "pilots", *QUANTITIES.values()], sides, lines)


def tables(told: Mapping[str, Any]) -> dict[str, str]:
    """Return every marked part of the page."""
    results = told["results"]

    def of_kind(name: str) -> list[Mapping[str, Any]]:
        return [one for one in results if kind(one["source"]) == name]

    by_kind = [
        ((name, str(size)), [one for one in of_kind(name) if one["size"] == size])
        for name in KINDS
        for size in SIZES
    ]
    whole = [((name, "all"), of_kind(name)) for name in KINDS]
    by_source = [
        (
            (source.name, kind(source.name)),
            [one for one in results if one["source"] == source.name],
        )
        for source in SOURCES
    ]

    def uneven(one: Mapping[str, Any]) -> bool:
        return bool(one["unevenness"] > UNEVEN or one["heaviest"] > HEAVY)

    by_tails = [
        ((name, status), [one for one in of_kind(name) if uneven(one) == (status == "uneven rows")])
        for name in KINDS
        for status in ("even", "uneven rows")
    ]
    return {
        "coverage": _table(("rows", "pilot"), [*whole, *by_kind]),
        "sources": _table(("rows", "kind"), by_source),
        "unevenness": _table(("rows", "status"), by_tails),
        "size": f"{len(results)} pilots",
    }


if __name__ == "__main__":
    pages.renew(PAGE, tables(pages.read(RESULTS)))
