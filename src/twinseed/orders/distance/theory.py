"""Distances of the learnt distribution to the true distribution and to the other twin's."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from twinseed.coupling import Coupling
from twinseed.coupling.compression import compressed
from twinseed.coupling.quadrature import ridge_conditional
from twinseed.filters import Ridge
from twinseed.populations import Spectrum
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["divergence_estimate", "from_coupling"]


def from_coupling(coupling: Coupling) -> dict[str, Estimate]:
    """Predict the distances of the learnt distribution to the truth and to the other twin's.

    ``wasserstein``, ``flow_distance = E|x_A - x_B|^2/d = 2 sum (E[f^2|mu] - F^2)``, and the two
    Kullback-Leibler divergences; see the functions below for each. Shapes: the grid's.

    Source: arXiv 2505.20123 (the flow distance).
    """
    gap = coupling.unit * coupling.shortfall * (np.sqrt(coupling.second) + coupling.first)
    return {
        **_wasserstein(coupling),
        "flow_distance": Estimate(2.0 * (coupling.weight * gap).sum(axis=-1)),
        **_divergences(coupling),
    }


def _divergences(coupling: Coupling) -> dict[str, Estimate]:
    """Predict both Kullback-Leibler divergences per dimension.

    Equations: ``KL(learnt|true)/d = [tr(Sigma^-1 f^2)/d - 1 - E log f^2 + mean log mu]/2`` and
    ``KL(true|learnt)/d = [tr(Sigma f^-2)/d - 1 + E log f^2 - mean log mu]/2``. For the plain root
    and ``c = d/n < 1`` they are ``[1 + ((1 - c)/c) log(1 - c)]/2`` and ``[1/(1 - c) - 2 - ((1 -
    c)/c) log(1 - c)]/2`` over any spectrum. Range: from 0 (the truth) to infinity, which has a
    status, where a covariance has no inverse (even if both laws lack the same directions).

    Validity: any spectrum and filter; absolute error about 1e-15 times the terms, which cancel.
    "No theory" where f is declared analytic and has zeros off the negative axis, as samplers with
    few steps have.
    Source: Kullback and Leibler (1951) for Gaussians; the traces as in ``coupling.information``.
    """
    mu, weight = coupling.mu, coupling.weight
    varying = mu > 0
    with np.errstate(divide="ignore"):
        inverse = np.where(varying, 1.0 / mu, np.inf)
        logarithm = np.where(varying, np.log(mu), -np.inf)
    empty = weight == 0
    inverse, logarithm = (np.where(empty, 0.0, part) for part in (inverse, logarithm))
    singular = np.any(~varying & ~empty, axis=-1)
    with np.errstate(invalid="ignore"):
        spread = (weight * inverse * coupling.second).sum(axis=-1)
        log_ratio = coupling.log_square - (weight * logarithm).sum(axis=-1)
        forward = 0.5 * (spread - 1.0 - log_ratio)
        backward = 0.5 * (coupling.precision - 1.0 + log_ratio)
    forward = np.where(singular, np.inf, forward)
    backward = np.where(singular | np.isinf(coupling.precision), np.inf, backward)
    return {
        "divergence_learnt_true": divergence_estimate(forward),
        "divergence_true_learnt": divergence_estimate(backward),
    }


def divergence_estimate(values: ArrayLike) -> Estimate:
    """Return an estimate of values that may be infinite or, where no formula is known, NaN."""
    values = np.asarray(values, dtype=np.float64)
    status = np.where(np.isinf(values), str(Status.INFINITE), str(Status.OK))
    status = np.where(np.isnan(values), str(Status.NO_THEORY), status)
    finite = np.isfinite(values)
    # the terms cancel: a value below zero is a rounding error
    held = np.where(finite, np.maximum(values, 0.0), np.nan)
    return Estimate(held, np.where(finite, 0.0, np.nan), status)


def _wasserstein(coupling: Coupling) -> dict[str, Estimate]:
    """Predict the 2-Wasserstein distance to the truth.

    Equation: ``W2^2/d = [tr Sigma + tr f^2 - 2 tr (Sigma^1/2 f^2 Sigma^1/2)^1/2]/d``. For the plain
    root, ``f^2 = S``, the cross term is the root of a sample covariance of population ``Sigma^2``,
    so ``W2^2/d = (2/d) sum_j [mu_j - F_2(mu_j^2)]`` with F_2 the conditional root of the population
    ``Sigma^2``. Over an isotropic population of variance b and for any filter the distance is ``b +
    E f^2 - 2 sqrt b E f``. For a filter that is zero on the whole spectrum it is ``tr Sigma/d``.
    Range: from 0 (the truth) to ``tr Sigma/d``, or more with a large ridge, which adds noise.
    Shapes: the grid's. Units: those of the data, squared.

    Validity: any spectrum for the plain root; other filters only over an isotropic population
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
    values[coupling.silent] = coupling.mean[coupling.silent]
    status[coupling.silent] = str(Status.OK)
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
    return {"wasserstein": Estimate(coupling.unit * values, se, status)}
