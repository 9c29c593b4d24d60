"""What the pilot's own halves show, and what Gaussian rows of the estimated population show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
from numpy.typing import NDArray

from twinseed.filters import Filter
from twinseed.planning.divided import numbered, together
from twinseed.planning.pairs import SEEDS, Numbers, mean_of, pair, spanned
from twinseed.populations import Population
from twinseed.randomness import stream
from twinseed.sweep import Result

__all__ = [
    "DRAWN_SEEDS",
    "MOST_ROWS",
    "PilotHalves",
    "drawn",
    "halved",
    "kept_groups",
    "left_one_out",
]

Array = NDArray[np.float64]

MOST_ROWS = 1000
"""Rows of the pilot that are halved at the most."""
DRAWN_SEEDS = 300
"""Samples of each model of the simulated estimate."""
_GROUPS = 20
_WORK = 4e10
_DRAWN_WORK = 4e9
_LARGEST = 1000
"""Rank up to which models are fitted."""
_PARTS = tuple(one.name for one in fields(Numbers))


@dataclass(frozen=True)
class PilotHalves:
    """Means over random halvings of the pilot: of all its rows, and without each group of rows.

    ``whole`` has the axis of halvings, ``without`` that of groups. ``rows`` is that of one half,
    ``fewer`` what is left of it without each group.
    """

    whole: Numbers
    without: Numbers
    rows: int
    fewer: Array

    @property
    def splits(self) -> int:
        """Halvings."""
        return int(self.whole.gap.size)


def kept_groups(rows: int) -> int:
    """Return how many groups of rows are left out in turn."""
    return max(4, min(_GROUPS, rows // 5))


def halved(
    pilot: NDArray[np.generic],
    filter: Filter,
    groups: Sequence[slice],
    splits: int,
    entropy: Sequence[int],
    advance: Callable[[int], None],
) -> PilotHalves:
    """Fit twins to random halves of the pilot, and again without each of some groups of rows.

    A halving takes half of each group of rows, so that it stays one without a group; it has the
    same samples' noise then, so that differences are those of the rows alone. Of a pilot of many
    rows a random part is halved, and a large one is halved fewer times.
    """
    n, d = pilot.shape
    count = kept_groups(n)
    order = stream(entropy, "plan: groups of rows").permutation(n)
    inside = order[:MOST_ROWS]
    rows, group = spanned(pilot[inside]), np.arange(inside.size) % count
    half = inside.size // 2
    short, long = sorted((half, rows.shape[1]))
    cost = (count + 1) * (4.0 * short**2 * long + 2.0 * SEEDS * half * rows.shape[1])
    number = int(min(splits, max(4.0, _WORK / cost)))
    work = partial(_halving, rows, group, count, filter, d, tuple(groups), tuple(entropy))
    found = together("halvings", work, number, entropy, advance)
    every = Numbers(*(np.array([one[name] for one in found]) for name in _PARTS))
    whole = Numbers(*(part[:, 0] for part in vars(every).values()))
    folded = Numbers(*(part[:, 1:].mean(axis=0) for part in vars(every).values()))
    fewer = half - np.bincount(group, minlength=count) / 2.0
    return PilotHalves(whole, folded, half, fewer)


def _halving(
    rows: Array,
    group: NDArray[np.int64],
    count: int,
    filter: Filter,
    d: int,
    groups: tuple[slice, ...],
    entropy: tuple[int, ...],
    split: int,
    _: np.random.Generator,
) -> Result:
    """Return the numbers of one halving: of all rows, then without each group of rows."""
    side = _sides(group, count, stream(entropy, f"plan: halving {split}"))
    found = []
    for left_out in range(-1, count):
        a, b = (rows[(side == one) & (group != left_out)] for one in (0, 1))
        noise = stream(entropy, f"plan: samples of halving {split}")
        found.append(pair((a, b, None), filter, d, groups, noise))
    return numbered(found)


def drawn(
    population: Population,
    n: int,
    filter: Filter,
    groups: Sequence[slice],
    draws: int,
    entropy: Sequence[int],
) -> tuple[Numbers, Numbers] | None:
    """Fit twins to Gaussian rows of the population, ``n`` each; None where that takes too long.

    Returns the mean over draws, and its leave-one-draw-out means.
    """
    assert population.dimension is not None
    root = np.sqrt(population.eigenvalues(population.dimension))
    root = root[root > 0.0]
    short = min(n, root.size)
    if short > _LARGEST or n * root.size > 1 << 22:
        return None
    cost = 4.0 * short**2 * max(n, root.size) + 6.0 * n * DRAWN_SEEDS * root.size
    count = int(min(draws, max(6.0, _DRAWN_WORK / cost)))
    d = population.dimension
    work = partial(_draw, root, n, filter, d, tuple(groups), tuple(entropy))
    found = together(f"draws of {n} rows", work, count, entropy)
    every = Numbers(*(np.array([one[name][0] for one in found]) for name in _PARTS))
    return mean_of(every), left_one_out(every)


def _draw(
    root: Array,
    n: int,
    filter: Filter,
    d: int,
    groups: tuple[slice, ...],
    entropy: tuple[int, ...],
    number: int,
    _: np.random.Generator,
) -> Result:
    """Return the numbers of one pair of models of Gaussian rows of the estimate."""
    rng = stream(entropy, f"plan: {n} rows of the estimate, draw {number}")
    rows = rng.standard_normal((3, n, root.size)) * root
    return numbered([pair((rows[0], rows[1], rows[2]), filter, d, groups, rng, DRAWN_SEEDS)])


def left_one_out(numbers: Numbers) -> Numbers:
    """Return the means over the first axis without each entry in turn."""
    count = numbers.gap.shape[0]
    return mean_of(numbers, (1.0 - np.eye(count)) / (count - 1))


def _sides(group: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Halve each group at random; groups of an odd number give the odd row to both in turn."""
    side = np.ones(group.size, dtype=np.int64)
    spare = 0
    for one in range(count):
        members = rng.permutation(np.flatnonzero(group == one))
        half = members.size // 2
        if members.size % 2:
            half += spare
            spare = 1 - spare
        side[members[:half]] = 0
    return side
