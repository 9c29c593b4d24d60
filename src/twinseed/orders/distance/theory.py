"""Distances of the learnt distribution to the true distribution and to the other twin's."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.coupling import Coupling
from twinseed.coupling.compression import compressed
from twinseed.coupling.quadrature import ridge_conditional
from twinseed.filters import Ridge, evaluated
from twinseed.orders.bias import FiniteSize, graded, smooth, statuses
from twinseed.orders.convergence.theory import next_order, shortfall
from twinseed.populations import Spectrum
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["divergence_estimate", "from_coupling"]

_STEP = 3e-2
"""Relative step of a numerical second derivative."""
_LISTED = 5000
"""Up to this d a sum over all directions is taken term by term."""


def from_coupling(coupling: Coupling) -> dict[str, Estimate]:
    """Predict the distances of the learnt distribution to the truth and to the other twin's.

    ``wasserstein``, ``flow_distance = E|x_A - x_B|^2/d = 2 sum (E[f^2|mu] - F^2)``, and the two
    Kullback-Leibler divergences; see the functions below for each. Shapes: the grid's.

    Source: arXiv 2505.20123 (the flow distance).
    """
    added = next_order(coupling) * coupling.energy
    reach = np.sqrt(coupling.second) + coupling.first
    gap = (coupling.weight * coupling.shortfall * reach).sum(axis=-1) + added
    return {
        **_wasserstein(coupling),
        "flow_distance": graded(
            2.0 * coupling.unit * gap, FiniteSize.of(coupling).gap(added, gap), True
        ),
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
    added = _next_order(coupling)
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
    forward, backward = forward + added[0], backward + added[1]
    forward, backward = _finite(coupling, forward, backward)
    forward = np.where(singular, np.inf, forward)
    backward = np.where(singular | np.isinf(coupling.precision), np.inf, backward)
    off = FiniteSize.of(coupling).divergences()
    plain = np.array([one == Ridge(0.0) for one in coupling.filters])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rare = np.where(np.isfinite(coupling.n), 4.0 / (coupling.n - coupling.d) ** 2, 0.0)
    off = np.where(plain, 0.0, off[0]), np.where(plain, rare, off[1])
    return {
        "divergence_learnt_true": divergence_estimate(forward, off[0]),
        "divergence_true_learnt": divergence_estimate(backward, off[1]),
    }


def _next_order(coupling: Coupling) -> Array:
    """What the diagonal of S adds to both divergences at a finite n, (2, grid).

    ``(1/4n) mean mu^2 [(f^2)''/mu - (log f^2)'']`` and ``(1/4n) mean mu^2 [mu (f^-2)'' + (log
    f^2)'']``: see ``convergence.next_order``. 0 for filters that are not smooth above 0.
    """
    mu = np.where(coupling.weight > 0.0, coupling.mu, 0.0)
    found = np.zeros((2, *np.broadcast_shapes(mu.shape, (*coupling.gamma.shape, 1))))
    mu = np.broadcast_to(mu, found.shape[1:])
    for k, filter in enumerate(coupling.filters):
        if not smooth(filter):
            continue
        place = np.where(mu[..., k, :] > 0.0, mu[..., k, :], 1.0)
        if isinstance(filter, Ridge):
            over = place / (place + filter.strength / coupling.unit)
            found[0][..., k, :] = over**2
            found[1][..., k, :] = over**2 * (2.0 * over - 1.0)
            continue
        below, here, above = (
            evaluated(filter, filter, place * coupling.unit * (1.0 + step)) ** 2 / coupling.unit
            for step in (-_STEP, 0.0, _STEP)
        )
        if min(below.min(), here.min(), above.min()) <= 0.0:
            continue
        square, logarithm, inverse = (
            (change(above) - 2.0 * change(here) + change(below)) / _STEP**2
            for change in (np.positive, np.log, np.reciprocal)
        )
        found[0][..., k, :] = square / place - logarithm
        found[1][..., k, :] = place * inverse + logarithm
    found *= np.where(mu > 0.0, coupling.weight, 0.0)
    return np.asarray(found.sum(axis=-1) / (4.0 * coupling.n))


def _finite(coupling: Coupling, forward: Array, backward: Array) -> tuple[Array, Array]:
    """Return the divergences of the plain root at a finite size, where they are known exactly.

    ``E log det S/Sigma = sum_i psi((n - i)/2) + d log(2/n)``, i = 0..d-1, and
    ``E tr(Sigma S^-1)/d = n/(n - d - 1)``, which is infinite up to n = d + 1.
    """
    n, d = coupling.n, coupling.d
    plain = np.array([one == Ridge(0.0) for one in coupling.filters])
    known = plain & (n >= d) & np.isfinite(n) & np.isfinite(forward)
    forward, backward = np.array(forward), np.array(backward)
    sums: dict[tuple[float, float], float] = {}
    for index in zip(*np.nonzero(known), strict=True):
        rows, size = float(n[index]), float(d[index])
        if (rows, size) not in sums:
            sums[rows, size] = _mean_log(rows, size)
        mean_log = sums[rows, size]
        forward[index] = -0.5 * mean_log
        if rows > size + 1.0:
            backward[index] = 0.5 * ((size + 1.0) / (rows - size - 1.0) + mean_log)
    return forward, np.where(plain & np.isfinite(n) & (n <= d + 1.0), np.inf, backward)


def _mean_log(n: float, d: float) -> float:
    """``E log det(S/Sigma)/d`` of n Gaussian rows; by its series for a large d."""
    if d == np.floor(d) and d <= _LISTED:
        return float(scipy.special.digamma(0.5 * (n - np.arange(d))).mean() + np.log(2.0 / n))
    c = d / n
    if c == 1.0:
        return -1.0
    return float(-1.0 - (1.0 - c) / c * np.log1p(-c) + 0.5 * np.log1p(-c) / d)


def divergence_estimate(values: ArrayLike, bias: ArrayLike = 0.0) -> Estimate:
    """Return an estimate of values that may be infinite or, where no formula is known, NaN."""
    values = np.asarray(values, dtype=np.float64)
    status = np.where(np.isinf(values), str(Status.INFINITE), statuses(bias))
    status = np.where(np.isnan(values), str(Status.NO_THEORY), status)
    finite = np.isfinite(values)
    # the terms cancel: a value below zero is a rounding error
    held = np.where(finite, np.maximum(values, 0.0), np.nan)
    off = np.where(finite, bias, np.nan)
    return Estimate(held, np.where(finite, 0.0, np.nan), status, bias=off)


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
    bulk = np.argmax(coupling.weight, axis=-1)[..., None]
    level, share, second, short, more = (
        np.take_along_axis(part, bulk, axis=-1)[..., 0]
        for part in (
            coupling.mu,
            coupling.weight,
            coupling.second,
            coupling.shortfall,
            shortfall(coupling),
        )
    )
    factors = coupling.population.factors
    alone = share >= 1.0 - factors.size / coupling.d - 1e-12
    root = np.sqrt(level)
    isotropic = (np.sqrt(second) - root) ** 2 + 2.0 * root * (short + more)
    values[alone] = isotropic[alone]
    added = 2.0 * root * more
    exact = alone & (share == 1.0)
    plain = np.array([one == Ridge(0.0) for one in coupling.filters]) & ~exact
    values[coupling.silent] = coupling.mean[coupling.silent]
    squares: dict[float, Spectrum] = {}
    for index in zip(*np.nonzero(plain), strict=True):
        d = float(coupling.d[index])
        if d not in squares:
            raw, weights = coupling.population.spectrum(d)
            squares[d] = compressed((raw**2, weights))
        n, size = (coupling.n[index], d) if np.isfinite(d) else (coupling.gamma[index], 1.0)
        cross = ridge_conditional(squares[d][0], squares[d], float(n), size, 0.0)
        q = (coupling.weight[index] * coupling.first[index] ** 2).sum() / coupling.mean[index]
        added[index] = np.sqrt(q) * coupling.mean[index] / (4.0 * coupling.n[index])
        values[index] = 2.0 * np.dot(squares[d][1], cross.shortfall) + added[index]
    off = FiniteSize.of(coupling).wasserstein(added, values)
    rough = alone & ~exact & ~plain & ~coupling.silent
    # what the factors add to the distance is not known, but for the plain root
    left_out = np.divide(
        factors.sum() / coupling.d, values, out=np.ones(values.shape), where=values > 0.0
    )
    off = np.where(rough, np.minimum(off + left_out, 1.0), off)
    off = np.where(coupling.silent, 0.0, off)
    found = graded(coupling.unit * values, off, np.isfinite(values), Status.NO_THEORY)
    return {"wasserstein": found}
