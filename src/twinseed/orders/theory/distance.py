"""Distances between the true distribution and the learnt one."""

from __future__ import annotations

import numpy as np

from twinseed.coupling import Coupling
from twinseed.coupling.compression import compressed
from twinseed.coupling.quadrature import ridge_conditional
from twinseed.filters import Ridge
from twinseed.populations import Spectrum
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["from_coupling"]


def from_coupling(coupling: Coupling) -> dict[str, Estimate]:
    """Predict the distance of the learnt distribution to the true one.

    Equation: ``W2^2/d = [tr Sigma + tr f^2 - 2 tr (Sigma^1/2 f^2 Sigma^1/2)^1/2]/d``. For the plain
    root, ``f^2 = S``, the cross term is the root of a sample covariance of population ``Sigma^2``,
    so that ``W2^2/d = (2/d) sum_j [mu_j - F_2(mu_j^2)]`` with F_2 that population's conditional
    root; over an isotropic population of variance b it is ``b + E f^2 - 2 sqrt b E f`` for any
    filter. Range: 0 (the truth) to ``tr Sigma/d`` and beyond, as a large ridge adds noise. Shapes:
    the grid's. Units: those of the data, squared.

    Validity: any spectrum for the plain root; other filters over the isotropic population alone
    ("leading order" where finitely many factors stand out of it, "no theory" elsewhere).
    Source: Gelbrich, Math. Nachr. 147 (1990), for the distance of Gaussians.
    """
    values = np.full(coupling.gamma.shape, np.nan)
    status = np.full(values.shape, str(Status.NO_THEORY), dtype="<U32")
    bulk = np.argmax(coupling.weight, axis=-1)[..., None]
    level, share, second, shortfall = (
        np.take_along_axis(part, bulk, axis=-1)[..., 0]
        for part in (coupling.mu, coupling.weight, coupling.second, coupling.shortfall)
    )
    alone = share >= 1.0 - coupling.population.factors.size / coupling.d - 1e-12
    root = np.sqrt(level)
    isotropic = (np.sqrt(second) - root) ** 2 + 2.0 * root * shortfall
    values[alone] = isotropic[alone]
    status[alone] = str(Status.LEADING_ORDER)
    status[alone & (share == 1.0)] = str(Status.OK)
    plain = np.array([one == Ridge(0.0) for one in coupling.filters]) & (status != str(Status.OK))
    squares: dict[float, Spectrum] = {}
    for index in zip(*np.nonzero(plain), strict=True):
        d = float(coupling.d[index])
        if d not in squares:
            raw, weights = coupling.population.spectrum(d)
            squares[d] = compressed((raw**2, weights))
        n, size = (coupling.n[index], d) if np.isfinite(d) else (coupling.gamma[index], 1.0)
        cross = ridge_conditional(squares[d][0], squares[d], float(n), size, 0.0)
        values[index] = 2.0 * np.dot(squares[d][1], cross.shortfall)
        status[index] = str(Status.OK)
    se = np.where(status == str(Status.NO_THEORY), np.nan, 0.0)
    return {"wasserstein": Estimate(values, se, status)}
