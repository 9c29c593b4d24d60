"""Allowances: how much an asymptotic formula may differ at a finite size, fixed before any draw.

Each function returns the allowance and its reason. The allowances come from the next order of the
theory, not from simulations.
"""

from __future__ import annotations

__all__ = [
    "NONE",
    "convergence_any",
    "convergence_isotropic",
    "floor",
    "recovery",
    "second",
]

Allowance = tuple[float, str]

NONE: Allowance = (0.0, "none: the statement is exact")


def second(size: float) -> Allowance:
    """``1/size^2``, where the prediction includes the order ``1/size``; ``size`` = max(n, d)."""
    return 1.0 / size**2, "1/max(n, d)^2: the prediction includes the order before"


def convergence_isotropic(value: float, n: float, d: float) -> Allowance:
    """``q/max(n, d)``, for the identity with a few factors.

    The O(1/d) term of a linear statistic of the Wishart ensemble (see ``ridges.mean_root_at``)
    lowers q by ``q/(4 max(n, d))`` without a ridge, and by less with a ridge. Factors move q by
    as much.
    Source: Bai and Silverstein, Ann. Probab. 32 (2004) 553 (the real case).
    """
    return value / max(n, d), "q/max(n, d): four times the next order of the formula"


def convergence_any(value: float, n: float) -> Allowance:
    """``q/(2 n)``, for a spectrum with a few dominant directions.

    For n >> d the next order of ``1 - q`` comes from the diagonal of the covariance, whose
    variance ``2 mu^2/n`` is twice the variance of another entry: it adds exactly ``q/(4 n)``,
    whatever the spectrum; for n < d it adds less.
    """
    return value / (2.0 * n), "q/(2 n): twice the next order, q/(4 n), of the formula"


def recovery(n: float, d: float, slope: float) -> Allowance:
    """``3/(min(n, d) slope^2)``, ``slope = psi'(mu)``: 1 far above threshold, 0 at threshold.

    The sample eigenvalue of a factor has the variance ``2 mu^2 slope/n``. The bias of a smooth
    function of this eigenvalue is of order 1/n, and grows as ``slope^-2`` near the threshold.
    """
    return 3.0 / (min(n, d) * slope**2), "3/(min(n, d) psi'^2): O(1/d), larger near threshold"


def floor(value: float) -> Allowance:
    """Twice the floor of an unlearned direction, because the floor is known to a factor of two."""
    return 2.0 * value, "twice the floor of an unlearned direction at this d"
