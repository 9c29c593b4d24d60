"""How close samples come to real rows: which rows they are compared with, and the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twinseed.data.sides import GROUPS, Side, compared, sides
from twinseed.data.twins import Twins
from twinseed.neighbours import Nearest, nearest
from twinseed.progress import ShowProgress, track
from twinseed.randomness import RandomSource, entropy_of

__all__ = ["Closeness", "by_generator", "closeness", "rows_compared"]


@dataclass(frozen=True)
class Closeness:
    """How close the samples of one generator are to training and to held-out rows, by row group.

    Training groups from ``groups`` on hold the rows left out of the comparison at equal numbers;
    group ``groups + g`` belongs with group g. ``heldout`` is None without held-out rows.
    """

    train: Nearest
    heldout: Nearest | None
    groups: int


def rows_compared(twins: Twins) -> int:
    """Return how many training, and as many held-out, rows a calibrated comparison uses."""
    return compared(twins.rows, both=twins.samples_b is not None)


def by_generator(
    searches: Sequence[Side], found: Sequence[Nearest], groups: int
) -> list[Closeness]:
    """Return what ``closeness`` does, from the answers of the searches of ``sides``."""
    train = [one for side, one in zip(searches, found, strict=True) if side.rows != "heldout"]
    heldout = [one for side, one in zip(searches, found, strict=True) if side.rows == "heldout"]
    return [Closeness(one, heldout[i] if heldout else None, groups) for i, one in enumerate(train)]


def closeness(
    twins: Twins,
    rng: RandomSource,
    *,
    groups: int = GROUPS,
    memory: int = 256 << 20,
    progress: ShowProgress = False,
) -> list[Closeness]:
    """Return the closeness of generator A's samples and, where its rows are known, of B's.

    The rows and their groups are those of ``sides``. ``progress`` counts pairs of a sample and
    a row.
    """
    both = twins.samples_b is not None
    searches, groups = sides(twins.rows, entropy_of(rng), groups=groups, both=both)
    pairs = sum(len(twins.arrays[s.samples]) * int(np.sum(s.labels >= 0)) for s in searches)
    found = []
    with track(pairs, "nearest rows", progress) as shown:
        for side in searches:
            rows, labels = side.kept(twins.arrays[side.rows])
            found.append(
                nearest(
                    twins.arrays[side.samples],
                    rows,
                    groups=labels,
                    origin=twins.origin,
                    memory=memory,
                    progress=shown.advance,
                )
            )
    return by_generator(searches, found, groups)
