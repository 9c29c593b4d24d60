"""Distance of the learnt distribution to the true one, where the truth is known."""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from twinseed.errors import InputError
from twinseed.orders.theory.distance import from_coupling
from twinseed.randomness import RandomSource
from twinseed.readout import Estimate
from twinseed.status import Status
from twinseed.twins import Twins

__all__ = ["bures_wasserstein", "from_coupling", "from_twins"]


def bures_wasserstein(
    population: ArrayLike, variances: ArrayLike, directions: ArrayLike, *, rest: float = 0.0
) -> float:
    """Return the squared 2-Wasserstein distance, per dimension, of a linear model to the truth.

    Equation: ``W2^2/d = [tr Sigma + tr C - 2 tr (Sigma^1/2 C Sigma^1/2)^1/2]/d`` between
    ``N(0, Sigma)``, ``Sigma = diag(population)``, and ``N(0, C)``,
    ``C = V diag(variances) V^T + rest (I - V V^T)``. The cross term is the nuclear norm of
    ``Sigma^1/2 C^1/2``: no matrix root is taken. Range: 0 (equal) upwards, in squared units of the
    data. Shapes: population (d,); variances (k,); directions V (d, k), orthonormal columns.

    Raises:
        InputError: shapes that do not fit, negative variances.

    Validity: exact; dense, one singular value decomposition of d x d. The three terms cancel, so
    the absolute error is about 1e-15 times the larger trace per dimension.
    Source: Gelbrich, Math. Nachr. 147 (1990) 185.

    >>> bures_wasserstein([1.0, 1.0], [4.0, 4.0], np.eye(2))
    1.0
    """
    mu = np.asarray(population, dtype=np.float64)
    spread = np.asarray(variances, dtype=np.float64)
    v: NDArray[np.float64] = np.asarray(directions, dtype=np.float64)
    if mu.ndim != 1 or v.shape != (mu.size, spread.size):
        raise InputError(
            "directions", f"must be ({mu.size}, {spread.size})", v.shape, "one column a variance"
        )
    if min(mu.min(initial=0.0), spread.min(initial=0.0), rest) < 0:
        raise InputError(
            "variances", "must be zero or above", float(spread.min(initial=rest)), "check the model"
        )
    root = (v * (np.sqrt(spread) - np.sqrt(rest))) @ v.T
    root[np.diag_indices(mu.size)] += np.sqrt(rest)
    cross = scipy.linalg.svdvals(np.sqrt(mu)[:, None] * root, overwrite_a=True).sum()
    learnt = spread.sum() + (mu.size - spread.size) * rest
    return max(float(mu.sum() + learnt - 2 * cross) / mu.size, 0.0)


def from_twins(twins: Twins, rng: RandomSource) -> dict[str, Estimate]:
    """Say that arrays alone do not tell the distance to the truth.

    The distance is that of the learnt covariance to the population's; from samples of either it is
    dominated by sampling error at N of order d. A simulation, which knows the population, uses
    ``bures_wasserstein``.
    """
    return {"wasserstein": Estimate(np.nan, np.nan, Status.NOT_IDENTIFIABLE)}
