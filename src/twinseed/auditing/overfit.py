"""How far samples are closer to training rows than new rows are, as a ratio and as rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twinseed.auditing.pool import Pool
from twinseed.neighbours import Nearest

__all__ = ["Closer", "how_much_closer"]

_MOST = 1000.0  # times as many rows: beyond that no number is told


@dataclass(frozen=True)
class Closer:
    """How much closer samples come to training rows than to as many held-out rows."""

    times: float
    """Geometric mean of the distance to the closest held-out row over that to the closest training
    row, as many rows of each kind: 1 for a perfect generator."""
    rows: float
    """Number of held-out rows among which the closest would be as close; NaN if beyond reach."""
    compared: int
    """Rows of each kind."""

    def __str__(self) -> str:
        told = (
            f"The closest of {self.compared} training rows is {self.times:.2f} times closer to a "
            f"sample than the closest of {self.compared} held-out rows."
        )
        if math.isnan(self.rows):
            return told
        return f"{told} Among {self.rows:,.0f} new rows one would come as close."


def how_much_closer(
    searches: Sequence[Sequence[Nearest]], owns: Sequence[Mapping[int, object]], pool: Pool
) -> Closer:
    """Measure by how much samples are closer to their own rows, in distance and in rows.

    Equation: with ``D_k`` the distance of a sample to the closest of k held-out rows, ``b`` from
    ``mean log D_(k/2) - mean log D_k = b log 2`` (b is one over the dimension that the data seem to
    have at that distance), and ``r`` the geometric mean of ``D_k`` over the distance to the closest
    of k training rows: among ``k r^(1/b)`` held-out rows one would be as close as the training row.
    Range: times from 0 (further from training rows) upwards, 1 for a perfect generator; rows from 0
    to 1,000 k. Samples that equal a row are left out: a ratio to nothing says nothing.
    """
    ratios, slopes = [], []
    heldout = [k for k, role in enumerate(pool.roles) if role.name == "heldout"]
    half = pool.cells // 2
    for search, own in zip(searches, owns, strict=True):
        kept = slice(0, pool.cells)
        near = np.min([search[k].distance[:, kept].min(axis=1) for k in own], axis=0)
        far = search[heldout[0]].distance[:, kept]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(far.min(axis=1)) - np.log(near)
            halves = [far[:, :half].min(axis=1), far[:, half:].min(axis=1)]
            slope = np.mean(np.log(halves), axis=0) - np.log(far.min(axis=1))
        ratios.append(ratio[np.isfinite(ratio)])
        slopes.append(slope[np.isfinite(slope)])
    ratio, slope = np.concatenate(ratios), np.concatenate(slopes)
    r = float(ratio.mean()) if ratio.size else math.nan
    b = float(slope.mean()) / math.log(2.0) if slope.size and half else math.nan
    grown = math.exp(min(r / b, 700.0)) if b > 0 and math.isfinite(r) else math.nan
    rows = pool.equal * grown if grown <= _MOST else math.nan
    return Closer(math.exp(r) if math.isfinite(r) else math.nan, rows, pool.equal)
