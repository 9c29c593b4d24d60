"""The tables and the figure of docs/beyond_gaussian.md, from the results of the study.

Usage, from the root of the repository, to write them again: python -m
docs.studies.beyond_gaussian_page
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from docs.studies import pages
from docs.studies.beyond_gaussian import RESULTS, VARIABLES

from twinseed.drawing.style import Figure
from twinseed.intervals import half_width
from twinseed.tables import MISSING, percent

__all__ = ["diagnosis", "difference", "figure", "renew", "table", "tables"]

PAGE = pages.DOCS / "beyond_gaussian.md"

_ROWS = (2, 4)
"""Which of the sizes the table shows; the figure and the JSON have all."""


def table(results: Mapping[str, Any]) -> str:
    """Return the main table: prediction, data and Gaussian rows at two sizes for each data set."""
    head = ["data", "d", "d_eff", "kurtosis", "n", *VARIABLES.values()]
    rows = []
    for name, found in results.items():
        for place in _ROWS:
            first = place == _ROWS[0]
            about = (
                [name, str(found["d"]), _plain(found["d_eff"], 1), _kurtosis(found)]
                if first
                else [""] * 4
            )
            values = [_three(found, variable, place) for variable in VARIABLES]
            rows.append([*about, str(found["n"][place]), *values])
    return pages.table(head, "<>>>>" + "^" * len(VARIABLES), rows)


def diagnosis(results: Mapping[str, Any]) -> str:
    """Return the second table: what the moments say beforehand, and how far q was off."""
    head = ["data", "N", "lengths", "C", "A", "alarms"]
    head += ["largest q data - q Gaussian", "at n", "allowed"]
    rows = []
    for name, found in results.items():
        moments = found["moments"]
        gaps = [difference(found, place) for place in range(len(found["n"]))]
        place = max(range(len(gaps)), key=lambda i: abs(gaps[i][0]))
        value, se, allowed = gaps[place]
        measured = [f"{_minus(_short(value, 3))} ± {_short(se, 3)}", str(found["n"][place])]
        apart = [*measured, _short(min(allowed, 1.0), 3)]
        about = [
            name,
            "-" if found["rows"] is None else str(found["rows"]),
            *(_plain(moments[key], 2) for key in ("lengths", "closeness", "agreement")),
            " · ".join(_percent(share) for share in found["alarms"]),
        ]
        reference = found["gaussian"] == found["data"]
        rows.append([*about, *(["-"] * 3 if reference else apart)])
    return pages.table(head, "<" + ">" * 8, rows)


def difference(found: Mapping[str, Any], place: int) -> tuple[float, float, float]:
    """Return q of the data less q of Gaussian rows, its standard error, and |A - 1| (1 - q)."""
    data, gaussian = (found[kind]["convergence"] for kind in ("data", "gaussian"))
    gap = 1.0 - found["predicted"]["convergence"][place]
    return (
        data["value"][place] - gaussian["value"][place],
        math.hypot(data["se"][place], gaussian["se"][place]),
        abs(found["moments"]["agreement"] - 1.0) * gap,
    )


def figure(results: Mapping[str, Any]) -> Figure:
    """Draw 1 - q against n, a panel for each data set: line, filled and hollow points."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullLocator

    from twinseed.drawing.style import GREY, INK, LOOKS, styling

    data_look, gaussian_look = LOOKS[1], LOOKS[0]
    shown = list(results.items())[1:]
    columns = 4
    rows = math.ceil(len(shown) / columns)
    with styling():
        drawn = Figure(figsize=(11.0, 2.45 * rows + 0.5))
        axes = drawn.subplots(rows, columns, sharey=True, squeeze=False).ravel()
        drawn.subplots_adjust(
            left=0.065, right=0.99, top=0.955, bottom=0.115, wspace=0.09, hspace=0.5
        )
        for panel, (name, found) in zip(axes, shown, strict=False):
            n = found["n"]
            gap = [1.0 - q for q in found["predicted"]["convergence"]]
            panel.plot(n, gap, color=INK, label="predicted from the covariance")
            aside = (n[-1] / n[0]) ** 0.02
            for kind, look, words, fill, shift in (
                ("gaussian", gaussian_look, "Gaussian rows, same covariance", "white", 1 / aside),
                ("data", data_look, "data", data_look.colour, aside),
            ):
                q = found[kind]["convergence"]
                panel.errorbar(
                    [size * shift for size in n],
                    [1.0 - value for value in q["value"]],
                    yerr=[half_width(se) for se in q["se"]],
                    color=look.colour,
                    marker=look.marker,
                    markerfacecolor=fill,
                    linestyle="none",
                    capsize=2.0,
                    elinewidth=1.0,
                    label=f"{words}, 95 % bars",
                )
            panel.set_xscale("log")
            panel.set_yscale("log")
            panel.set_title(name, fontsize=9.5)
            panel.set_xticks(n, [f"{size:d}" for size in n])
            panel.xaxis.set_minor_locator(NullLocator())
            panel.text(
                0.04,
                0.06,
                f"A = {found['moments']['agreement']:.2f}",
                transform=panel.transAxes,
                fontsize=8.5,
                color=GREY,
            )
            panel.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        for panel in axes[len(shown) :]:
            panel.set_visible(False)
        for panel in axes[::columns]:
            panel.set_ylabel("1 - q (0: twins agree)")
        for panel in axes[max(0, len(shown) - columns) : len(shown)]:
            panel.set_xlabel("n, training rows of each twin")
        handles, labels = axes[0].get_legend_handles_labels()
        drawn.legend(handles, labels, loc="lower center", ncols=3, bbox_to_anchor=(0.5, 0.008))
    return drawn


def tables(told: Mapping[str, Any]) -> dict[str, str]:
    """Return every marked part of the page by its name."""
    return {
        "results": table(told["results"]),
        "diagnosis": diagnosis(told["results"]),
        "versions": _versions(told),
    }


def renew(told: Mapping[str, Any]) -> None:
    """Write the page's tables and the figure again."""
    pages.renew(PAGE, tables(told), {"beyond_gaussian": figure(told["results"])})


def _kurtosis(found: Mapping[str, Any]) -> str:
    return _minus(_plain(found["moments"]["excess_kurtosis"], 1))


def _three(found: Mapping[str, Any], variable: str, place: int) -> str:
    """Return ``predicted · data(se) · Gaussian(se)``, errors in units of the last digit."""
    values = [_short(found["predicted"][variable][place], 3)]
    for kind in ("data", "gaussian"):
        side = found[kind][variable]
        error = max(1, round(side["se"][place] * 1000)) if side["se"][place] else 0
        values.append(f"{_short(side['value'][place], 3)}({error})")
    return " · ".join(values)


def _percent(share: float | None) -> str:
    return MISSING if share is None else percent(share)


def _plain(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if round(value, digits) else f"{0:.{digits}f}"


def _short(value: float, digits: int) -> str:
    """Return the number without the zero before its point."""
    text = _plain(value, digits)
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _versions(told: Mapping[str, Any]) -> str:
    settings = told["settings"]
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    return (
        f"{settings['replicates']} replicates of {settings['seeds']} seeds, root seed "
        f"{settings['seed']}; {versions}."
    )


if __name__ == "__main__":
    renew(json.loads(RESULTS.read_text()))
