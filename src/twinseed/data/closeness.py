"""How close samples come to real rows: which rows they are compared with, and the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.data.twins import Twins
from twinseed.neighbours import Nearest, nearest
from twinseed.progress import ShowProgress, track
from twinseed.randomness import RandomSource, entropy_of, stream

__all__ = ["GROUPS", "Closeness", "Side", "by_generator", "closeness", "rows_compared", "sides"]

GROUPS = 10
"""Groups of rows for the jackknife over rows."""


@dataclass(frozen=True)
class Closeness:
    """How close the samples of one generator are to training and to held-out rows, by row group.

    Training groups from ``groups`` on hold the rows left out of the comparison at equal numbers;
    group ``groups + g`` belongs with group g. ``heldout`` is None without held-out rows.
    """

    train: Nearest
    heldout: Nearest | None
    groups: int


@dataclass(frozen=True)
class Side:
    """One search: whose samples, in which rows (names of ``Twins``), and the group of each row."""

    samples: str
    rows: str
    labels: NDArray[np.int64]
    """(rows,); -1 leaves a row out."""

    def kept(self, rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return the rows to search in, and their groups; no copy where none is left out."""
        kept = self.labels >= 0
        return (rows, self.labels) if kept.all() else (rows[kept], self.labels[kept])


def rows_compared(twins: Twins) -> int:
    """Return how many training, and as many held-out, rows a calibrated comparison uses."""
    sides = [*_training(twins).values(), *([] if twins.heldout is None else [twins.heldout])]
    return min(len(side) for side in sides)


def sides(twins: Twins, rng: RandomSource, *, groups: int = GROUPS) -> tuple[list[Side], int]:
    """Return the searches that memorisation needs, and the number of groups compared.

    Generator A's come first; with held-out rows each generator has two, training first. Training
    and held-out rows are compared in equal numbers: a subset of the larger side is drawn, and every
    side is split at random into the groups of the jackknife. The samples are not looked at.
    """
    entropy = entropy_of(rng)
    equal = rows_compared(twins)
    groups = min(groups, equal)
    found = []
    for name, rows in _training(twins).items():
        draw = stream(entropy, f"memorisation: train {name}")
        labels = _labels(len(rows), equal, groups, draw)
        found.append(Side(f"samples_{name}", f"train_{name}", labels))
        if twins.heldout is not None:
            draw = stream(entropy, "memorisation: heldout")
            labels = _labels(len(twins.heldout), equal, groups, draw)
            labels[labels >= groups] = -1
            found.append(Side(f"samples_{name}", "heldout", labels))
    return found, groups


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

    The rows and their groups are those of ``sides``. ``progress`` counts pairs of a sample and a
    row.
    """
    searches, groups = sides(twins, rng, groups=groups)
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


def _training(twins: Twins) -> dict[str, NDArray[Any]]:
    """Return the training rows of each generator that has samples and known rows."""
    train = {"a": twins.train_a}
    if twins.samples_b is not None and twins.train_b is not None:
        train["b"] = twins.train_b
    return train


def _labels(rows: int, equal: int, groups: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """Return a random group for each row: ``equal`` rows in the first groups, the rest beyond."""
    order = draw.permutation(rows)
    labels = np.empty(rows, dtype=np.int64)
    labels[order[:equal]] = np.arange(equal) % groups
    labels[order[equal:]] = groups + np.arange(rows - equal) % groups
    return labels
