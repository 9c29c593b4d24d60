"""Other statistics of copying, from distances: our implementations of the published definitions.

Every one is larger where there is more copying. None is an interval or a test by itself: the study
takes the threshold of each from the same samples of perfect generators.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

__all__ = [
    "RIVALS",
    "Distances",
    "Real",
    "authenticity",
    "data_copying",
    "dcr_overfitting",
    "dcr_share",
    "mean_log",
    "range_scaled",
    "sign_scan",
]

_CELL = 100  # training rows for each cell of data_copying
_CELLS = 20  # at most
_FEWEST = 20  # samples in a cell that counts
_THRESHOLDS = (0.0, 0.1, 0.3)
_FLOOR = 1e-12
_BLOCK = 256  # rows compared with a query at a time: they stay in the cache

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Distances:
    """Distances of samples; every array is (samples,), ``scaled_*`` empty where not wanted."""

    train: Array
    """Euclidean distance to the closest training row."""
    heldout: Array
    row: NDArray[np.int64]
    """That training row."""
    cell: NDArray[np.int64]
    """The cell of ``Real`` that the sample is in."""
    scaled_train: Array
    """``range_scaled`` distance to the closest training row."""
    scaled_heldout: Array

    def of(self, which: NDArray[np.int64]) -> Distances:
        """Return those of some samples."""
        parts = (getattr(self, one.name) for one in fields(self))
        return Distances(*(part[which] if part.size else part for part in parts))


@dataclass(frozen=True)
class Real:
    """What some statistics ask of the real rows."""

    radius: Array
    """Distance of each training row to the closest other one."""
    centres: Array
    cell: NDArray[np.int64]
    """The cell of each held-out row."""
    heldout: Array
    """Distance of each held-out row to the closest training row."""

    @classmethod
    def of(cls, train: Array, heldout: Array, near: Array, rng: np.random.Generator) -> Real:
        """Return them; ``near`` are the distances of held-out rows to the closest training row."""
        count = int(np.clip(len(train) // _CELL, 1, _CELLS))
        centres, _ = kmeans2(train, count, iter=10, minit="points", rng=rng)
        return cls(np.sqrt(_closest_others(train)), centres, cell_of(heldout, centres), near)


def cell_of(rows: Array, centres: Array) -> NDArray[np.int64]:
    """Return the closest centre of each row."""
    return np.argmin(np.sum(centres**2, axis=1) - 2 * rows @ centres.T, axis=1)


def dcr_overfitting(found: Distances, real: Real) -> float:
    """Share of samples strictly closer to training, in the mean of |x - y|/range over columns.

    The score of SDMetrics' DCROverfittingProtection is twice what is left to 1, at most 1.
    """
    return float(np.mean(found.scaled_train < found.scaled_heldout))


def dcr_share(found: Distances, real: Real) -> float:
    """Share of samples closer to training, ties half: the DCR share of mostlyai-qa.

    The package takes the largest over all columns and six subsets of them; this is of all columns.
    """
    ties = np.mean(found.train == found.heldout)
    return float(np.mean(found.train < found.heldout) + ties / 2)


def authenticity(found: Distances, real: Real) -> float:
    """1 less the authentic share: samples as close to a training row as the next training row is.

    Source: Alaa et al., ICML 2022, arXiv 2102.08921, section 4.
    """
    return float(np.mean(found.train <= real.radius[found.row]))


def data_copying(found: Distances, real: Real) -> float:
    """Return minus C_T: over cells, how much closer samples come to training than held-out rows.

    In each cell with 20 samples or more, z of the Mann-Whitney statistic of the two sets of
    distances; averaged with the held-out rows' shares. Cells: k-means of the training rows, one for
    each 100 rows, at most 20. Distances are to all training rows, not to those of the cell.

    Source: Meehan, Chaudhuri and Dasgupta, AISTATS 2020, arXiv 2004.05675, section 4.
    """
    scores, weights = [], []
    for cell in range(len(real.centres)):
        far, near = real.heldout[real.cell == cell], found.train[found.cell == cell]
        if near.size < _FEWEST or not far.size:
            continue
        far.sort()
        below = [np.searchsorted(far, near, side).sum() for side in ("left", "right")]
        above = near.size * far.size - sum(below) / 2  # pairs, ties half
        spread = np.sqrt(near.size * far.size * (near.size + far.size + 1) / 12)
        scores.append((above - near.size * far.size / 2) / spread)
        weights.append(far.size)
    return float(np.average(scores, weights=weights)) if scores else 0.0


def sign_scan(found: Distances, real: Real) -> float:
    """Sign test on ``r = log(d_heldout/d_train)``: largest z of r > t over r < -t, t 0, .1, .3."""
    ratio = _log_ratio(found)
    counts = [(np.sum(ratio > t), np.sum(ratio < -t)) for t in _THRESHOLDS]
    return max(float((up - down) / np.sqrt(max(up + down, 1))) for up, down in counts)


def mean_log(found: Distances, real: Real) -> float:
    """Mean of ``log(d_heldout/d_train)``, both at least 1e-12 of the median distance."""
    return float(_log_ratio(found).mean())


RIVALS = {
    "DCR overfitting": dcr_overfitting,
    "DCR share": dcr_share,
    "AuthPct": authenticity,
    "C_T": data_copying,
    "sign scan": sign_scan,
    "mean log": mean_log,
}


def range_scaled(queries: Array, rows: Array) -> Array:
    """Return, for each query, the least mean over columns of ``min(|x - y|/range, 1)``.

    The range is that of the rows; in a column that never varies any difference counts as 1.
    """
    spread = np.ptp(rows, axis=0).astype(np.float32)
    scale = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1), np.float32(1e30))
    mine, theirs = ((part * scale).astype(np.float32) for part in (queries, rows))
    best = np.full(len(mine), np.inf)
    for start in range(0, len(theirs), _BLOCK):
        block = theirs[start : start + _BLOCK]
        work = np.empty_like(block)
        for number, query in enumerate(mine):
            np.subtract(block, query, out=work)
            np.abs(work, out=work)
            np.minimum(work, np.float32(1), out=work)
            best[number] = min(best[number], work.sum(axis=1).min())
    return best / rows.shape[1]


def _log_ratio(found: Distances) -> Array:
    floor = _FLOOR * float(np.median(found.heldout)) or _FLOOR
    return np.log(np.maximum(found.heldout, floor) / np.maximum(found.train, floor))


def _closest_others(rows: Array) -> list[float]:
    """Return the squared distance of each row to the closest other one."""
    squares = np.einsum("ij,ij->i", rows, rows)
    found = []
    for start in range(0, len(rows), 1024):
        part = slice(start, start + 1024)
        apart = squares[part, None] + squares - 2 * rows[part] @ rows.T
        here = np.arange(len(apart))
        apart[here, here + start] = np.inf
        found += np.maximum(apart.min(axis=1), 0).tolist()
    return found
