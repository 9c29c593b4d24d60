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
from twinseed.randomness import stream
from twinseed.sweep import Cell, Job, Result, run_here

__all__ = ["numbered", "resamples_of", "together"]

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


def resamples_of(
    population: Estimated, count: int, entropy: Sequence[int], advance: Advance
) -> list[Estimated]:
    """Return the estimates from ``count`` Gaussian pilots of the population."""
    work = partial(_resample, population, tuple(entropy))
    found = together("pilots drawn again", work, count, entropy, advance)
    return [
        Estimated(
            one["eigenvalues"],
            one["leading"],
            degrees=one["degrees"],
            constant_columns=one["constant_columns"],
            detectable=one["detectable"],
        )
        for one in found
    ]


def numbered(pairs: Sequence[Numbers]) -> Result:
    """Return the numbers of several pairs, ready for JSON.

    >>> one = Numbers(*(np.array(part) for part in ([0.5], [0.1], [0.2], [0.3], [[1.0]], [[0.0]])))
    >>> numbered([one, one])["gap"]
    [[0.5], [0.5]]
    """
    return {name: np.asarray(part).tolist() for name, part in vars(stacked(pairs)).items()}


def _resample(
    population: Estimated, entropy: tuple[int, ...], number: int, _: np.random.Generator
) -> Result:
    found = population.resampled(stream(entropy, f"resample {number}"))
    told: dict[str, Any] = {
        "eigenvalues": found.eigenvalues(found.dimension).tolist(),
        "leading": int(found.factors.size),
        "degrees": found.degrees,
        "constant_columns": int(found.constant_columns),
        "detectable": None if found.detectable is None else float(found.detectable),
    }
    return told
