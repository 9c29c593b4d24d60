"""The parts of a plan that are done at the same time: pilots drawn again, halvings, draws.

Each part is a cell of the sweep's executor, so that threads or a cluster can do it. What a part
draws depends on its number alone. So the plan is the same, to the last bit, for any workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from twinseed._version import __version__
from twinseed.planning.pairs import Numbers, stacked
from twinseed.populations import Estimated
from twinseed.sweep import Cell, Job, Result, run_here

__all__ = ["numbered", "read", "together", "written"]

Advance = Callable[[int], None]


def together(
    kind: str,
    work: Callable[..., Result],
    count: int,
    entropy: Sequence[int],
    advance: Advance | None = None,
) -> list[Result]:
    """Return ``work(number, rng)`` of each number below ``count``, in order."""
    cells = [Cell(partial(work, number), {"number": number}) for number in range(count)]
    return run_here(Job(kind, __version__, tuple(entropy)), cells, progress=advance or False)


def written(population: Estimated) -> Result:
    """Return an estimated population, ready for JSON."""
    told: dict[str, Any] = {
        "eigenvalues": population.eigenvalues(population.dimension).tolist(),
        "leading": int(population.factors.size),
        "degrees": population.degrees,
        "constant_columns": int(population.constant_columns),
        "detectable": None if population.detectable is None else float(population.detectable),
    }
    return told


def read(one: Result) -> Estimated:
    """Return the estimated population that ``written`` wrote."""
    return Estimated(
        one["eigenvalues"],
        one["leading"],
        degrees=one["degrees"],
        constant_columns=one["constant_columns"],
        detectable=one["detectable"],
    )


def numbered(pairs: Sequence[Numbers]) -> Result:
    """Return the numbers of several pairs, ready for JSON.

    >>> one = Numbers(*(np.array(part) for part in ([0.5], [0.1], [0.2], [0.3], [[1.0]], [[0.0]])))
    >>> numbered([one, one])["gap"]
    [[0.5], [0.5]]
    """
    return {name: np.asarray(part).tolist() for name, part in vars(stacked(pairs)).items()}
