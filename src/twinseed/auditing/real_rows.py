"""The real rows of an audit: all of them for the population, and the bands of their directions."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.data.directions import principal
from twinseed.data.rows import Rows
from twinseed.matched import PILOT
from twinseed.randomness import stream

__all__ = ["DirectionBands", "real_rows"]

_AXES = 256  # directions of the real data that are followed, at most


@dataclass(frozen=True)
class DirectionBands:
    """Principal directions of the real data, in bands of rising width: 1, 1, ... then wider."""

    directions: Array
    """(d, k), largest variance first."""
    bands: tuple[slice, ...]

    @classmethod
    def of(cls, rows: NDArray[np.generic]) -> DirectionBands:
        """Take the leading directions of rows, one by one up to the eighth, then in bands."""
        found = principal(rows, min(_AXES, rows.shape[1]))
        count = found.vectors.shape[1]
        edges = [0]
        while edges[-1] < count:
            edges.append(min(count, edges[-1] + max(1, edges[-1] // 4)))
        bands = tuple(slice(a, b) for a, b in itertools.pairwise(edges))
        return cls(found.vectors, bands)


def real_rows(rows: Rows, entropy: tuple[int, ...]) -> NDArray[np.generic]:
    """Return all real rows (training and held-out), or a random 8000 of them."""
    real = rows.arrays.values()
    draw = stream(entropy, "audit: rows for the population")
    share = min(1.0, PILOT / sum(len(part) for part in real))
    chosen = [part[np.sort(draw.permutation(len(part))[: int(share * len(part))])] for part in real]
    return np.concatenate(chosen)
