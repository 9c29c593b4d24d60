"""The page of a phase diagram, in a single file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from twinseed.drawing import as_svg
from twinseed.drawing.style import Figure
from twinseed.pages.page import inline_svg, render
from twinseed.phases.figures import phase_plane, phase_values
from twinseed.tables import percent

if TYPE_CHECKING:
    from twinseed.phases import PhaseDiagram

__all__ = ["diagram_page"]

_DRAWINGS: Mapping[str, tuple[Callable[..., Figure], str]] = {
    "plane": (
        phase_plane,
        "Load n/d across, strength of the factor up. The borders of memorisation and "
        "of convergence are vertical, and the border of recovery is a slanted line. "
        "The table below lists the regions.",
    ),
    "values": (
        phase_values,
        "Three panels over the same plane: memorisation falls and convergence rises "
        "with the load at every strength. Recovery starts along a slanted line.",
    ),
}


def diagram_page(diagram: PhaseDiagram) -> str:
    """Return a phase diagram as one self-contained page of HTML."""
    details = diagram.to_dict()
    forms = {
        form: {
            name: inline_svg(
                as_svg(draw(diagram, stacked=form == "narrow"), f"{name}-{form}"),
                f"{name}-{form}",
                words,
            )
            for name, (draw, words) in _DRAWINGS.items()
        }
        for form in ("wide", "narrow")
    }
    misleading = sum(area for region, area in diagram.areas.items() if region.misleads)
    return render(
        "phases/page.html",
        plane=diagram.plane,
        forms=forms,
        regions={region: _percent(area) for region, area in diagram.areas.items()},
        misleading=_percent(misleading) if misleading else "",
        work={
            "simulated_points": details["points"],
            "uniform_grid_as_sharp": f"{details['uniform_grid']:,}",
            "points_in_the_region_of_theory": f"{percent(details['agreement'], 1)} of the plane",
            "draws_that_stopped_before_their_tolerance": details["stopped"],
        },
        settings={
            **{name: _setting(value) for name, value in details["plane"].items()},
            "twinseed": details["twinseed"],
            "seed": " ".join(map(str, diagram.entropy)),
        },
    )


def _percent(share: float) -> str:
    return percent(share, 1) if share >= 0.001 else f"less than {percent(0.001, 1)}"


def _setting(value: Any) -> str:
    """Return a field of the plane as text; a range by its two ends."""
    if isinstance(value, list):
        return " to ".join(f"{end:g}" for end in value)
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
