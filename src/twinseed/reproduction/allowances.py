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
    "share",
]

Allowance = tuple[float, str]

NONE: Allowance = (0.0, "none: the statement is exact")


def convergence_isotropic(n: float, d: float) -> Allowance:
    """``1/max(n, d)``.

    The O(1/d) term of a linear statistic of the Wishart ensemble, ``[f(a) + f(b)]/4 - (1/2 pi) int
    f/sqrt((x - a)(b - x))``, moves q by 0.23/d at n = d; for n >> d it is 1/(4 n).
    Source: Bai and Silverstein, Ann. Probab. 32 (2004) 553 (the real case).
    """
    return 1.0 / max(n, d), "1/max(n, d): four times the next order, 1/(4 n), of the formula"


def convergence_any(n: float) -> Allowance:
    """``1/n``, for a spectrum with a few dominant directions.

    For n >> d the next order of ``1 - q`` comes from the diagonal of the covariance, whose
    variance ``2 mu^2/n`` is twice the variance of another entry: it adds exactly ``1/(4 n)``,
    whatever the spectrum.
    """
    return 1.0 / n, "1/n: four times the next order, 1/(4 n), of the formula"


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
    """The floor itself, because the floor is known only to a factor of two."""
    return value, "a factor of two: the floor is an order of magnitude"
