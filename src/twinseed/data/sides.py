"""Sides: the searches of memorisation, each in training or in held-out rows, by group of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed.data.rows import Rows
from twinseed.randomness import stream

__all__ = ["GROUPS", "Side", "compared", "sides"]

GROUPS = 10
"""Groups of rows for the jackknife over rows."""


@dataclass(frozen=True, eq=False)
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


def compared(rows: Rows, *, both: bool) -> int:
    """Return how many training, and as many held-out, rows a calibrated comparison uses.

    ``both``: generator B has samples, so that its training rows are compared with too.
    """
    names = [*_trained(rows, both).values(), *(["heldout"] if rows.heldout is not None else [])]
    return min(len(rows.arrays[name]) for name in names)


def sides(
    rows: Rows, entropy: tuple[int, ...], *, groups: int = GROUPS, both: bool
) -> tuple[list[Side], int]:
    """Return the searches that memorisation needs, and the number of groups compared.

    Generator A's come first, and B's follow where ``both`` have samples; with held-out rows each
    generator has two, training first. Training and held-out rows are compared in equal numbers: a
    subset of the larger side is drawn, and every side is split at random into the groups of the
    jackknife. The rows keep the latest answer.
    """
    return rows.kept("sides", (entropy, groups, both), lambda: _drawn(rows, entropy, groups, both))


def _drawn(rows: Rows, entropy: tuple[int, ...], groups: int, both: bool) -> tuple[list[Side], int]:
    equal = compared(rows, both=both)
    groups = min(groups, equal)
    found = []
    for samples, name in _trained(rows, both).items():
        draw = stream(entropy, f"memorisation: {name.replace('_', ' ')}")
        labels = _labels(len(rows.arrays[name]), equal, groups, draw)
        found.append(Side(samples, name, labels))
        if rows.heldout is not None:
            draw = stream(entropy, "memorisation: heldout")
            labels = _labels(len(rows.heldout), equal, groups, draw)
            labels[labels >= groups] = -1
            found.append(Side(samples, "heldout", labels))
    return found, groups


def _trained(rows: Rows, both: bool) -> dict[str, str]:
    """Return the name of the training rows of each generator that has samples."""
    known = both and rows.train_b is not None
    return {"samples_a": "train_a"} | ({"samples_b": "train_b"} if known else {})


def _labels(rows: int, equal: int, groups: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """Return a random group for each row: ``equal`` rows in the first groups, the rest beyond."""
    order = draw.permutation(rows)
    labels = np.empty(rows, dtype=np.int64)
    labels[order[:equal]] = np.arange(equal) % groups
    labels[order[equal:]] = groups + np.arange(rows - equal) % groups
    return labels
