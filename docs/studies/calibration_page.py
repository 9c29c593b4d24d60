"""The tables of docs/calibration.md, from the results of the study.

Usage, from the root of the repository, to write them again: python -m docs.studies.calibration_page
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from docs.studies import pages
from docs.studies.calibration import SPLITS, read
from docs.studies.calibration_audits import BAD, HONEST
from docs.studies.calibration_data import SETS
from docs.studies.calibration_power import AUDIT, COUNTS, SIZE
from docs.studies.calibration_rivals import RIVALS
from scipy.stats import binomtest

from twinseed.auditing.verdict import Outcome

__all__ = ["IN_USE", "PAGE", "behind", "share", "tables"]

PAGE = pages.DOCS / "calibration.md"

Rows = Sequence[Mapping[str, Any]]

IN_USE = ("DCR share", "AuthPct")
"""Statistics that the audit must nowhere be behind."""

_REFUSED = "refused"
_COPYING, _JUDGE = str(Outcome.COPYING), str(Outcome.CANNOT_JUDGE)
_OUTCOMES = {
    str(Outcome.COPYING): "copying",
    str(Outcome.OVERFITTING): "overfitting",
    str(Outcome.NO_COPYING): "no sign",
    str(Outcome.CANNOT_TELL): "not enough data",
    str(Outcome.CANNOT_JUDGE): "cannot judge",
    _REFUSED: "refused",
}


def share(hits: int, count: int) -> str:
    """Return a share in per cent with its exact binomial 95 % interval.

    >>> share(1, 200)
    '0.5 % [0.0, 2.8]'
    """
    if not count:
        return "-"
    found = binomtest(hits, count).proportion_ci(0.95)
    return f"{100 * hits / count:.1f} % [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def found(told: Mapping[str, Rows]) -> str:
    """Return the table of what was expected, what was found, and whether it held."""
    rows = [(name, what, "held" if held else "**failed**") for name, what, held in _checked(told)]
    return pages.table(["expected", "found", ""], "<<^", rows)


def _checked(told: Mapping[str, Rows]) -> Iterator[tuple[str, str, bool]]:
    """Yield each expectation, what was found, and whether the expectation held."""
    rows = told["perfect"]
    audits, small = (sum(row[key] for row in rows) for key in ("audits", "p below .05"))
    yield "1: p < .05 in 3 to 7 % of all", share(small, audits), 0.03 <= small / audits <= 0.07
    apart = []
    for name in SETS:
        some = [row for row in rows if row["data"] == name]
        counts = [sum(row[key] for row in some) for key in ("p below .05", "audits")]
        ends = binomtest(counts[0], counts[1]).proportion_ci(0.95)
        if not ends.low <= 0.05 <= ends.high:
            apart.append(f"{name} {share(*counts)}")
    yield "1: 5 % in the interval of every data set", "; ".join(apart) or "in all ten", not apart
    outcomes = _summed(rows)
    copying = outcomes[_COPYING]
    yield "1: `copying` at most .5 %", share(copying, audits), copying <= 0.005 * audits
    refused = outcomes[_JUDGE] + outcomes[_REFUSED]
    yield "1: never `cannot judge`", f"{refused} of {audits}", not refused
    for number, names, what in ((2, HONEST, "honest"), (3, BAD, "bad")):
        some = [row for row in told["models"] if row["model"] in names]
        kept = _summed(some)
        kept.subtract(_summed(some, "tiny"))
        size, hits = sum(kept.values()), kept[_COPYING]
        told_share = share(hits, size)
        yield f"{number}: {what} models, `copying` at most 2 %", told_share, hits <= 0.02 * size
    refused = _summed(some)[_JUDGE] + _summed(some)[_REFUSED]
    yield "3: bad models never `cannot judge`", f"{refused} of {size}", not refused
    for part, about in (("power", "100 + 100"), ("uneven", "160 + 40, 380 + 20")):
        ahead, pairs = len(behind(told[part])), len(IN_USE) * len(told[part])
        text = f"behind in {ahead} of {pairs} comparisons"
        yield f"4: nowhere behind DCR share and AuthPct, {about}", text, not ahead
    audits = sum(row["audits"] for row in told["named"])
    both = sum(row["named"].get("2", 0) for row in told["named"])
    yield "4: two verbatim copies both named, 95 %", share(both, audits), both >= 0.95 * audits
    held = [
        (1 - (row["above"] + row["below"]) / row["intervals"], f"{row['data']}, {row['copies']}")
        for row in told["power"]
        if "intervals" in row
    ]
    least, where = min(held)
    short = sum(one < 0.93 for one, _ in held)
    text = f"least {100 * least:.1f} % ({where}); below 93 % in {short} of {len(held)}"
    yield "5: intervals hold the truth in 93 %", text, not short
    each = [one for row in told["seeds"] for one in row["outcomes"]]
    changing = sum(len(one) > 1 for one in each)
    text = share(changing, len(each))
    yield "6: the outcome changes in at most 10 % of inputs", text, changing <= 0.1 * len(each)


def perfect(rows: Rows, key: str, names: Sequence[str]) -> str:
    """Return the table of perfect generators by data set or by split, and of all."""
    head = [key, "audits", "p < .05", "p < .01", *_OUTCOMES.values()]
    lines = []
    groups = [(_about(name), [row for row in rows if row[key] == name]) for name in names]
    for name, some in [*groups, ("all", list(rows))]:
        if not some:
            continue
        audits = sum(row["audits"] for row in some)
        rates = [share(sum(row[p] for row in some), audits) for p in ("p below .05", "p below .01")]
        outcomes = _summed(some)
        first = share(outcomes[str(Outcome.COPYING)], audits)
        others = [str(outcomes[one]) for one in _OUTCOMES][1:]
        lines.append([name, str(audits), *rates, first, *others])
    return pages.table(head, "<" + ">" * (len(head) - 1), lines)


def models(rows: Rows) -> str:
    """Return the table of models: their outcomes; models with a tiny component apart."""
    head = ["model", "audits", *_OUTCOMES.values(), "tiny: audits", "tiny: copying"]
    lines = []
    groups: list[tuple[str, Callable[[Mapping[str, Any]], bool]]] = [
        (name, lambda row, name=name: row["model"] == name) for name in (*HONEST, *BAD)
    ]
    groups += [
        ("all honest models", lambda row: row["model"] in HONEST),
        ("both bad models", lambda row: row["model"] in BAD),
    ]
    groups += [
        (f"honest, {_about(name)}", lambda row, name=name: row["data"] == name and _honest(row))
        for name in SETS
    ]
    for name, wanted in groups:
        some = [row for row in rows if wanted(row)]
        tiny = _summed(some, "tiny")
        kept = _summed(some)
        kept.subtract(tiny)
        audits = sum(kept.values())
        cells = [share(kept[str(Outcome.COPYING)], audits)]
        cells += [str(kept[one]) for one in _OUTCOMES][1:]
        cells += [str(sum(tiny.values())), str(tiny[str(Outcome.COPYING)])]
        lines.append([name, str(audits), *cells])
    return pages.table(head, "<" + ">" * (len(head) - 1), lines)


def power(rows: Rows) -> str:
    """Return the table of the smallest copied fractions, in per cent of the samples."""
    names = [AUDIT, *RIVALS]
    head = ["data", "copies", *names, "p < .05", "copying"]
    lines = []
    last = ""
    for row in rows:
        cells = [_fraction(row, name) for name in (*names, "p < .05", "copying")]
        cells[0] = f"**{cells[0]}**"
        about = _about(row["data"]) + (f", {row['split']}" if "split" in row else "")
        lines.append([about if about != last else "", row["copies"], *cells])
        last = about
    return pages.table(head, "<<" + ">" * (len(head) - 2), lines)


def behind(rows: Rows) -> list[tuple[str, str, str]]:
    """Return where the audit needs more copies than a statistic in use: data, copies, statistic."""
    return [
        (", ".join(row[key] for key in ("data", "split") if key in row), row["copies"], name)
        for row in rows
        for name in IN_USE
        if _least(row, name) < _least(row, AUDIT)
    ]


def behind_told(rows: Rows) -> str:
    """Return a list of where the audit is behind, with the numbers of draws."""
    found = [
        f"- {data}, {copies}: {name} is ahead of the audit." for data, copies, name in behind(rows)
    ]
    draws = sorted({f"{row['draws']} draws with copies and {row['nulls']} in all" for row in rows})
    text = "\n".join(found) or "- Nowhere."
    return f"{text}\n\nCounts: {'; '.join(draws)}."


def coverage(rows: Rows) -> str:
    """Return the table of intervals of the copied fraction."""
    head = ["data", "copies", "intervals", "hold the truth", "above it", "below it"]
    lines = []
    for row in rows:
        if "intervals" in row:
            count, above, below = (row[key] for key in ("intervals", "above", "below"))
            held = f"{100 * (count - above - below) / count:.1f} %"
            about = [_about(row["data"]), row["copies"]]
            lines.append([*about, str(count), held, str(above), str(below)])
    return pages.table(head, "<<>>>>", lines)


def named(rows: Rows) -> str:
    """Return the table of two verbatim copies among 200 samples."""
    head = ["data", "audits", "both named", "one named", "none named", "more named"]
    lines = []
    for row in rows:
        counts = Counter({int(number): count for number, count in row["named"].items()})
        more = sum(count for number, count in counts.items() if number > 2)
        cells = [share(counts[2], row["audits"]), *map(str, (counts[1], counts[0], more))]
        lines.append([_about(row["data"]), str(row["audits"]), *cells])
    return pages.table(head, "<>>>>>", lines)


def seeds(rows: Rows) -> str:
    """Return the table of inputs near the level whose outcome changes with the audit's seed."""
    head = ["data", "copies of 100", "outcomes of each input, by seed"]
    lines = []
    changing = inputs = 0
    for row in rows:
        told = [
            ", ".join(f"{count} {_OUTCOMES[one]}" for one, count in sorted(each.items()))
            for each in row["outcomes"]
        ]
        inputs += len(told)
        changing += sum(len(each) > 1 for each in row["outcomes"])
        lines.append([_about(row["data"]), str(row["copies"]), "; ".join(told)])
    changes = f"The outcome changes in {changing} of {inputs} inputs: {share(changing, inputs)}."
    return f"{pages.table(head, '<><', lines)}\n\n{changes}"


def tables(told: Mapping[str, Rows]) -> dict[str, str]:
    """Return every table by the name of its marker."""
    return {
        "found": found(told),
        "data": pages.table(
            ["kind", "tried before", "first used here"],
            "<<<",
            [_of_kind(kind) for kind in dict.fromkeys(one.kind for one in SETS.values())],
        ),
        "perfect": perfect(told["perfect"], "data", list(SETS)),
        "splits": perfect(told["perfect"], "split", list(SPLITS)),
        "models": models(told["models"]),
        "power": power(told["power"]),
        "behind": behind_told(told["power"]),
        "uneven": power(told["uneven"]),
        "behind, uneven": behind_told(told["uneven"]),
        "coverage": coverage(told["power"]),
        "named": named(told["named"]),
        "seeds": seeds(told["seeds"]),
    }


def _of_kind(kind: str) -> list[str]:
    sides = [
        ", ".join(name for name, one in SETS.items() if one.kind == kind and one.tried is tried)
        for tried in (True, False)
    ]
    return [kind, *(side or "-" for side in sides)]


def _about(name: str) -> str:
    """Mark data sets that were first used when the code was frozen."""
    return f"{name} *" if name in SETS and not SETS[name].tried else name


def _honest(row: Mapping[str, Any]) -> bool:
    return row["model"] in HONEST


def _summed(rows: Rows, key: str = "outcomes") -> Counter[str]:
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row[key])
    return total


def _least(row: Mapping[str, Any], name: str) -> float:
    return math.inf if row[name] is None else float(row[name])


def _fraction(row: Mapping[str, Any], name: str) -> str:
    value = _least(row, name)
    return f"{100 * value:.0f} %" if value < math.inf else f"> {100 * COUNTS[-1] / SIZE:.0f} %"


if __name__ == "__main__":
    pages.renew(PAGE, tables(read()))
