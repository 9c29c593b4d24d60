"""Deconvolution: estimates the population spectrum from a sample spectrum.

The sample spectrum of a few rows is far wider than the population spectrum. One equation relates
the two spectra. The sample gives kappa, and then the equation is linear in the weights of the
population's atoms, so non-negative least squares solve it. Before that, each factor that stands out
of the bulk is inverted exactly, as a pole.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twinseed.arrays import Array
from twinseed.populations._non_negative import non_negative

__all__ = ["Deconvolved", "deconvolve", "most_factors"]

_LEVELS = 200
"""Candidate eigenvalues of the bulk, in equal steps of log mu, up to the largest sample eigenvalue
of the bulk (no population eigenvalue of the bulk lies above it)."""
_LOWEST = 1e-3
"""The lowest candidate, as a share of the bulk's mean; smaller eigenvalues count as this one."""
_EQUATIONS = 60
"""Values of zeta, in equal steps of log zeta, from the lowest candidate."""
_BEYOND = 1e2
"""The largest zeta, in units of the bulk's largest sample eigenvalue: there the equation states
the trace alone."""
_IMPOSED = 1e3
"""Weight of the equation that the shares sum to one; relative residuals have weight one."""
_MOST_FACTORS = 32
_EQUAL_FACTORS = 6
"""Factors of nearly equal strength that are found together: the gaps between them do not count."""
_LEAST_OVERLAP = 0.3
"""An eigenvalue whose own pole would give a smaller overlap is not tried as a factor."""
_CLEARANCE = 3.3
"""Tracy-Widom scales above the edge: pure noise passes once in a thousand pilots."""
_ROUNDING = 1e-14


@dataclass(frozen=True)
class Deconvolved:
    """A population as far as a sample shows it.

    ``values`` are the bulk's atoms in rising order, and ``counts`` how many directions each atom
    holds; ``factors`` are the directions that stand out, largest first. ``detectable`` is the least
    population eigenvalue that would have stood out of this bulk at this number of rows.
    """

    values: Array
    counts: Array
    factors: Array
    detectable: float


def deconvolve(sample: Array, n: float, d: int, factors: int | None = None) -> Deconvolved:
    """Find the population spectrum of ``d`` directions whose ``n`` rows show ``sample``.

    ``sample``: the sample covariance's eigenvalues above zero, largest first; ``factors``: how many
    of the largest are factors (None: those that are separated), at most ``most_factors``. Fewer
    factors are returned where one lies within the bulk and so has no inverse.
    """
    number = _separated(sample, n, d) if factors is None else factors
    poles = _inverted(sample, n, number)
    while not np.all(poles > 0):
        poles = _inverted(sample, n, poles.size - 1)
    values, counts = _bulk(sample, n, d, poles)
    edge = _Edge.above(values, counts, n)
    return Deconvolved(values, counts, poles, edge.detectable)


def most_factors(sample: Array) -> int:
    """How many of the eigenvalues can be factors: the others must suffice to fit a bulk."""
    return min(_MOST_FACTORS, sample.size // 3)


def _separated(sample: Array, n: float, d: int) -> int:
    """Count the leading eigenvalues that lie outside the bulk fitted to all the others.

    Groups of nearly equal factors are tried, the largest first. A group is accepted when its
    smallest member lies outside the bulk, so that equal factors do not hide each other.
    """
    most, found = most_factors(sample), 0
    while True:
        for number in range(found + 1, min(found + _EQUAL_FACTORS, most) + 1):
            if _clears_the_edge(sample, n, d, number):
                found = number
                break
        else:
            return found


def _clears_the_edge(sample: Array, n: float, d: int, number: int) -> bool:
    position = sample[number - 1]
    away = sample[number:] - position
    if away[0] == 0:
        return False
    zeros = n - sample.size
    companion = (1.0 / away).sum() - zeros / position
    slope = (1.0 / away**2).sum() + zeros / position**2
    if -companion < _LEAST_OVERLAP * slope * position:
        return False
    poles = _inverted(sample, n, number)
    if not np.all(poles > 0):
        return False
    values, counts = _bulk(sample, n, d, poles)
    edge = _Edge.above(values, counts, n)
    return bool(position > edge.position + _CLEARANCE * edge.scale and poles.min() > values[-1])


def _inverted(sample: Array, n: float, number: int) -> Array:
    """Population eigenvalues of the ``number`` largest sample eigenvalues, as poles.

    ``mu = -1/m(lambda)``, ``m(z) = (1/n) sum_j 1/(lambda_j - z)`` over the other n companion
    eigenvalues. Sample eigenvalues of two factors repel each other. Where the factors are closer
    than their sampling error, this term is noise, and is lowered to zero.
    """
    poles = np.empty(number)
    for k in range(number):
        away = np.delete(sample, k) - sample[k]
        blur = np.full(away.size, 0.0)
        blur[: number - 1] = 2.0 * sample[k] ** 2 / n
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = away / np.maximum(away**2, blur)
            companion = (terms.sum() - (n - sample.size) / sample[k]) / n
            poles[k] = -1.0 / companion
    return poles


def _bulk(sample: Array, n: float, d: int, poles: Array) -> tuple[Array, Array]:
    """Fit the bulk's atoms to ``kappa - zeta = (1/n) sum_j kappa mu_j/(kappa + mu_j)``.

    kappa is 1/m(-zeta) of the whole sample, and the terms of the poles are known. A first fit gives
    the mean fluctuation of m at finite n (Bai and Silverstein); the second fit subtracts this mean.
    """
    rest = d - poles.size
    bulk = sample[poles.size :]
    lowest = _LOWEST * bulk.sum() / rest
    zeta = np.geomspace(lowest, _BEYOND * bulk[0], _EQUATIONS)
    levels = np.geomspace(lowest, bulk[0], _LEVELS)
    missing = (sample / (sample + zeta[:, None])).sum(axis=1) / n
    every = np.concatenate([levels, poles])
    excess = np.zeros(_EQUATIONS)
    share: Array | None = None
    for _ in range(2):
        companion = (1.0 - missing) / (1.0 + excess)
        kappa = (zeta / companion)[:, None]
        target = zeta * (1.0 - companion) / companion
        target = target - (kappa * poles / (kappa + poles)).sum(axis=1) / n
        told = target > 0
        terms = rest / n * (kappa * levels / (kappa + levels))[told] / target[told, None]
        share = non_negative(
            np.vstack([terms, np.full(_LEVELS, _IMPOSED)]),
            np.append(np.ones(terms.shape[0]), _IMPOSED),
            share,
        )
        counts = rest * share / share.sum()
        excess = fluctuation(every, np.concatenate([counts, np.ones(poles.size)]), kappa, n)
    kept = counts > 0
    return levels[kept], counts[kept]


def fluctuation(values: Array, counts: Array, kappa: Array, n: float) -> Array:
    """Return how far 1/kappa of ``n`` rows lies above its limit in the mean, relative to it.

    Equation: ``(1/n) sum_j w_j h_j^2 (1 - h_j)/(1 - sum_j w_j h_j^2)^2``, ``h = mu/(kappa + mu)``
    and ``w`` the ``counts`` over n. Shapes: kappa (k, 1), the answer (k,).
    Source: Bai and Silverstein, Ann. Probab. 32 (2004), Theorem 1.1 (the real case).
    """
    learnt = values / (kappa + values)
    holding = counts / n
    return np.asarray((learnt**2 * (1.0 - learnt)) @ holding / (1.0 - learnt**2 @ holding) ** 2 / n)


@dataclass(frozen=True)
class _Edge:
    """Upper edge of the sample spectrum of a bulk; ``scale`` is the Tracy-Widom scale there."""

    position: float
    scale: float
    detectable: float

    @classmethod
    def above(cls, values: Array, counts: Array, n: float) -> _Edge:
        """Find where ``psi(mu) = mu (1 + (1/n) sum_j mu_j/(mu - mu_j))`` is least."""
        weight = counts / n
        top = float(values[-1])
        # psi' = 1 - total; total^(-1/2) is concave in gap, so steps of Newton rise to its root
        gap, step = top * math.sqrt(float(weight[-1])), math.inf
        while step > _ROUNDING * gap:
            away = gap + (top - values)
            terms = weight * (values / away) ** 2
            total = float(terms.sum())
            step = total * (math.sqrt(total) - 1.0) / float((terms / away).sum())
            gap += step
        away = gap + (top - values)
        mu = top + gap
        position = mu * (1.0 + float(weight @ (values / away)))
        curvature = 2.0 * float(weight @ (values**2 / away**3))
        scale = (0.5 * curvature) ** (1 / 3) * (mu * mu / n) ** (2 / 3)
        return cls(position, scale, mu + math.sqrt(2.0 * _CLEARANCE * scale / curvature))
