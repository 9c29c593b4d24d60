"""Does row i of both sample files come from seed i? A test, and a name for what went wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.data.twins import Twins
from twinseed.randomness import stream

__all__ = ["COMPARED", "Pairing", "pairing"]

COMPARED = 1000
"""Seeds compared at most, in their order in the files."""

_PERMUTATIONS = 1999
_FEWEST = 8  # seeds; 1/8! is far below any level
_SHIFTED = 1e-4  # level at which another order of the rows is named, all orders tried together
_AGREE = 0.01  # below this p-value equal seeds agree, and no other order is looked for
_CLOSER = 0.9  # share of samples with a closer partner in the other file than in their own


@dataclass(frozen=True)
class Pairing:
    """Whether equal seeds agree better than different ones."""

    p_value: float
    """Permutation test of "the rows of the two files are paired at random", from 0.0005; NaN with
    fewer than 8 seeds."""
    seeds: int
    """Seeds compared: the first thousand at most."""
    order: str
    """Another order in which the rows agree: "shifted", "reversed", "another order", or ""."""
    shift: int
    """Rows by which B's file is behind A's, where the order is "shifted"."""

    @property
    def advice(self) -> str:
        """What to do about the order of the rows; empty where nothing is known to be wrong."""
        if self.order == "shifted":
            way = "later" if self.shift > 0 else "earlier"
            return (
                f"row i of samples_a agrees with the row {abs(self.shift)} {way} in samples_b, "
                "so the two files are shifted against each other; align the two files"
            )
        if self.order == "reversed":
            return (
                "samples_b has the seeds of samples_a in reverse order; reverse the rows of "
                "one file"
            )
        if self.order:
            return (
                "most samples of A agree with a row of samples_b that has another number, so "
                "the seeds are in different orders; save both files in the order of the seeds"
            )
        return ""


def pairing(twins: Twins, entropy: tuple[int, ...]) -> Pairing | None:
    """Test the pairing of seeds, and look for another one; None with one generator.

    Equation: the mean cosine of x_A and x_B of equal seeds, each about its own generator's mean,
    among its values over 1,999 random pairings. Where another order of the rows (shifted by any
    number, reversed) gives a larger mean cosine, and one beyond a normal bound at level 1e-4 over
    all orders tried, it is named. Otherwise, where equal seeds do not agree, but nine samples in
    ten are closer to some row of the other file than to any other row of their own (half of them,
    for unrelated seeds), the rows are in another order.

    Cost: one product of 1,000 x d with d x 1,000.
    """
    if twins.samples_b is None:
        return None
    count = min(twins.seeds, COMPARED)
    if count < _FEWEST:
        return Pairing(math.nan, count, "", 0)
    a, b = (_units(rows[:count]) for rows in (twins.samples_a, twins.samples_b))
    cosine = a @ b.T
    cosine -= cosine.mean(axis=0)
    cosine -= cosine.mean(axis=1, keepdims=True)
    seen = float(np.trace(cosine))
    draw = stream(entropy, "audit: pairing of seeds")
    rows = np.arange(count)
    drawn = [float(cosine[rows, draw.permutation(count)].sum()) for _ in range(_PERMUTATIONS)]
    p_value = (1 + sum(one >= seen for one in drawn)) / (1 + _PERMUTATIONS)
    scale = math.sqrt(float(np.sum(cosine**2)) / (count - 1))
    order, shift = _order(cosine, seen, float(-scipy.special.ndtri(_SHIFTED / (2 * count))) * scale)
    if not order and p_value >= _AGREE and _partnered(a, b):
        order = "another order"
    return Pairing(p_value, count, order, shift)


def _order(cosine: Array, seen: float, bound: float) -> tuple[str, int]:
    """Return the order of B's rows that agrees best with A's, where it is better than the given."""
    count = len(cosine)
    rows, steps = np.arange(count), np.arange(count)[:, None]
    shifted = cosine[rows, (rows + steps) % count].sum(axis=1)
    reversed_ = cosine[rows, (steps - rows) % count].sum(axis=1)
    best, backwards = int(np.argmax(shifted)), float(reversed_.max())
    if max(shifted[best], backwards) <= max(seen, bound) or best == 0:
        return "", 0
    if backwards > shifted[best]:
        return "reversed", 0
    return "shifted", best if best <= count // 2 else best - count


def _partnered(a: Array, b: Array) -> bool:
    """Whether most samples are closer to some row of the other file than to any of their own."""
    shares = []
    for own, other in ((a, b), (b, a)):
        within = own @ own.T
        np.fill_diagonal(within, -np.inf)
        across = own @ other.T
        shares.append(float(np.mean(across.max(axis=1) > within.max(axis=1))))
    return min(shares) > _CLOSER


def _units(rows: NDArray[np.generic]) -> Array:
    """Return rows about their mean, of length one; zero where a row is the mean."""
    centred = rows.astype(np.float64)
    centred -= centred.mean(axis=0)
    length = np.sqrt(np.einsum("ij,ij->i", centred, centred))[:, None]
    units: Array = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    return units
