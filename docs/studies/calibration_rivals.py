"""Other statistics of copying, from distances: our implementations of the published definitions.

Every one is larger where there is more copying. None is an interval or a test by itself: the study
takes the threshold of each from the same samples of perfect generators.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from twinseed.arrays import Array

__all__ = [
    "RIVALS",
    "Distances",
    "Real",
    "authenticity",
    "cell_of",
    "data_copying",
    "dcr_share",
    "mean_log",
    "nndr",
    "top_log",
]

_CELL = 100  # training rows for each cell of data_copying
_CELLS = 20  # at most
_FEWEST = 20  # samples in a cell that counts
_TOP = 5
_FLOOR = 1e-12


@dataclass(frozen=True)
class Distances:
    """Distances of samples; every array is (samples,)."""

    train: Array
    """Euclidean distance to the closest training row."""
    second: Array
    """To the second closest training row."""
    heldout: Array
    row: NDArray[np.int64]
    """That training row."""
    cell: NDArray[np.int64]
    """The cell of ``Real`` that the sample is in."""

    def of(self, which: NDArray[np.int64]) -> Distances:
        """Return those of some samples."""
        return Distances(*(getattr(self, one.name)[which] for one in fields(self)))


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


def nndr(found: Distances, real: Real) -> float:
    """Return minus the 5th percentile of the distance to the closest over the second closest row.

    Source: Zhao et al., CTAB-GAN, arXiv 2102.08369; the percentile is that of ``Audit.familiar``.
    """
    ratio = np.ones_like(found.train)
    np.divide(found.train, found.second, out=ratio, where=found.second > 0)
    return -float(np.quantile(ratio, 0.05))


def mean_log(found: Distances, real: Real) -> float:
    """Mean of ``log(d_heldout/d_train)``, both at least 1e-12 of the median distance."""
    return float(_log_ratio(found).mean())


def top_log(found: Distances, real: Real) -> float:
    """Mean of the five largest ``log(d_heldout/d_train)``, floored as in ``mean_log``."""
    return float(np.sort(_log_ratio(found))[-_TOP:].mean())


RIVALS = {
    "DCR share": dcr_share,
    "NNDR": nndr,
    "AuthPct": authenticity,
    "C_T": data_copying,
    "mean log": mean_log,
    "top-5 log": top_log,
}


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
