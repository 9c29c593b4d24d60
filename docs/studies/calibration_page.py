"""The tables and the figure of docs/calibration.md, from the results of the study.

Usage, from the root of the repository, to write them again: python -m docs.studies.calibration_page
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from docs.studies import pages
from docs.studies.calibration import INTERVALS, PARTS, PLANTED, path_of
from docs.studies.calibration_power import AUDIT, counts
from docs.studies.calibration_rivals import RIVALS
from scipy.stats import binomtest

from twinseed.tables import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAGE", "figure", "rates", "read", "tables"]

PAGE = pages.DOCS / "calibration.md"

Rows = Sequence[Mapping[str, str]]

COMPARED = ("DCR overfitting", "DCR share", "AuthPct", "C_T")
"""Statistics in use; the other two are plain ones."""

_WORDS = {
    "memorisation_ratio": "ratio",
    "memorisation_share": "share, cosine",
    "memorisation_share_euclidean": "share, Euclidean",
}


def read() -> dict[str, Rows]:
    """Return the committed results, by part."""
    found = {}
    for part in PARTS:
        with path_of(part).open(newline="", encoding="utf-8") as file:
            found[part] = list(csv.DictReader(file))
    return found


def rates(rows: Rows) -> str:
    """Return the table of false alarms, with exact binomial 95 % intervals."""
    lines = [
        pages.line(["data", "audits", "p < .05", "p < .01", "called copying"]),
        pages.line(["---"] + ["--:"] * 4),
    ]
    for row in rows:
        shares = [_with_interval(row, key) for key in ("p below .05", "p below .01")]
        called = _with_interval(row, "called copying")
        lines.append(pages.line([row["data"], row["audits"], *shares, called]))
    return "\n".join(lines)


def coverage(rows: Rows) -> str:
    """Return the table of intervals: how many hold the truth, lie above it, lie below it."""
    names = ["0 copied", *(one.name for one in PLANTED), *INTERVALS]
    lines = [
        pages.line(["interval of", *(row["data"] for row in rows)]),
        pages.line(["---"] + [":-:"] * len(rows)),
    ]
    for name in names:
        cells = [
            f"{_percent(row[f'{name}: held'])} ({_percent(row[f'{name}: above'])}, "
            f"{_percent(row[f'{name}: below'])})"
            for row in rows
        ]
        lines.append(pages.line([_WORDS.get(name, name), *cells]))
    return "\n".join(lines)


def linear(rows: Rows) -> str:
    """Return the table of linear twins: what they show, their null, and the mean z."""
    head = ["data", "n", "audits", *_WORDS.values(), "within 3"]
    lines = [pages.line(head), pages.line(["---"] + ["--:"] * 2 + [":-:"] * 4)]
    for row in rows:
        cells = [
            f"{float(row[f'{one}: observed']):.3f} · {float(row[f'{one}: null']):.3f} "
            f"({float(row[f'{one}: mean z']):+.1f})".replace("-", "\N{MINUS SIGN}")
            for one in _WORDS
        ]
        within = " · ".join(_percent(row[f"{one}: within 3"]) for one in _WORDS)
        lines.append(pages.line([row["data"], row["n"], row["audits"], *cells, within]))
    return "\n".join(lines)


def power(rows: Rows) -> str:
    """Return the table of the smallest copied fractions, in per cent of the samples."""
    names = [AUDIT, *RIVALS]
    lines = [
        pages.line(["data", "n", "noise", *names, "times fewer"]),
        pages.line(["---"] + ["--:"] * (len(names) + 3)),
    ]
    for row in rows:
        about = [row["data"], row["n"]] if float(row["noise"]) == 0 else ["", ""]
        cells = [_fraction(row, name) for name in names]
        gain = min(float(row[name]) for name in COMPARED if row[name]) / float(row[AUDIT])
        lines.append(
            pages.line(
                [*about, f"{float(row['noise']):g}", f"**{cells[0]}**", *cells[1:], f"{gain:.1f}"]
            )
        )
    return "\n".join(lines)


def own_level(rows: Rows) -> str:
    """Return the table of what the audit sees at its own level, beside what it foresees."""
    five, one = (key for key in rows[0] if key.startswith("audit, p below"))
    lines = [
        pages.line(
            ["data", "n", "p < .05, 9 of 10", "p < .01, 4 of 5", "foreseen", "noise .2: 9 of 10"]
        ),
        pages.line(["---"] + ["--:"] * 5),
    ]
    for _, several in groupby(rows, key=lambda row: (row["data"], row["n"])):
        block = list(several)
        exact, blurred = block[0], block[-1]
        cells = [_fraction(exact, key) for key in (five, one)]
        cells.append(_as_percent(float(exact["foreseen"])))
        cells.append(_fraction(blurred, five))
        lines.append(pages.line([exact["data"], exact["n"], *cells]))
    return "\n".join(lines)


def figure(rows: Rows) -> Figure:
    """Draw the smallest copied fraction against the noise of the copies, a panel a data set."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    from twinseed.drawing.panels import log_ticks
    from twinseed.drawing.style import INK, styling

    blocks = [list(block) for _, block in groupby(rows, key=lambda row: (row["data"], row["n"]))]
    columns = 3
    down = math.ceil(len(blocks) / columns)
    with styling():
        drawn = Figure(figsize=(10.0, 2.7 * down + 0.4))
        panels = drawn.subplots(down, columns, squeeze=False).ravel()
        drawn.subplots_adjust(0.07, 0.6 / (2.7 * down + 0.4), 0.99, 0.95, wspace=0.2, hspace=0.45)
        for axes, block in zip(panels, blocks, strict=False):
            for place, name in enumerate((AUDIT, *RIVALS)):
                points = [(float(row["noise"]), float(row[name])) for row in block if row[name]]
                axes.plot(
                    [x for x, _ in points],
                    [y if y < math.inf else math.nan for _, y in points],
                    color=colormaps["tab10"](place - 1) if place else INK,
                    marker="osD^vP*"[place],
                    linewidth=1.1 if place else 2.4,
                    zorder=3.0 if place else 4.0,
                    label=name,
                )
            axes.set_yscale("log")
            log_ticks(axes.yaxis, _as_percent)
            axes.set_xticks([0.0, 0.05, 0.1, 0.2], ["0", ".05", ".1", ".2"])
            axes.set_title(f"{block[0]['data']}, n = {int(block[0]['n']):,}", fontsize=10)
        for axes in panels[len(blocks) :]:
            axes.set_visible(False)
        for axes in panels[-columns:]:
            axes.set_xlabel("noise of the copies, rms deviations")
        for axes in panels[::columns]:
            axes.set_ylabel("smallest copied fraction")
        drawn.legend(*panels[0].get_legend_handles_labels(), loc="lower center", ncols=7)
    return drawn


def tables(told: Mapping[str, Rows]) -> dict[str, str]:
    """Return every table by the name of its marker."""
    return {
        "alarms": rates(told["alarms"]),
        "coverage": coverage(told["alarms"]),
        "linear": linear(told["linear"]),
        "power": power(told["power"]),
        "own level": own_level(told["power"]),
    }


def _fraction(row: Mapping[str, str], name: str) -> str:
    """Return a smallest fraction; where none was enough, the largest that was tried."""
    if not row[name]:
        return "-"
    n, value = int(row["n"]), float(row[name])
    return _as_percent(value) if value < math.inf else f"> {_as_percent(counts(n)[-1] / n)}"


def _with_interval(row: Mapping[str, str], key: str) -> str:
    audits = int(row["audits"])
    hits = round(float(row[key]) * audits)
    found = binomtest(hits, audits).proportion_ci(0.95)
    return f"{percent(hits / audits, 1)} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def _as_percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _percent(text: str) -> str:
    value = 100 * float(text)
    return f"{value:.0f} %" if value == round(value) else f"{value:.1f} %"


if __name__ == "__main__":
    results = read()
    pages.renew(PAGE, tables(results), {"calibration": figure(results["power"])})
