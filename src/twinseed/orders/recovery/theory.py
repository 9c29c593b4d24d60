"""Recovery Q: was the direction of a factor learned?"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.coupling import Coupling, Outlier, outlier
from twinseed.coupling.outliers import mixing, overlap_floor, twin_floor, unmixed
from twinseed.orders.bias import statuses
from twinseed.populations import Spectrum
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["factor_groups", "from_coupling"]

_FLOOR = 3.0
"""The relative bias of a floor, which is an order of magnitude."""
_BETWEEN = 1.5
"""The overlap between the twins is off by more than their overlaps with the truth."""


def factor_groups(eigenvalues: ArrayLike, close: float = 0.1) -> list[slice]:
    """Group falling eigenvalues: each lies within the share ``close`` of the eigenvalue before.

    >>> factor_groups([9.0, 8.9, 4.0])
    [slice(0, 2, None), slice(2, 3, None)]
    """
    values = np.asarray(eigenvalues, dtype=np.float64)
    apart = values[1:] < (1 - close) * values[:-1]
    edges = [0, *(np.flatnonzero(apart) + 1).tolist(), values.size]
    return [slice(a, b) for a, b in itertools.pairwise(edges) if b > a]


def from_coupling(coupling: Coupling) -> dict[str, Estimate]:
    """Predict the recovery of each factor, against the truth and between the twins.

    Equation: ``Q_k = mu psi'(mu)/psi(mu)`` where ``psi'(mu) > 0``, else 0 (see
    ``coupling.outlier``), times the share that does not mix with neighbouring factors at finite n
    (see ``coupling.outliers.mixing`` and ``unmixed``). The overlap of the twins' directions is
    ``|<v_A, v_B>| = Q``; mixing lowers it by the same amount to first order. The filter has no
    effect. At a finite d both numbers are at least the floor of an unlearned direction, and the
    status says so. Range: 0 to 1 (learned). Shapes: the grid's, then the factor.

    Factors within 10 % of the next factor (see ``factor_groups``) are recovered as a subspace, as
    in ``measure`` and ``simulate``: each has the mean over the group of ``sum_j <v_k, u_j>^2``, j
    in the group. In the limit factors do not mix, and each has its own value.
    ``recovery_distance`` is the chordal distance of the subspaces of all K factors, over its
    largest value: ``sqrt(1 - (1/K) sum_kj <v_k, u_j>^2)``, the root mean square sine of the
    principal angles; shape the grid's.

    Validity: large n and d. For every population but ``Spiked``, ``Q_k`` includes mixing to first
    order only. The bias is ``1/(2 n) + 3 (1 - Q)/(min(n, d) psi'^2)`` and half the squared mixing;
    from 2 % on the status is "leading order".
    Source: Baik, Ben Arous and Peche (2005); Paul (2007).
    """
    factors = coupling.population.factors
    groups = factor_groups(factors)
    shape = (*coupling.gamma.shape, factors.size)
    own, shared, mixed, turned, steep = (np.zeros(shape) for _ in range(5))
    own_floor, both_floor = np.zeros(shape), np.zeros(shape)
    for size in np.unique(coupling.d):
        here = coupling.d == size
        load, n = coupling.gamma[here], coupling.n[here]
        for k, factor in enumerate(factors):
            others = coupling.population.surroundings(k, size)
            found = outlier(factor, others, load)
            group = next(one for one in groups if one.start <= k < one.stop)
            apart = np.delete(factors, group)
            squares = np.array([mixing(factor, one, found, n) for one in apart])
            turned[here, k] = squares.sum(axis=0)
            steep[here, k] = np.nan_to_num(found.overlap * found.position / factor)
            new = squares[~np.isin(apart, others[0])]
            mixed[here, k] = _mixed(factor, factors, found, others, load)
            within = _mixed(factor, factors[group], found, others, load)
            own[here, k] = found.overlap
            shared[here, k] = found.overlap * unmixed(np.moveaxis(new, 0, -1)) + within
            floor = overlap_floor(factor, others, load, size)
            own_floor[here, k], both_floor[here, k] = floor, twin_floor(floor, size)
    for group in groups:
        together = shared[..., group].mean(axis=-1, keepdims=True)
        # with infinitely many rows no two factors mix, however close
        finite = np.isfinite(coupling.n)[..., None]
        shared[..., group] = np.where(finite, together, shared[..., group])
        turned[..., group] = turned[..., group].max(axis=-1, keepdims=True)
        steep[..., group] = steep[..., group].min(axis=-1, keepdims=True)
    fewest = np.minimum(coupling.n, coupling.d)[..., None]
    off = _bias(shared, turned, steep, coupling.n[..., None], fewest)
    return {
        "recovery": _above_floor(shared, own_floor, off),
        "recovery_twins": _above_floor(shared, both_floor, _BETWEEN * off),
        "recovery_distance": _chordal(_above_floor(own, own_floor, off), mixed),
    }


def _bias(shared: Array, turned: Array, steep: Array, n: Array, fewest: Array) -> Array:
    """Return the relative bias of recovery.

    ``1/(2 n) + 3 (1 - Q)/(min(n, d) psi'^2) + t/2``: the sample eigenvalue of a factor varies, by
    ``psi'^-2`` more near the threshold, and ``t`` is the squared mixing with other factors.
    """
    slope = np.where(steep > 0.0, steep, 1.0)
    near = 3.0 * (1.0 - np.minimum(shared, 1.0)) / (fewest * slope**2)
    near = np.where((steep > 0.0) | np.isinf(fewest), near, 1.0)
    return np.asarray(0.5 / n + near + 0.5 * turned)


def _mixed(factor: float, factors: Array, found: Outlier, others: Spectrum, gamma: Array) -> Array:
    """Squared overlap of a factor's sample direction with the other factors.

    ``(d/n) w_j mu^2 mu_j/(psi(mu) (mu - mu_j)^2)`` for each; over all surroundings it is ``1 - Q``.
    """
    values, weights = others
    among = np.isin(values, factors) & (values != factor)
    pull = weights[among] @ (values[among] / (factor - values[among]) ** 2)
    with np.errstate(invalid="ignore"):
        mixed = factor**2 / found.position * pull / gamma
    return np.where(found.separated, mixed, 0.0)


def _chordal(recovered: Estimate, mixed: Array) -> Estimate:
    """``sqrt(1 - mean(Q + mixed))``, which does not exist without factors."""
    overlap = np.asarray(recovered.value)
    if overlap.shape[-1] == 0:
        return Estimate.missing(Status.NOT_IDENTIFIABLE)
    below = np.asarray(recovered.status) == str(Status.BELOW_FLOOR)
    status = np.where(below.all(axis=-1), str(Status.BELOW_FLOOR), str(Status.OK))
    # theory does not say which unlearned direction mixes with a learned factor
    rough = below.any(axis=-1) & ~below.all(axis=-1) & (mixed > 0).any(axis=-1)
    status = np.where(rough, str(Status.LEADING_ORDER), status)
    shared = np.minimum(overlap + mixed, 1.0).mean(axis=-1)
    off = np.where(np.asarray(recovered.status) == str(Status.BELOW_FLOOR), 1.0, recovered.bias)
    lost = np.where(shared < 1.0, 1.0 - shared, 1.0)
    bias = (off * overlap).mean(axis=-1) / lost
    bias = np.where(below.all(axis=-1), _FLOOR, bias)
    status = np.where(status == str(Status.OK), statuses(bias), status)
    return Estimate(np.sqrt(1.0 - shared), status=status, bias=bias)


def _above_floor(limit: Array, floor: Array, bias: Array) -> Estimate:
    """Return the limit, at least the floor, with the status that follows from the bias."""
    below = limit <= floor
    status = np.where(below, str(Status.BELOW_FLOOR), statuses(bias))
    return Estimate(np.maximum(limit, floor), 0.0, status, bias=np.where(below, _FLOOR, bias))
