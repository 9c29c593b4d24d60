"""Allowances: how much an asymptotic formula may differ at a finite size, fixed before any draw.

Each function returns the allowance and its reason. The allowances come from the next order of the
theory, not from simulations.
"""

from __future__ import annotations

from twinseed.coupling.extremes import expected_maximum

__all__ = [
    "NONE",
    "convergence_any",
    "convergence_isotropic",
    "floor",
    "maximum",
    "ratio",
    "recovery",
    "second",
    "share",
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


def maximum(value: float, n: float, effective: float) -> Allowance:
    """``m G_n^2/d_eff``, ``G_n`` the mean largest of n standard normals.

    A cosine is bounded and a Gaussian is not: the law of a cosine t/sqrt(d) falls as
    ``exp(-t^2/2 - t^4/(4 d))``, so its maximum is lower by the relative amount ``G^2/(4 d)``. The
    length of the closest row adds up to ``G^2/(2 d)``.
    """
    top = float(expected_maximum(n)) ** 2
    reason = "m G_n^2/d_eff: cosines are bounded, the normal variables of the formula are not"
    return value * top / effective, reason


def ratio(value: float, n: float, effective: float) -> Allowance:
    """``rho [(rho^2 - 1) G_n^2/2 + 2]/d_eff``: ``maximum`` less the part common to m, m_0."""
    top = float(expected_maximum(n)) ** 2
    relative = ((value**2 - 1.0) * top / 2.0 + 2.0) / effective
    reason = "rho [(rho^2 - 1) G_n^2/2 + 2]/d_eff: as for m, less the part that cancels in m/m_0"
    return value * relative, reason


def share(rho: float, n: float, effective: float) -> Allowance:
    """``(G_n^2/4) delta``, ``delta`` the relative allowance of rho.

    A maximum of n normals varies by ``1/G_n``. The probability that one maximum exceeds another
    changes at the rate ``1/4`` in this unit, so the share changes by ``G_n^2/4`` times a relative
    change of rho.
    """
    top = float(expected_maximum(n)) ** 2
    relative = ratio(rho, n, effective)[0] / rho
    return top / 4.0 * relative, "G_n^2/4 times the relative allowance of rho"


def recovery(n: float, d: float, slope: float) -> Allowance:
    """``3/(min(n, d) slope^2)``, ``slope = psi'(mu)``: 1 far above threshold, 0 at threshold.

    The sample eigenvalue of a factor has the variance ``2 mu^2 slope/n``. The bias of a smooth
    function of this eigenvalue is of order 1/n, and grows as ``slope^-2`` near the threshold.
    """
    return 3.0 / (min(n, d) * slope**2), "3/(min(n, d) psi'^2): O(1/d), larger near threshold"


def floor(value: float) -> Allowance:
    """Twice the floor of an unlearned direction, because the floor is known to a factor of two."""
    return 2.0 * value, "twice the floor of an unlearned direction at this d"
