"""Recovery: was the direction of a factor learned?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twinseed.coupling import Coupling, Outlier, outlier
from twinseed.coupling.outliers import overlap_floor, twin_floor
from twinseed.populations import Spectrum
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["from_coupling"]

Array = NDArray[np.float64]


def from_coupling(coupling: Coupling) -> dict[str, Estimate]:
    """Predict the recovery of each factor, against the truth and between the twins.

    Equation: ``Q_k = mu psi'(mu)/psi(mu)`` where ``psi'(mu) > 0``, else 0 (see
    ``coupling.outlier``); the twins' own directions overlap by the same amount, since
    ``|<v_A, v_B>|^2 = Q^2``. The filter does not enter. At a finite d both are at least the floor
    that an unlearned direction shows, and the status says so. Range: 0 to 1 (learned). Shapes: the
    grid's, then the factor. ``recovery_distance`` is the chordal distance of the subspaces of all K
    factors, over its largest value: ``sqrt(1 - (1/K) sum_kj <v_k, u_j>^2)``, the root mean square
    sine of the principal angles; shape the grid's. Of the overlaps with other factors (k, j apart)
    those are counted that a spectrum of many directions mixes in at finite n.

    Validity: large n and d; equal factors are recovered as a subspace, whose mean overlap this is.
    Source: Baik, Ben Arous and Peche (2005); Paul (2007).
    """
    factors = coupling.population.factors
    shape = (*coupling.gamma.shape, factors.size)
    own, twins = np.zeros(shape), np.zeros(shape)
    own_floor, both_floor, mixed = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for size in np.unique(coupling.d):
        here = coupling.d == size
        for k, factor in enumerate(factors):
            others = coupling.population.surroundings(k, size)
            load = coupling.gamma[here]
            floor = overlap_floor(factor, others, load, size)
            found = outlier(factor, others, load)
            own[here, k] = found.overlap
            mixed[here, k] = _mixed(factor, factors, found, others, load)
            own_floor[here, k], both_floor[here, k] = floor, twin_floor(floor, size)
    twins[:] = own
    recovered = _above_floor(own, own_floor)
    return {
        "recovery": recovered,
        "recovery_twins": _above_floor(twins, both_floor),
        "recovery_distance": _chordal(recovered, mixed),
    }


def _mixed(factor: float, factors: Array, found: Outlier, others: Spectrum, gamma: Array) -> Array:
    """Squared overlap of a factor's sample direction with the other factors among its surroundings.

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
        return Estimate(np.nan, np.nan, Status.NOT_IDENTIFIABLE)
    below = np.asarray(recovered.status) == str(Status.BELOW_FLOOR)
    status = np.where(below.all(axis=-1), str(Status.BELOW_FLOOR), str(Status.OK))
    # which unlearned direction mixes with a learned neighbour is not known
    rough = below.any(axis=-1) & ~below.all(axis=-1) & (mixed > 0).any(axis=-1)
    status = np.where(rough, str(Status.LEADING_ORDER), status)
    shared = np.minimum(overlap + mixed, 1.0).mean(axis=-1)
    return Estimate(np.sqrt(1.0 - shared), status=status)


def _above_floor(limit: Array, floor: Array) -> Estimate:
    below = limit <= floor
    return Estimate(
        np.maximum(limit, floor),
        status=np.where(below, str(Status.BELOW_FLOOR), str(Status.OK)),
    )
