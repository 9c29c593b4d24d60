"""The covariance null: what honest covariance-matching models show at this n, many times over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinseed._version import __version__
from twinseed.arrays import Array
from twinseed.data.twins import Twins
from twinseed.neighbours import nearest
from twinseed.populations import Population
from twinseed.randomness import stream
from twinseed.sweep import Cell, Job, Result, run_here

__all__ = ["STATISTICS", "Covariance", "Null", "covariance_null"]

STATISTICS = ("memorisation_ratio", "memorisation_share", "memorisation_share_euclidean")

_SAMPLES = 500  # samples of each simulated model, at most
_REPLICATES = (8, 30)  # the fewest and the most
_WORK = 1e11  # multiplications for all of them
_NORMALS = 5e7  # of a replicate's samples, if they are one for each training row


@dataclass(frozen=True, eq=False)
class Null:
    """An observed number beside its values under the null."""

    observed: float
    drawn: Array

    @property
    def mean(self) -> float:
        """Mean under the null."""
        return float(self.drawn.mean())

    @property
    def spread(self) -> float:
        """Standard deviation under the null."""
        return float(self.drawn.std(ddof=1))

    @property
    def z(self) -> float:
        """How many of these deviations the observed number lies above the mean."""
        return (self.observed - self.mean) / max(self.spread, np.finfo(float).eps)

    @property
    def p_value(self) -> float:
        """One-sided: share of values at least as large, the observed one counted among them."""
        return float((1 + np.sum(self.drawn >= self.observed)) / (1 + self.drawn.size))

    def to_dict(self) -> dict[str, float]:
        """Return the summary as plain numbers."""
        return {
            "observed": self.observed,
            "mean": self.mean,
            "spread": self.spread,
            "z": self.z,
            "p_value": self.p_value,
        }


@dataclass(frozen=True)
class Covariance:
    """The null of each of ``STATISTICS``, from ``replicates`` simulated models."""

    nulls: Mapping[str, Null]
    replicates: int
    samples: int

    def __getitem__(self, name: str) -> Null:
        return self.nulls[name]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain dictionaries and numbers."""
        told = {name: null.to_dict() for name, null in self.nulls.items()}
        return {**told, "replicates": self.replicates, "samples": self.samples}


def covariance_null(
    twins: Twins,
    population: Population,
    observed: Mapping[str, float],
    equal: int,
    entropy: tuple[int, ...],
) -> Covariance:
    """Simulate honest models of the population's covariance, and measure them as the samples were.

    Equation: parametric bootstrap. Each replicate draws n training and ``equal`` held-out rows from
    ``N(0, Sigma)``, draws samples of mean and covariance S of the training rows X, as
    ``mean + (X - mean)^T g/sqrt(n - 1)`` with n standard normals g (which needs no decomposition;
    of hundreds of thousands of rows the triangular factor of X - mean takes its place, with d
    normals), and measures their ratio and shares against ``equal`` rows of each kind. All of it is
    done in the population's eigenbasis: nothing depends on the basis.

    Validity: one generator a replicate, with at most 500 samples, so that the spread is somewhat
    too large for two generators, or for more samples. Gaussian rows; 8 to 30 replicates, the fewer
    the larger the data.
    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 6.5.
    """
    scale = np.sqrt(population.eigenvalues(twins.d)).astype(np.float32)
    count = min(twins.seeds, _SAMPLES)
    fewest, most = _REPLICATES
    work = float(count) * twins.d * (twins.n + 2 * equal)
    replicates = int(np.clip(_WORK / work, fewest, most))
    cells = [
        Cell(
            partial(_replicate, entropy, number, scale, twins.n, equal, count),
            {"replicate": number},
        )
        for number in range(replicates)
    ]
    found = run_here(Job("covariance null", __version__, entropy), cells)
    drawn = np.array([one["statistics"] for one in found])
    nulls = {name: Null(observed[name], drawn[:, i].copy()) for i, name in enumerate(STATISTICS)}
    return Covariance(nulls, replicates, count)


def _replicate(
    entropy: tuple[int, ...],
    number: int,
    scale: NDArray[np.float32],
    n: int,
    equal: int,
    count: int,
    _: np.random.Generator,
) -> Result:
    """Return the statistics of one honest model; its draws depend on ``number`` alone."""
    draw = stream(entropy, f"audit: covariance null {number}")
    train, heldout = (
        scale * draw.standard_normal((rows, scale.size), dtype=np.float32) for rows in (n, equal)
    )
    mean = train.mean(axis=0)
    root = train - mean
    if n > scale.size and float(count) * n > _NORMALS:
        root = np.linalg.qr(root, mode="r")
    noise = draw.standard_normal((count, len(root)), dtype=np.float32)
    samples = mean + (noise @ root) / np.float32(np.sqrt(n - 1))
    near, far = (nearest(samples, rows) for rows in (train[:equal], heldout))
    found = (
        near.cosine.mean() / far.cosine.mean(),
        np.mean(near.cosine > far.cosine),
        np.mean(near.distance < far.distance),
    )
    return {"statistics": [float(one) for one in found]}
