"""Recovery: was the direction of a factor learned?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twinseed.coupling import Coupling, outlier
from twinseed.coupling.outliers import overlap_floor, twin_floor
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
    grid's, then the factor.

    Validity: large n and d; equal factors are recovered as a subspace, whose mean overlap this is.
    Source: Baik, Ben Arous and Peche (2005); Paul (2007).
    """
    factors = coupling.population.factors
    shape = (*coupling.gamma.shape, factors.size)
    own, twins = np.zeros(shape), np.zeros(shape)
    own_floor, both_floor = np.zeros(shape), np.zeros(shape)
    for size in np.unique(coupling.d):
        here = coupling.d == size
        for k, factor in enumerate(factors):
            others = coupling.population.surroundings(k, size)
            load = coupling.gamma[here]
            floor = overlap_floor(factor, others, load, size)
            own[here, k] = outlier(factor, others, load).overlap
            own_floor[here, k], both_floor[here, k] = floor, twin_floor(floor, size)
    twins[:] = own
    return {
        "recovery": _above_floor(own, own_floor),
        "recovery_twins": _above_floor(twins, both_floor),
    }


def _above_floor(limit: Array, floor: Array) -> Estimate:
    below = limit <= floor
    return Estimate(
        np.maximum(limit, floor),
        status=np.where(below, str(Status.BELOW_FLOOR), str(Status.OK)),
    )
