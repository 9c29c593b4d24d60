"""Do the twins agree on a part of the seeds alone: the first ones, every k-th, some?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.auditing.seeds import COMPARED
from twinseed.data.twins import Twins

__all__ = ["Part", "part_of", "part_that_agrees"]

_FEWEST = 40  # seeds
_SMALLEST = 5  # seeds of a part, and of the rest
_MODULI = 24
_ERRORS = 5.5  # standard errors: exceeded by chance once in 25,000 times, a thousand parts tried
_REST = 0.25  # of the part's agreement that the rest may have
_APART = 0.25  # agreement of the part beyond that of the rest


@dataclass(frozen=True)
class Part:
    """A part of the seeds that agree, while the rest do not."""

    rows: str
    """Which seeds agree, in words: "rows 0 to 99", "one row in 3, from row 0,"."""
    seeds: int
    """How many seeds these are."""
    compared: int
    """Of how many."""
    agreement: float
    """Mean agreement of these seeds: ``2 a.b/(|a|^2 + |b|^2)`` about the generators' means."""
    rest: float
    """Mean agreement of the other seeds."""
    shift: int
    """Rows by which B's file is behind A's in the rest; 0 where no shift is found."""
    ordered: bool
    """Whether the seeds that agree follow an order, as those of a file that was cut or filled."""

    @property
    def advice(self) -> str:
        """What was found, and what to do about it."""
        told = (
            f"{self.rows} of the two files agree ({self.agreement:z.2f} on average), and the other "
            f"{self.compared - self.seeds} of {self.compared} rows do not ({self.rest:z.2f})"
        )
        if self.shift:
            way = "later" if self.shift > 0 else "earlier"
            told += (
                f"; there, row i of samples_a agrees with the row {abs(self.shift)} {way} in "
                "samples_b"
            )
        if self.ordered:
            return f"{told}; draw both files from the same seeds, row by row"
        return f"{told}; check that all rows come from the same seeds"


def part_that_agrees(twins: Twins, means: Array) -> Part | None:
    """Look for a part of the first seeds that agree; ``means`` (2, d) are the generators' own."""
    assert twins.samples_b is not None
    a, b = (
        rows[:COMPARED] - mean
        for rows, mean in zip((twins.samples_a, twins.samples_b), means, strict=True)
    )
    return part_of(a, b)


def part_of(a: Array, b: Array) -> Part | None:
    """Look for a part of the seeds that agree; ``a`` and ``b`` (N, d) about the generators' means.

    Equation: the agreement of seed i is ``2 a_i.b_i/(|a_i|^2 + |b_i|^2)``. The first or last m
    seeds for every m, and every k-th seed for k up to 24, are compared with the rest by the
    difference of their means, in standard errors of a random part of as many seeds. The clearest
    part is named if the difference is beyond 5.5 standard errors and 0.25, and the rest have at
    most a quarter of the part's agreement. Else seeds are named one by one that agree more closely
    than any pair of different seeds of one generator would among N, if the others do not agree. In
    the rest, a shift of the rows is looked for.

    Seeds in the order of classes that agree to different degrees do not make a part: the rest must
    be as good as unrelated. None below 40 seeds.
    """
    count = len(a)
    if count < _FEWEST:
        return None
    cross = _agreement(a, b)
    own = np.diag(cross).copy()
    spread = float(own.std())
    best, words, chosen = 0.0, "", np.zeros(count, dtype=bool)
    for name, mask in _candidates(count):
        clear = _errors(own[mask], own[~mask], spread)
        if abs(clear) > best:
            best, words = abs(clear), name if clear > 0 else f"all but {name}"
            chosen = mask if clear > 0 else ~mask
    ordered = best > _ERRORS and _splits(own, chosen)
    if not ordered:
        same = _agreement(a, a)
        other = same[~np.eye(count, dtype=bool)]
        chosen = own > np.quantile(other, 1.0 - 0.1 / count)
        words = f"{int(chosen.sum())} single rows"
        if not _SMALLEST <= chosen.sum() <= count - _SMALLEST or not _splits(own, chosen):
            return None
    return Part(
        rows=words,
        seeds=int(chosen.sum()),
        compared=count,
        agreement=float(own[chosen].mean()),
        rest=float(own[~chosen].mean()),
        shift=_shift(cross, ~chosen) if ordered else 0,
        ordered=ordered,
    )


def _agreement(a: Array, b: Array) -> Array:
    size_a, size_b = (np.einsum("ij,ij->i", one, one) for one in (a, b))
    whole = size_a[:, None] + size_b
    found: Array = np.divide(2.0 * (a @ b.T), whole, out=np.zeros_like(whole), where=whole > 0)
    return found


def _candidates(count: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Yield the parts that are looked at: the first m rows, every k-th; the rest is one too."""
    rows = np.arange(count)
    for m in range(_SMALLEST, count - _SMALLEST + 1):
        yield f"rows 0 to {m - 1}", rows < m
    for k in range(2, min(_MODULI, count // _SMALLEST) + 1):
        for first in range(k):
            yield f"one row in {k}, from row {first},", rows % k == first


def _errors(part: Array, rest: Array, spread: float) -> float:
    """Return the difference of two means in standard errors, if one spread holds for both."""
    error = spread * math.sqrt(1.0 / part.size + 1.0 / rest.size)
    return float(part.mean() - rest.mean()) / error if error > 0 else 0.0


def _splits(own: Array, chosen: NDArray[np.bool_]) -> bool:
    part, rest = float(own[chosen].mean()), float(own[~chosen].mean())
    return part - rest > _APART and rest <= _REST * part


def _shift(cross: Array, rest: NDArray[np.bool_]) -> int:
    """Return the shift at which the rest agree; 0 where they agree at none."""
    count = len(cross)
    rows = np.flatnonzero(rest)
    steps = np.arange(1, count)[:, None]
    shifted = cross[rows, (rows + steps) % count]
    mean, spread = shifted.mean(axis=1), float(shifted.std())
    best = int(np.argmax(mean))
    if mean[best] <= max(_APART, _ERRORS * spread / math.sqrt(rows.size)):
        return 0
    shift = best + 1
    return shift if shift <= count // 2 else shift - count
