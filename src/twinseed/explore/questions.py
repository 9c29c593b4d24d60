"""The questions that are answered by numbers alone, by the last part of their address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twinseed.explore.answers import ChartAnswer
from twinseed.explore.asked import Asked
from twinseed.explore.curves import curves, point
from twinseed.explore.datasets import Datasets
from twinseed.explore.landscapes import coupling, plane, regularise
from twinseed.explore.models import FILTERS, LARGEST, POPULATIONS, Choice
from twinseed.explore.spectra import spectrum
from twinseed.explore.twins import PAIRINGS, twins
from twinseed.explore.uploads import MOST_BYTES, MOST_COLUMNS, MOST_ROWS

__all__ = ["QUESTIONS", "Question"]

Question = Callable[[Asked, Datasets], ChartAnswer]


def choices(asked: Asked, datasets: Datasets) -> ChartAnswer:
    """Answer with what a page can ask for."""
    data = datasets.about()
    return ChartAnswer(
        {
            "populations": [_choice(one) for one in POPULATIONS],
            "filters": [_choice(one) for one in FILTERS],
            "data": data,
            "pairings": list(PAIRINGS),
            "largest": LARGEST,
            "limits": {"bytes": MOST_BYTES, "rows": MOST_ROWS, "columns": MOST_COLUMNS},
        },
        {name: [one[name] for one in data] for name in data[0]},
    )


def _choice(one: Choice) -> dict[str, Any]:
    parameters = [vars(parameter) for parameter in one.parameters]
    return {"name": one.name, "label": one.label, "parameters": parameters}


QUESTIONS: Mapping[str, Question] = {
    "choices": choices,
    "curves": curves,
    "point": point,
    "spectrum": spectrum,
    "coupling": coupling,
    "map": plane,
    "regularise": regularise,
    "twins": twins,
}
