"""The tables and the figure of docs/finite-size.md, from the results of the study.

Usage, from the root of the repository, to write them again: python -m docs.studies.finite_size_page
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from docs.studies import pages
from docs.studies.finite_size import RESULTS
from docs.studies.finite_size_fits import fluctuation_constant

from twinseed.drawing.style import Figure
from twinseed.intervals import half_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PAGE", "figure", "tables"]

PAGE = pages.DOCS / "finite-size.md"

_MARKERS = "osD^vP*"
_MEANING = {
    "threshold exponent": "mean $Q$ at the threshold falls as $d^{-a}$, $d$ from $10^4$",
    **{
        f"collapse from 1e+0{k} {part}": f"{words}, $d$ from $10^{k}$"
        for k in (4, 5, 6)
        for part, words in (
            ("height", "collapse: $Q$ is scaled by $d^a$"),
            ("width", "collapse: the window of strengths narrows as $d^{-b}$"),
        )
    },
    "fluctuation exponent": "standard deviation of $q$ falls as $d^{-e}$",
    "constant value": r"its constant, $\sqrt{d}\,\mathrm{sd}(q)$",
}


def fitted(told: Mapping[str, Any]) -> str:
    """Return the table of fitted numbers beside what is expected."""
    rows = []
    for name, meaning in _MEANING.items():
        one = told["fits"][name]
        reach = f"{one['low']:.4f} to {one['high']:.4f}"
        cells = [f"{one['value']:.4f}", reach, f"{one['expected']:.4f}"]
        rows.append([meaning, *cells, f"{one['chi2_per_freedom']:.2f}"])
    head = ["what", "fitted", "95 % interval", "expected", r"$\chi^2$ per degree"]
    return pages.table(head, "<>^>>", rows)


def sizes(told: Mapping[str, Any]) -> str:
    """Return the table over d: recovery at the threshold and the fluctuation of convergence."""
    head = ["$d$", "draws", "$Q$ at the threshold", "$d^{1/3} Q$", r"$\mathrm{sd}(Q)/Q$"]
    head += [r"$\mathrm{sd}(q)$", r"$\sqrt{d}\,\mathrm{sd}(q)$"]
    lines = []
    for d, rows in _by_size(told):
        (here,) = (row for row in rows if row["window"] == 0.0)
        spread = _spread(rows)
        cells = [
            f"$10^{len(str(d)) - 1}$",
            str(here["replicates"]),
            f"{here['recovery']:.4f} ± {_half(here):.4f}",
            f"{here['recovery'] * d ** (1 / 3):.3f}",
            f"{here['recovery_sd'] / here['recovery']:.2f}",
            f"{spread:.2e}",
            f"{spread * d**0.5:.4f}",
        ]
        lines.append(cells)
    return pages.table(head, ">" * 7, lines)


def figure(told: Mapping[str, Any]) -> Figure:
    """Draw recovery across its threshold, the same rescaled, and the fluctuation of convergence."""
    from matplotlib import colormaps

    from twinseed.drawing.panels import level, log_ticks
    from twinseed.drawing.style import INK, frames, styling

    gamma = told["settings"]["gamma"]
    root = gamma**-0.5
    with styling():
        drawn, panels = frames(3, height=3.1, left=0.6, keys=2)
        across, scaled, spread = (panel.axes for panel in panels)
        strength = np.linspace(0.6, 1.6, 400) * root
        limit = np.maximum(1.0 - root**2 / strength**2, 0.0) / (1.0 + root**2 / strength)
        across.plot(strength / root, limit, color=INK, zorder=2.0, label="limit of large d")
        groups = _by_size(told)
        constants = []
        for place, (d, rows) in enumerate(groups):
            look = {
                "color": colormaps["viridis"](0.9 * place / (len(groups) - 1)),
                "marker": _MARKERS[place % len(_MARKERS)],
                "linestyle": "none",
                "zorder": 3.0,
            }
            window = np.array([row["window"] for row in rows])
            mean = np.array([row["recovery"] for row in rows])
            half = np.array([_half(row) for row in rows])
            across.errorbar(
                1.0 + window * d ** (-1 / 3), mean, yerr=half, label=_ten(d), elinewidth=1.0, **look
            )
            scaled.errorbar(
                window, mean * d ** (1 / 3), yerr=half * d ** (1 / 3), elinewidth=1.0, **look
            )
            constants.append((d, _spread(rows)))
            spread.errorbar(*constants[-1], yerr=0.0, **look)
        axis = np.linspace(0.6, 3.4, 50)
        scaled.plot(axis, 2.0 * axis / (1.0 + root), color=INK, label="theory far above")
        scaled.plot(
            -axis,
            (1.0 + root) / axis**2,
            color=INK,
            linestyle=(0, (4, 2)),
            label="theory far below",
        )
        scaled.set_ylim(0.0, 5.0)
        level(across, 1.0, along="y")
        level(scaled, 0.0, along="y")
        d = np.array([size for size, _ in constants], dtype=np.float64)
        words = "theory: one over the root of d"
        spread.plot(d, fluctuation_constant(gamma) * d**-0.5, color=INK, zorder=2.0, label=words)
        spread.set_xscale("log")
        spread.set_yscale("log")
        log_ticks(spread.xaxis, _ten)
        log_ticks(spread.yaxis, lambda value: f"{value:.0e}")
        across.set_xlim(0.55, 1.7)
        across.set_ylim(-0.02, 0.62)
        across.set_xlabel("strength of the factor over its threshold")
        scaled.set_xlabel("distance from the threshold, times d to the 1/3")
        spread.set_xlabel("number of columns d")
        panels[0].title(
            "More columns: a sharper onset", "recovery of the factor; dotted: its threshold"
        )
        panels[1].title("Rescaled, all sizes are one curve", "recovery, times d to the 1/3")
        panels[2].title("More columns: less chance", "standard deviation of convergence over draws")
        for panel, columns in zip(panels, (4, 2, 1), strict=True):
            panel.legend(_handles(panel.axes), columns)
    return drawn


def tables(told: Mapping[str, Any]) -> dict[str, str]:
    """Return every table by the name of its marker."""
    return {"fits": fitted(told), "sizes": sizes(told)}


def _handles(axes: Axes) -> list[Any]:
    handles, labels = axes.get_legend_handles_labels()
    return [handle for handle, label in zip(handles, labels, strict=True) if label]


def _by_size(told: Mapping[str, Any]) -> list[tuple[int, list[Mapping[str, Any]]]]:
    return [(d, list(rows)) for d, rows in groupby(told["table"], key=lambda row: row["d"])]


def _spread(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return the standard deviation of q over the draws at all strengths."""
    freedoms = np.array([row["replicates"] - 1 for row in rows])
    squares = np.array([row["convergence_sd"] ** 2 for row in rows])
    return float(np.sqrt(np.average(squares, weights=freedoms)))


def _ten(value: float) -> str:
    digits = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    return "10" + str(round(np.log10(value))).translate(digits)


def _half(row: Mapping[str, Any]) -> float:
    """Return the half width of the 95 % interval of mean recovery."""
    return half_width(float(row["recovery_sd"] / row["replicates"] ** 0.5))


if __name__ == "__main__":
    results = pages.read(RESULTS)
    pages.renew(PAGE, tables(results), {"finite_size": figure(results)})
