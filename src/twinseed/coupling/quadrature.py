"""The ridge filter on any spectrum: F(mu) = E[f(lambda) | mu], and its distance from the truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twinseed.arrays import Array
from twinseed.coupling.companion import kappa
from twinseed.populations import Spectrum

__all__ = ["ConditionalRoot", "ridge_conditional"]

_STEP = 0.26
"""The integrand is analytic for |Im log u| < pi/2, so the trapezoid's error is exp(-pi^2/step)."""
_REACH = 37.0
"""The sum extends this far beyond the scales of the problem, in log u; the terms left out are
e^-37."""


@dataclass(frozen=True)
class ConditionalRoot:
    """``F(mu)`` and its shortfall ``sqrt(mu + r) - F(mu)``, each without cancellation."""

    value: Array
    shortfall: Array


def ridge_conditional(
    mu: Array, spectrum: Spectrum, n: float, d: float, ridge: float
) -> ConditionalRoot:
    """Mean of ``sqrt(lambda + ridge)`` over the sample spectrum, given a population direction.

    Equation, with ``zeta = u^2 + r`` and ``kappa = kappa(zeta)``: ``F(mu) = (2/pi) int_0^inf [r
    kappa/zeta + mu]/(kappa + mu) du`` and ``sqrt(mu + r) - F(mu) = (2/pi) int_0^inf mu (kappa -
    zeta) (u^2/zeta)/((zeta + mu)(kappa + mu)) du``, both of positive terms. Range of F: ``sqrt(r)``
    (nothing learned) to ``sqrt(mu + r)`` (the truth). Shapes: as ``mu``, which need not be an atom
    of the spectrum (for a factor kappa is the kappa of the bulk).

    Validity: the limit of large n and d at fixed n/d; relative error about 1e-13.
    Source: the deterministic equivalent of ``companion``, integrated along the negative axis
    with ``sqrt(x) = (2/pi) int x/(x + u^2) du``.
    """
    nodes = _nodes(mu, spectrum, n, d, ridge)
    zeta = nodes * nodes + ridge
    root = kappa(zeta, spectrum, n, d)
    values, weights = spectrum
    excess = (d / n) * ((root[:, None] * values / (root[:, None] + values)) @ weights)
    measure = (2.0 / math.pi * _STEP) * nodes
    below = root[:, None] + mu
    value = (measure[:, None] * (ridge * (root / zeta)[:, None] + mu) / below).sum(axis=0)
    outer = measure * excess * (nodes * nodes / zeta)
    shortfall = (outer[:, None] * (mu / (zeta[:, None] + mu)) / below).sum(axis=0)
    exact = np.sqrt(mu + ridge)
    value = np.where(shortfall < 0.5 * exact, exact - shortfall, value)
    shortfall = np.where(shortfall < 0.5 * exact, shortfall, exact - value)
    return ConditionalRoot(value, shortfall)


def _nodes(mu: Array, spectrum: Spectrum, n: float, d: float, ridge: float) -> Array:
    """Return u on a logarithmic grid that contains every scale of the integrands."""
    values, weights = spectrum
    every = np.concatenate([values[values > 0], mu[mu > 0]])
    mean = float(np.dot(values, weights))
    top = math.sqrt(max(float(every.max()), mean * max(1.0, d / n), ridge))
    bottom = min(float(every.min()) / math.sqrt(mean), math.sqrt(mean))
    bottom = min(bottom, bottom * math.sqrt(n / d)) if d > n else bottom
    count = math.ceil((math.log(top / bottom) + 2.0 * _REACH) / _STEP)
    return np.asarray(bottom * np.exp(-_REACH + _STEP * np.arange(count + 1)))
