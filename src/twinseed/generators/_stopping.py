"""When Golub-Kahan steps may stop: an estimate of the error of ``f(B^T B / n) e_1``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twinseed.filters import Filter

__all__ = ["Stopping"]

Array = NDArray[np.float64]

_SHIFTS = np.geomspace(1e-18, 1e2, 201)
"""Points of the negative axis, in units of the largest eigenvalue, for the residual's integral."""
_LARGEST_LOG = 600.0


class Stopping:
    """The relative error of the worst column, from one check to the next.

    Equation: the larger of two estimates. With ``delta`` the relative change since the last check
    and ``rho`` its ratio to the change before (at most .95), the first is
    ``delta max(1, rho/(1 - rho))``. It is blind to a cluster of small eigenvalues that k steps have
    not parted, where the iterates stand still. The second sees it, where the filter is analytic off
    the negative axis: by Cauchy's integral the error is that of the shifted linear systems, whose
    residuals the steps know,

        |error| <= (1/pi) int_0^inf |Im f(-t)| / (t + theta_min)
                   prod_j (alpha_j beta_j / n) / (theta_j + t) dt,

    ``theta`` the eigenvalues of ``B^T B / n``: a bound but for the least of them, which stands in
    place of the least eigenvalue of S.

    Source: Chen, Greenbaum, Musco and Musco, SIAM J. Matrix Anal. Appl. 43 (2022) 787.
    """

    def __init__(self, filter: Filter, n: int) -> None:
        part = filter.analytic_part
        self._continued = part[1] if part and part[0] == 0.0 else None
        self._n = n
        self._last: Array | None = None
        self._change: Array | None = None

    def error(self, coefficients: Array, entries: Array, singular: Array) -> float:
        """Return the estimate; infinite until there have been three checks.

        Shapes: coefficients and singular values of B (seeds, k); entries
        ``alpha_1, beta_1, ..., alpha_k, beta_k`` (seeds, 2 k).
        """
        size = np.linalg.norm(coefficients, axis=1)
        by_change = self._by_change(coefficients, size)
        return max(by_change, self._by_residual(entries, singular**2 / self._n, size))

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

    def _by_residual(self, entries: Array, theta: Array, size: Array) -> float:
        t = float(theta.max()) * _SHIFTS
        if self._continued is None or not t.all():
            return 0.0
        # A filter without a limit at infinity may overflow there; its change then speaks alone.
        with np.errstate(all="ignore"):
            jump = np.nan_to_num(np.imag(self._continued(-t + 0j)), nan=0.0, posinf=0.0, neginf=0.0)
            beside = np.log(entries[:, 0::2] * entries[:, 1::2] / self._n).sum(axis=1)
        residual = beside[:, None] - np.log(theta[:, :, None] + t).sum(axis=1)
        share = np.abs(jump) * t / (t + theta.min(axis=1)[:, None])
        integral = np.sum(np.exp(np.minimum(residual, _LARGEST_LOG)) * share, axis=1)
        return float(np.max(_ratio(integral * np.log(t[1] / t[0]) / np.pi, size)))


def _ratio(top: Array, bottom: Array) -> Array:
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
