"""An estimate of the error of ``f(B^T B / n) e_1``: it says when Golub-Kahan steps may stop."""

from __future__ import annotations

import numpy as np

from twinseed.arrays import Array
from twinseed.filters import Filter

__all__ = ["Stopping"]

_SHIFTS = np.geomspace(1e-18, 1e6, 961)
"""Points of the negative axis, in units of the largest eigenvalue, where the residual is summed."""
_STEP = 1.05 * np.log(_SHIFTS[1] / _SHIFTS[0]) / np.pi
"""Weight of a point, with 5 % added for the error of the grid."""
_GROUP = 8
"""Eigenvalues multiplied before a logarithm is taken; their product stays within range."""
_LARGEST_LOG = 600.0
_SINGLE = 2.0**-17
"""The largest shift of an eigenvalue by products in single precision, in units of the largest
eigenvalue: the rounding 2^-24, times 128."""
_INSIDE = np.geomspace(1e-6, 1.0, 7)
"""Points of the spectrum, in the same units, where Cauchy's formula is tested on the filter."""
_AGREES = 0.3
"""Relative error of the filter's rise up to which Cauchy's formula counts as correct: the grid of
the integral is coarse."""


class Stopping:
    """The relative error of the worst column: the smaller of a bound and an estimate.

    Equation: where the filter is analytic off the negative axis and grows slower than its argument,
    Cauchy's formula gives the error as an integral over the residuals of shifted linear systems,
    which the steps provide:

        |error| <= (1/pi) int_0^inf |Im f(-t)|/(t + w) prod_j (alpha_j beta_j / n)/(theta_j + t) dt,

    ``theta`` the eigenvalues of ``B^T B / n``. With ``w = 0`` this is a bound in exact arithmetic,
    up to the grid of the integral, because no eigenvalue of S lies below 0. The first check tests
    whether the filter is of this kind, by ``f(x) - f(0) = (1/pi) int Im f(-t) x/(t (t + x)) dt``.

    The bound is far too large for a root at zero. The estimate is the larger of two numbers: the
    same integral with ``w`` the least ``theta``, and ``delta max(1, rho/(1 - rho))``, where
    ``delta`` is the relative change since the last check and ``rho`` (at most .95) the ratio of
    ``delta`` to the change before. The changes alone miss a cluster of small eigenvalues that k
    steps have not separated, because the iterates then hardly change; the integral shows this
    cluster. The number of steps between checks grows in proportion to the steps, so that the
    changes fall by a constant factor both where errors fall geometrically (f smooth on the
    spectrum) and where errors fall like a power (a root at zero). A check comes earlier where the
    bound is about to reach the tolerance.

    ``single`` is the relative error that products in single precision would leave from the last
    check on: the change of f by their rounding, in proportion to the error that is left.

    Source: Chen, Greenbaum, Musco and Musco, SIAM J. Matrix Anal. Appl. 43 (2022) 787; Simoncini
    and Szyld, SIAM J. Sci. Comput. 25 (2003) 454 (later products may be less exact).
    """

    def __init__(self, filter: Filter, n: int) -> None:
        part = filter.analytic_part
        self._filter = filter
        self._continued = part[1] if part and part[0] == 0.0 else None
        self._n = n
        self._bounded: bool | None = None
        self._last: Array | None = None
        self._change: Array | None = None
        self._seen: tuple[int, float] | None = None
        self._rate = 0.0
        self.single = np.inf

    def error(self, coefficients: Array, entries: Array, singular: Array) -> float:
        """Return the estimated error; without a bound this is infinite before the third check.

        Args:
            coefficients: ``f(B^T B / n) e_1``, (seeds, k).
            entries: ``alpha_1, beta_1, ..., alpha_k, beta_k``, (seeds, 2 k).
            singular: the singular values of B, (seeds, k).
        """
        size = np.linalg.norm(coefficients, axis=1)
        theta = singular**2 / self._n
        top = float(theta.max())
        jump = self._jump(top * _SHIFTS)
        if self._bounded is None:
            self._bounded = self._represented(top, jump)
        bound, error = self._by_residual(entries, theta, size, np.abs(jump))
        error = max(error, self._by_change(coefficients, size))
        if self._bounded:
            error = min(error, bound)
            self._note(coefficients.shape[1], bound)
        self.single = error * self._shift(top) / max(float(size.min()), np.finfo(float).tiny)
        return error

    def next_check(self, steps: int, tolerance: float) -> int:
        """Return the number of steps at which the next check comes."""
        furthest = steps + max(4, steps // 5)
        if self._seen is None or self._rate <= 0.0:
            return furthest
        left = np.log(self._seen[1] / tolerance) / self._rate
        return min(steps + max(int(np.ceil(left)), 1), furthest)

    def _note(self, steps: int, bound: float) -> None:
        if self._seen is not None and 0.0 < bound < self._seen[1]:
            self._rate = float(np.log(self._seen[1] / bound)) / (steps - self._seen[0])
        self._seen = (steps, bound)

    def _shift(self, top: float) -> float:
        """Return the largest change of the filter when single precision shifts eigenvalues."""
        x = top * np.append(0.0, _INSIDE)
        return float(np.max(np.abs(self._filter(x + top * _SINGLE) - self._filter(x))))

    def _jump(self, t: Array) -> Array:
        """Return the filter's imaginary part above the negative axis, 0 where this overflows."""
        if self._continued is None or not t.all():
            return np.zeros_like(t)
        with np.errstate(all="ignore"):
            jump = np.imag(self._continued(-t + 0j))
        return np.asarray(np.nan_to_num(jump, nan=0.0, posinf=0.0, neginf=0.0))

    def _represented(self, top: float, jump: Array) -> bool:
        """Tell whether Cauchy's formula gives the rise of the filter from its value at 0."""
        rise = np.abs(self._filter(top * _INSIDE) - self._filter.at_zero)
        share = _INSIDE[:, None] / (_SHIFTS + _INSIDE[:, None])
        apart = np.abs(np.abs(_STEP * (share @ jump)) - rise)
        return bool(np.max(apart) < _AGREES * np.max(rise))

    def _by_change(self, coefficients: Array, size: Array) -> float:
        before, self._last = self._last, coefficients
        if before is None:
            return np.inf
        moved = coefficients.copy()
        moved[:, : before.shape[1]] -= before
        change = _ratio(np.linalg.norm(moved, axis=1), size)
        earlier, self._change = self._change, change
        if earlier is None:
            return np.inf
        rate = np.minimum(_ratio(change, earlier), 0.95)
        return float(np.max(change * np.maximum(rate / (1.0 - rate), 1.0)))

    def _by_residual(
        self, entries: Array, theta: Array, size: Array, jump: Array
    ) -> tuple[float, float]:
        """Return the bound (the integral with w = 0) and the estimate (w the least theta)."""
        top = theta.max()
        if not jump.any():
            return 0.0, 0.0
        t, jump, theta = _SHIFTS[jump > 0], jump[jump > 0], theta / top
        groups = np.arange(0, theta.shape[1], _GROUP)
        with np.errstate(divide="ignore"):
            beside = np.log(entries[:, 0::2] * entries[:, 1::2] / (self._n * top)).sum(axis=1)
        below = np.multiply.reduceat(theta[:, :, None] + t, groups, axis=1)
        residual = beside[:, None] - np.log(below).sum(axis=1)
        integrand = np.exp(np.minimum(residual, _LARGEST_LOG)) * jump
        nearer = integrand * (t / (t + theta.min(axis=1)[:, None]))
        bound, estimate = (_STEP * np.sum(part, axis=1) for part in (integrand, nearer))
        return float(np.max(_ratio(bound, size))), float(np.max(_ratio(estimate, size)))


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
