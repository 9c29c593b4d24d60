"""A plan as one page of HTML: what the targets need, the curves, what the pilot cannot show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from twinseed.drawing import as_svg
from twinseed.pages.page import inline_svg, render
from twinseed.planning.figures import plan_curves
from twinseed.tables import html_table

if TYPE_CHECKING:
    from twinseed.planning.answer import Plan
    from twinseed.planning.bands import Band
    from twinseed.planning.needed import RowsNeeded

__all__ = ["drawn_bands", "plan_fragment", "plan_page"]

_POINTS = 25


def drawn_bands(plan: Plan, n: Any = None) -> dict[str, Band]:
    """Return the bands that the figure draws, from half the rows of the pilot to the largest n."""
    shown = plan.to_dict(n)["n"]
    first = max(2.0, min(shown[0], plan.pilot_rows / 2.0))
    return plan.bands(
        np.unique(np.rint(np.geomspace(first, max(*shown, plan.pilot_rows), _POINTS)))
    )


def plan_page(plan: Plan, needed: Sequence[RowsNeeded] = (), n: Any = None) -> str:
    """Return a plan as one page of HTML that needs no other file; the table is at ``n``."""
    header, *rows = plan.table(n)
    details = plan.to_dict(n)
    drawn = drawn_bands(plan, n)
    forms = {}
    for form in ("wide", "narrow"):
        figure = plan_curves(
            drawn, plan.pilot_rows, needed, groups=plan.groups, stacked=form == "narrow"
        )
        forms[form] = inline_svg(
            as_svg(figure, f"plan-{form}"),
            f"plan-{form}",
            "Convergence, recovery and memorisation ratio against training rows, with "
            "bands. The table below has the numbers.",
        )
    calibration = details["calibration"]
    settings = {
        "twinseed": details["twinseed"],
        "seed": " ".join(map(str, plan.entropy)),
        "resamples": details["resamples"],
        "splits": calibration["splits"],
        "calibration c": calibration["factor"],
        "filter": repr(plan.filter),
    }
    if plan.ceiling is not None:
        settings["ceiling"] = plan.ceiling
    return render(
        "planning/page.html",
        header=header,
        rows=rows,
        needed=needed,
        forms=forms,
        method=details["method"],
        limits=details["limits"],
        network=plan.ceiling is not None,
        pilot=details["pilot"],
        settings=settings,
    )


def plan_fragment(plan: Plan) -> str:
    """Return the table of a plan and its sentences, as HTML for a notebook."""
    header, *rows = plan.table()
    return html_table(header, rows, notes=[*plan.method(), *plan.limits()])
