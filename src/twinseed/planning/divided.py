"""The parts of a plan that are done at the same time: pilots drawn again, halvings, draws.

Each part is a cell of the sweep's executor, so that threads or a cluster can do it. What a part
draws depends on its number alone. So the plan is the same, to the last bit, for any workers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from twinseed._version import __version__
from twinseed.planning.pairs import Numbers
from twinseed.populations import Estimated
from twinseed.sweep import Cell, Job, Result, run_here

__all__ = ["Parts", "numbered", "read", "together", "written"]

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Parts:
    """Pieces of work of one kind.

    Args:
        kind: name of the kind.
        work: takes a number, and a random generator that it need not use.
        count: the numbers are those below it.
        counted: whether progress counts them.
    """

    kind: str
    work: Callable[..., Result]
    count: int
    counted: bool = True


def together(
    kinds: Sequence[Parts], entropy: Sequence[int], advance: Advance | None = None
) -> list[list[Result]]:
    """Return the results of each kind, in the order of the numbers.

    Pieces of all kinds are done in turn, so that those of short steps meet those of long ones.
    """
    cells = [
        Cell(
            partial(one.work, number),
            {"kind": one.kind, "number": number},
            group=one.kind,
            counted=one.counted,
        )
        for one in kinds
        for number in range(one.count)
    ]
    job = Job("parts of a plan", __version__, tuple(entropy))
    found = iter(run_here(job, cells, progress=advance or False))
    return [list(islice(found, one.count)) for one in kinds]


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


def numbered(pairs: Numbers) -> Result:
    """Return the numbers of several pairs, ready for JSON.

    >>> import numpy as np
    >>> numbered(Numbers(*(np.array([part, part]) for part in range(6))))["fresh"]
    [2, 2]
    """
    return {name: part.tolist() for name, part in vars(pairs).items()}
