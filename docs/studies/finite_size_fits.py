"""Fits of the finite-size study: exponents with bootstrap intervals, and how well each fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.optimize import minimize

from twinseed.arrays import Array

__all__ = ["Draws", "fits", "fluctuation_constant"]

_LEAST = (10**4, 10**5, 10**6)
"""Smallest d of the fits of recovery, which has corrections of relative order d^(-1/3)."""
_DEGREE = 4


@dataclass(frozen=True, eq=False)
class Draws:
    """Recovery and convergence of every draw at one point."""

    recovery: Array
    convergence: Array

    @staticmethod
    def names() -> list[str]:
        """Names of the two arrays."""
        return [field.name for field in fields(Draws)]

    def resampled(self, rng: np.random.Generator) -> Draws:
        """Return as many draws, with replacement."""
        chosen = rng.integers(self.recovery.size, size=self.recovery.size)
        return Draws(self.recovery[chosen], self.convergence[chosen])


Points = Mapping[tuple[int, float], Draws]
Fit = Callable[[Points], tuple[Array, float]]


def fits(gamma: float, draws: Points, resamples: int = 200) -> dict[str, Any]:
    """Return every fitted number with its 95 % interval, its expectation, and chi^2 a freedom.

    ``threshold``: mean recovery at the threshold is ``C d^(-a)``. ``collapse``: ``d^a`` times mean
    recovery is one curve, exp of a polynomial, of ``d^b (strength/threshold - 1)``, for the sizes
    from each of three on. ``fluctuation``: the standard deviation of q is ``C d^(-e)``.
    ``constant``: C, with e = 1/2.
    """
    third = 1.0 / 3.0
    fitted: list[tuple[str, Points, Fit, dict[str, float]]] = [
        ("threshold", _from(draws, _LEAST[0]), _threshold, {"exponent": third}),
        ("fluctuation", draws, _fluctuation, {"exponent": 0.5}),
        ("constant", draws, _constant, {"value": fluctuation_constant(gamma)}),
    ]
    for least in _LEAST:
        points = _from(draws, least)
        if len({d for d, _ in points}) > 1:
            expected = {"height": third, "width": third}
            fitted.append((f"collapse from {least:.0e}", points, _collapse, expected))
    found: dict[str, Any] = {}
    for name, points, fit, expected in fitted:
        values, quality = fit(points)
        rng = np.random.default_rng(1)
        again = np.array(
            [
                fit({at: one.resampled(rng) for at, one in points.items()})[0]
                for _ in range(resamples)
            ]
        )
        low, high = np.quantile(again, [0.025, 0.975], axis=0)
        for k, part in enumerate(expected):
            found[f"{name} {part}"] = {
                "value": round(float(values[k]), 5),
                "low": round(float(low[k]), 5),
                "high": round(float(high[k]), 5),
                "expected": round(expected[part], 5),
                "chi2_per_freedom": round(quality, 2),
            }
    return found


def fluctuation_constant(gamma: float) -> float:
    """Return the expected ``sqrt(d)`` times the standard deviation of q of one seed, no ridge.

    Given both models, ``q = z'Mz/z'Kz`` with ``M = (AB + BA)/2``, ``K = (A^2 + B^2)/2``, A and B
    the roots of two sample covariances; its variance over z is ``2 tr (M - qK)^2/(tr K)^2``. A
    and B are free, so that with ``m_p = E lambda^p`` over the Marchenko-Pastur law and ``q =
    m_(1/2)^2`` it is ``[1 + 2 q - q^2 - 4 q^(3/2) m_(3/2) + q^2 (1 + m_2)]/d``. For gamma above 1.
    """
    half, more, two = (_moment(power, 1.0 / gamma) for power in (0.5, 1.5, 2.0))
    q = half**2
    return float(np.sqrt(1.0 + 2.0 * q - q**2 - 4.0 * q * half * more + q**2 * (1.0 + two)))


def _moment(power: float, aspect: float) -> float:
    low, high = (1.0 - aspect**0.5) ** 2, (1.0 + aspect**0.5) ** 2

    def density(angle: float) -> float:
        value = (low + high) / 2.0 - (high - low) / 2.0 * np.cos(angle)
        root = np.sqrt((high - value) * (value - low)) * np.sin(angle)
        return float(value ** (power - 1.0) * root * (high - low) / (4.0 * np.pi * aspect))

    return float(quad(density, 0.0, np.pi)[0])


def _from(draws: Points, least: int) -> dict[tuple[int, float], Draws]:
    return {at: one for at, one in draws.items() if at[0] >= least}


def _means(draws: Points) -> tuple[Array, Array, Array, Array, Array]:
    """Return distance to the threshold, mean recovery, its error, d and window of each point."""
    d, window = (np.array(part) for part in zip(*draws, strict=True))
    mean = np.array([one.recovery.mean() for one in draws.values()])
    error = np.array(
        [one.recovery.std(ddof=1) / np.sqrt(one.recovery.size) for one in draws.values()]
    )
    d = d.astype(np.float64)
    return window * d ** (-1.0 / 3.0), mean, error, d, window


def _threshold(draws: Points) -> tuple[Array, float]:
    _, mean, error, d, window = _means(draws)
    here = window == 0.0
    return _power(d[here], mean[here], error[here] / mean[here])


def _collapse(draws: Points) -> tuple[Array, float]:
    x, mean, error, d, _ = _means(draws)
    weight = mean / error

    def misfit(exponents: Array) -> float:
        height, width = exponents
        scaled, target = x * d**width, np.log(mean) + height * np.log(d)
        terms = np.vander(scaled / np.abs(scaled).max(), _DEGREE + 1) * weight[:, None]
        factors = np.linalg.lstsq(terms, target * weight, rcond=None)[0]
        return float(np.sum((terms @ factors - target * weight) ** 2))

    best = minimize(misfit, [0.33, 0.33], method="Nelder-Mead", options={"xatol": 1e-5})
    return best.x, float(best.fun) / (x.size - _DEGREE - 3)


def _spreads(draws: Points) -> tuple[Array, Array, Array]:
    """Return each d, the standard deviation of q over all its draws, and its relative error."""
    pooled: dict[int, list[Array]] = {}
    for (d, _), one in draws.items():
        pooled.setdefault(d, []).append(one.convergence - one.convergence.mean())
    freedoms = np.array([sum(part.size - 1 for part in parts) for parts in pooled.values()])
    squares = np.array([np.sum(np.concatenate(parts) ** 2) for parts in pooled.values()])
    d = np.array(list(pooled), dtype=np.float64)
    return d, np.sqrt(squares / freedoms), 1.0 / np.sqrt(2.0 * freedoms)


def _fluctuation(draws: Points) -> tuple[Array, float]:
    return _power(*_spreads(draws))


def _constant(draws: Points) -> tuple[Array, float]:
    d, spread, error = _spreads(draws)
    scaled = np.log(spread * np.sqrt(d))
    mean = np.average(scaled, weights=error**-2.0)
    quality = float(np.sum(((scaled - mean) / error) ** 2)) / (d.size - 1)
    return np.array([np.exp(mean)]), quality


def _power(d: Array, value: Array, relative: Array) -> tuple[Array, float]:
    """Fit ``value = C d^(-a)``; return a, and chi^2 a freedom."""
    line = np.polynomial.Polynomial.fit(np.log(d), np.log(value), 1, w=1.0 / relative)
    left = (np.log(value) - line(np.log(d))) / relative
    return -line.convert().coef[1:], float(np.sum(left**2)) / (d.size - 2)
