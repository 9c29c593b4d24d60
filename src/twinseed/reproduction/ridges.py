"""The best ridge, and the neutral ridge, with which a model is as good as without a ridge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.polynomial import Polynomial

from twinseed.arrays import Array
from twinseed.coupling.marchenko_pastur import mean_root
from twinseed.reproduction.claims import Measurement

__all__ = ["Path", "best_ridge", "neutral_ridge", "path_ridges"]

_DEGREE = 4
_NODES = 512
_POINTS = 8


def mean_root_at(gamma: float, ridge: float, d: float = np.inf) -> float:
    """Return the mean of ``sqrt(lambda + r)`` over the sample eigenvalues at a finite d.

    Equation: ``E_MP sqrt(lambda + r) + (1/d) ([f(a) + f(b)]/4 - (1/2) mean_t f(1 + c + 2 sqrt(c)
    cos t))``, ``f = sqrt(. + r)``, c = 1/gamma, a and b the edges ``(1 -+ sqrt(c))^2``, t uniform.
    The second term is the mean of a linear statistic of real Wishart matrices to order 1/d.
    Source: Bai and Silverstein, Ann. Probab. 32 (2004) 553, for real data.
    """
    limit = float(mean_root(gamma, ridge))
    if not np.isfinite(d):
        return limit
    root = gamma**-0.5
    edges = np.sqrt(np.array([1.0 - root, 1.0 + root]) ** 2 + ridge)
    turn = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    middle = np.sqrt(np.maximum(1.0 + root**2 + 2.0 * root * turn, 0.0) + ridge)
    return limit + float(edges.sum() / 4.0 - middle.mean() / 2.0) / d


def convergence(gamma: float, ridge: float, d: float = np.inf) -> float:
    """Return ``q = (mean sqrt(lambda + r))^2/(1 + r)`` of the identity population, to order 1/d.

    >>> round(convergence(1.0, 0.0), 4), round(convergence(10.0, 0.0, 40.0), 4)
    (0.7205, 0.9742)
    """
    return mean_root_at(gamma, ridge, d) ** 2 / (1.0 + ridge)


def distance(gamma: float, ridge: float, d: float = np.inf) -> float:
    """Return ``W2^2/d = 2 + r - 2 mean sqrt(lambda + r)`` of the identity population."""
    return 2.0 + ridge - 2.0 * mean_root_at(gamma, ridge, d)


def best_ridge(gamma: float, d: float = np.inf) -> float:
    """Return the ridge at which the model is closest to the truth, identity population.

    Equation: the root r of ``E (lambda + r)^(-1/2) = 1``, where ``W2^2/d`` is least; with ``d`` to
    the next order. Range: it falls from 1 (``gamma`` to 0) as ``3/(4 gamma)`` (large gamma).

    >>> [round(best_ridge(gamma), 3) for gamma in (2.0, 5.0, 10.0)]
    [0.274, 0.131, 0.07]
    """

    def slope(log_ridge: float) -> float:
        ridge, step = np.exp(log_ridge), 1e-4
        return distance(gamma, ridge * (1 + step), d) - distance(gamma, ridge * (1 - step), d)

    return float(np.exp(scipy.optimize.brentq(slope, np.log(1e-3 / gamma), np.log(4.0), xtol=1e-9)))


def neutral_ridge(gamma: float, d: float = np.inf) -> float:
    """Return the ridge beyond which a model is worse than without a ridge, identity population.

    Equation: the positive root r of ``W2^2(r) = W2^2(0)``; with ``d`` to the next order.

    >>> [round(neutral_ridge(gamma), 3) for gamma in (2.0, 5.0, 10.0)]
    [0.631, 0.275, 0.143]
    """
    plain, best = distance(gamma, 0.0, d), best_ridge(gamma, d)
    return float(
        scipy.optimize.brentq(lambda r: distance(gamma, r, d) - plain, best, 16.0, xtol=1e-12)
    )


def path_ridges(gamma: float) -> tuple[float, ...]:
    """Return the ridges that are simulated: 0, several ridges about the best ridge, 1 and 2."""
    best = best_ridge(gamma)
    band = np.round(np.linspace(0.2, 2.8, _POINTS) * best, 6)
    return (0.0, *(float(r) for r in band), *(r for r in (1.0, 2.0) if r > band[-1]))


@dataclass(frozen=True)
class Path:
    """Distances to the truth, with their errors, for several ridges and without a ridge.

    The best and the neutral ridge follow from a polynomial of degree four through the distances at
    0.2 to 2.8 times the best ridge; its error is below 0.2 % for both. Standard errors are
    propagated from each distance.
    """

    ridges: Array
    distances: Array
    errors: Array
    plain: float
    plain_error: float
    replicates: int

    def best(self) -> Measurement:
        """Return the ridge at which the distance is least."""
        return self._propagated(self._minimum)

    def neutral(self) -> Measurement:
        """Return the ridge at which the distance equals the distance without a ridge."""
        return self._propagated(self._crossing)

    def _propagated(self, landmark: Callable[[Array, float], float]) -> Measurement:
        centre = landmark(self.distances, self.plain)
        shifted = [
            landmark(self.distances + error * (np.arange(self.errors.size) == i), self.plain)
            for i, error in enumerate(self.errors)
        ]
        shifted.append(landmark(self.distances, self.plain + self.plain_error))
        return Measurement(
            centre, float(np.linalg.norm(np.array(shifted) - centre)), self.replicates
        )

    def _minimum(self, distances: Array, plain: float) -> float:
        curve = self._curve(distances)
        inside = [r for r in _real_roots(curve.deriv()) if curve.deriv(2)(r) > 0]
        candidates = np.array([self.ridges[0], self.ridges[-1], *self._within(inside)])
        return float(candidates[np.argmin(curve(candidates))])

    def _crossing(self, distances: Array, plain: float) -> float:
        best = self._minimum(distances, plain)
        beyond = [r for r in self._within(_real_roots(self._curve(distances) - plain)) if r > best]
        return min(beyond, default=float("nan"))

    def _curve(self, distances: Array) -> Polynomial:
        return Polynomial.fit(self.ridges, distances, _DEGREE)

    def _within(self, ridges: list[float]) -> list[float]:
        return [r for r in ridges if self.ridges[0] < r < self.ridges[-1]]


def _real_roots(polynomial: Polynomial) -> list[float]:
    return [float(root.real) for root in polynomial.roots() if abs(root.imag) < 1e-12]
