"""Distance of the learnt distribution to the true distribution, where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.errors import InputError
from twinseed.orders.distance.theory import divergence_estimate
from twinseed.orders.evidence import Evidence, LearntLaw
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["bures_wasserstein", "divergences", "from_evidence"]


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
    mu, spread, v = _checked(population, variances, directions, rest)
    return _transports(mu, [LearntLaw(spread, v, rest)])[0]


def _transports(mu: Array, laws: Sequence[LearntLaw]) -> list[float]:
    """Return ``bures_wasserstein`` of each law.

    The laws are decomposed in one call. In a call whose answer has at most 500 numbers numpy lets
    no other thread run, and one law often has fewer singular values.
    """
    crosses, scale = np.empty((len(laws), mu.size, mu.size)), np.sqrt(mu)[:, None]
    for cross, (spread, v, rest) in zip(crosses, laws, strict=True):
        np.matmul(v * (np.sqrt(spread) - np.sqrt(rest)), v.T, out=cross)
        cross[np.diag_indices(mu.size)] += np.sqrt(rest)
        cross *= scale
    shared = np.linalg.svd(crosses, compute_uv=False).sum(axis=1)
    learnt = [law.variances.sum() + (mu.size - law.variances.size) * law.rest for law in laws]
    found = (mu.sum() + np.array(learnt) - 2 * shared) / mu.size
    return [float(one) for one in np.maximum(found, 0.0)]


def divergences(
    population: ArrayLike, variances: ArrayLike, directions: ArrayLike, *, rest: float = 0.0
) -> tuple[float, float]:
    """Return the Kullback-Leibler divergences, per dimension, of a linear model and the truth.

    Equation: ``KL(learnt|true)/d = [tr(Sigma^-1 C) - d - log det(Sigma^-1 C)]/(2 d)`` and
    ``KL(true|learnt)/d``, the same with Sigma and C exchanged; laws, shapes and arguments as in
    ``bures_wasserstein``. Range: 0 (equal) to infinity, where either covariance is singular.

    Raises:
        InputError: shapes that do not fit, negative variances.

    Validity: exact; the terms cancel, so the absolute error is about 1e-15 times the larger trace.

    >>> divergences([1.0, 1.0], [1.0], np.eye(2)[:, :1], rest=4.0)
    (0.40342640972002736, 0.15907359027997264)
    """
    mu, spread, v = _checked(population, variances, directions, rest)
    missing = mu.size - spread.size
    if min(mu.min(), spread.min(initial=np.inf), rest if missing else np.inf) == 0.0:
        return np.inf, np.inf
    squares = v**2
    inside, outside = squares.T @ (1.0 / mu), squares.T @ mu
    forward, backward = float(spread @ inside), float(outside @ (1.0 / spread))
    log_ratio = float(np.log(spread).sum() - np.log(mu).sum())
    if missing:
        forward += rest * float((1.0 / mu).sum() - inside.sum())
        backward += float(mu.sum() - outside.sum()) / rest
        log_ratio += missing * float(np.log(rest))
    d = mu.size
    return (
        max(forward - d - log_ratio, 0.0) / (2 * d),
        max(backward - d + log_ratio, 0.0) / (2 * d),
    )


def _checked(
    population: ArrayLike, variances: ArrayLike, directions: ArrayLike, rest: float
) -> tuple[Array, Array, Array]:
    mu = np.asarray(population, dtype=np.float64)
    spread = np.asarray(variances, dtype=np.float64)
    v: Array = np.asarray(directions, dtype=np.float64)
    if mu.ndim != 1 or v.shape != (mu.size, spread.size):
        raise InputError(
            "directions",
            f"must be ({mu.size}, {spread.size})",
            v.shape,
            "pass one column per variance",
        )
    if min(mu.min(initial=0.0), spread.min(initial=0.0), rest) < 0:
        raise InputError(
            "variances", "must be zero or above", float(spread.min(initial=rest)), "check the model"
        )
    return mu, spread, v


def from_evidence(evidence: Evidence) -> dict[str, Estimate]:
    """Return the distances to the truth, averaged over the models, if a simulation knows them.

    From samples the distances are "not identifiable": an estimate would consist of sampling error
    at N of order d. They are "not measured" if a simulation does not find the laws of its models.
    The distance between twins (``flow_distance``) needs no truth and is measured with convergence.
    """
    models = evidence.models
    names = ("wasserstein", "divergence_learnt_true", "divergence_true_learnt")
    if models is None or not models.laws:
        status = Status.NOT_IDENTIFIABLE if models is None else Status.NOT_MEASURED
        return dict.fromkeys(names, Estimate.missing(status))
    mu = models.eigenvalues
    both = [divergences(mu, law.variances, law.directions, rest=law.rest) for law in models.laws]
    forward, backward = np.array(both).mean(axis=0)
    found = {
        "divergence_learnt_true": divergence_estimate(forward),
        "divergence_true_learnt": divergence_estimate(backward),
        "wasserstein": Estimate.missing(Status.NOT_MEASURED),
    }
    if models.wasserstein:
        found["wasserstein"] = Estimate(float(np.mean(_transports(mu, models.laws))))
    return found
