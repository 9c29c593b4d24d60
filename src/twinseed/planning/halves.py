"""Pairs of models of the halves of a pilot, and of Gaussian rows of the estimated population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import partial

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.filters import Filter
from twinseed.planning.divided import Parts, numbered
from twinseed.planning.pairs import SEEDS, Numbers, mean_of, pair, pairs_of, stacked
from twinseed.populations import Population
from twinseed.randomness import stream
from twinseed.sweep import Result

__all__ = [
    "DRAWN_SEEDS",
    "LEFT_OUT",
    "MOST_ROWS",
    "PilotHalves",
    "drawn",
    "draws_of",
    "from_results",
    "halved_here",
    "halving_work",
    "halvings",
    "kept_groups",
    "left_one_out",
]

MOST_ROWS = 1000
"""Largest number of rows that are halved; of a larger pilot a random part is halved."""
LEFT_OUT = 4
"""Halvings that are repeated without each group of rows."""
DRAWN_SEEDS = 300
"""Samples of each model of simulated rows."""
_GROUPS = 20
_DRAWN_WORK = 2.5e9
_LARGEST = 1000
"""Largest rank of a model of simulated rows."""
_PARTS = tuple(one.name for one in fields(Numbers))


@dataclass(frozen=True)
class PilotHalves:
    """What random halvings of some rows show: of all the rows, and without each group of rows.

    Args:
        whole: numbers of the halvings, which are the first axis.
        without: mean numbers over the first halvings, without each group of rows in turn; the
            groups are the first axis. None if no group was left out.
        rows: rows of one half.
    """

    whole: Numbers
    without: Numbers | None
    rows: int

    @property
    def splits(self) -> int:
        """Number of halvings."""
        return int(self.whole.gap.size)


def kept_groups(rows: int) -> int:
    """Return how many groups of rows are left out in turn."""
    return max(4, min(_GROUPS, rows // 5))


def halvings(
    rows: Array,
    filter: Filter,
    d: int,
    groups: Sequence[slice],
    splits: int,
    entropy: Sequence[int],
    left_out: int,
) -> Parts:
    """Return the work to fit pairs of linear models to random halves; see ``from_results``.

    A halving takes half of each group of rows, so that the halves stay equal without a group. The
    samples have the same noise with and without a group, so that differences come from the rows.

    Args:
        rows: centred rows, (n, k), in coordinates of the directions that the rows span.
        filter: the regularisation of the models.
        d: number of columns of the data.
        groups: ranks of the factors whose subspaces are compared.
        splits: number of halvings.
        entropy: the seed.
        left_out: number of halvings that are repeated without each group of rows, 2 or more.
    """
    about = (rows, filter, d, tuple(groups), tuple(entropy), "", min(max(2, left_out), splits))
    return Parts("halvings", partial(_halving, *about), splits)


def halved_here(
    rows: Array,
    filter: Filter,
    d: int,
    groups: tuple[slice, ...],
    splits: int,
    entropy: tuple[int, ...],
    name: str,
    left_out: int,
) -> PilotHalves:
    """Do the work of ``halvings`` at once, as a part of a larger piece of work."""
    numbers = tuple(range(splits))
    found = _halved(rows, filter, d, groups, entropy, name, min(left_out, splits), numbers)
    return from_results(found, len(rows) // 2)


def from_results(found: Sequence[Result], rows: int) -> PilotHalves:
    """Return halvings from the results of the pieces of work, and the rows of a half."""
    whole = Numbers(*(np.array([one[part][0] for one in found]) for part in _PARTS))
    without = [one for one in found if len(one["gap"]) > 1]
    folded = None
    if without:
        folded = Numbers(*(np.mean([one[part][1:] for one in without], axis=0) for part in _PARTS))
    return PilotHalves(whole, folded, rows)


def _halving(
    rows: Array,
    filter: Filter,
    d: int,
    groups: tuple[slice, ...],
    entropy: tuple[int, ...],
    name: str,
    left_out: int,
    split: int,
    _: np.random.Generator,
) -> Result:
    """Return the numbers of one halving: of all rows, then without each group of rows."""
    return _halved(rows, filter, d, groups, entropy, name, left_out, (split,))[0]


def _halved(
    rows: Array,
    filter: Filter,
    d: int,
    groups: tuple[slice, ...],
    entropy: tuple[int, ...],
    name: str,
    left_out: int,
    splits: tuple[int, ...],
) -> list[Result]:
    """Return the numbers of each halving."""
    count = kept_groups(len(rows))
    group = np.arange(len(rows)) % count
    parts, draws = [], []
    for split in splits:
        side = _sides(group, count, stream(entropy, f"plan: halving {split}{name}"))
        for one in range(-1, count if split < left_out else 0):
            a, b = (np.flatnonzero((side == half) & (group != one)) for half in (0, 1))
            parts.append((a, b))
            draws.append(split)

    def noise(split: int) -> np.random.Generator:
        return stream(entropy, f"plan: samples of halving {split}{name}")

    found = pairs_of(rows, parts, filter, d, groups, noise, draws)
    return [numbered(found[np.array(draws) == split]) for split in splits]


def halving_work(rows: int, directions: int) -> float:
    """Return about how many operations one pair of models of half the rows takes."""
    half = rows // 2
    short, long = sorted((half, directions))
    return 4.0 * short**2 * long + 2.0 * SEEDS * half * directions


def draws_of(
    population: Population,
    n: int,
    filter: Filter,
    groups: Sequence[slice],
    draws: int,
    entropy: Sequence[int],
) -> Parts | None:
    """Return the work to fit pairs to Gaussian rows of the population, ``n`` rows for each model.

    Returns:
        None if this would take too long; see ``drawn``.
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
    return Parts(f"draws of {n} rows", work, count, counted=False)


def drawn(found: Sequence[Result]) -> tuple[Numbers, Numbers]:
    """Return the mean over draws, and the means without each draw, from the results of the work."""
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
    rows = rng.standard_normal((3, n, root.size))
    rows *= root
    return numbered(
        stacked([pair((rows[0], rows[1], rows[2]), filter, d, groups, rng, DRAWN_SEEDS)])
    )


def left_one_out(numbers: Numbers) -> Numbers:
    """Return the means over the first axis without each entry in turn."""
    count = numbers.gap.shape[0]
    return mean_of(numbers, (1.0 - np.eye(count)) / (count - 1))


def _sides(group: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Halve each group of rows at random; the odd rows of odd groups go to both halves in turn."""
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
