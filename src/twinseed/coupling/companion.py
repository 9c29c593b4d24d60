"""The map zeta(kappa): its inverse kappa(zeta), the edges of the support, the atom at zero.

The map is explicit, and 1/kappa is the companion Stieltjes transform at -zeta. The edges of the
support are the zeros of the derivative of the map on the real axis.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.errors import NoTheoryError
from twinseed.populations import Spectrum

__all__ = [
    "atom_at_zero",
    "end_roots",
    "kappa",
    "outer_edges",
    "psi_of",
    "root_at_zero",
    "support",
    "zeta_of",
]

Number = TypeVar("Number", np.float64, np.complex128)

_TOLERANCE = 4.0 * np.finfo(np.float64).eps
_STEPS = 200
_BISECTIONS = 80


def kappa(zeta: ArrayLike, spectrum: Spectrum, n: float, d: float) -> Array:
    """Solve the fixed point that turns a resolvent of S into a resolvent of Sigma.

    Equation: ``kappa - zeta = (d/n) sum_j w_j kappa mu_j/(kappa + mu_j)``; then
    ``(S + zeta)^-1 ~ (kappa/zeta) (Sigma + kappa)^-1``. Range: the unique root in
    ``[zeta, zeta + (d/n) mean(mu)]``, never negative. kappa tends to ``zeta`` as n grows; at
    ``zeta`` to 0 kappa stays positive when ``d > n``. Shapes: as ``zeta``. Units: eigenvalues.

    Validity: ``zeta > 0``; only the ratio of ``n`` and ``d`` matters, but with both arguments
    ``1 - d/n`` keeps its digits near ``n = d``. ``spectrum`` as from ``Population.spectrum``.
    Source: Silverstein, J. Multivariate Anal. 55 (1995); Ledoit and Peche, Probab. Theory Relat.
    Fields 151 (2011). 1/kappa is the companion Stieltjes transform at -zeta.

    The right-hand side is concave in kappa, and one atom at the mean has a larger right-hand side
    (Jensen). So the closed form of this one atom starts the iteration above the root. Newton steps
    on the logarithm follow; each stays between the largest point known to lie below the root and
    the smallest point known to lie above.

    >>> import numpy as np
    >>> identity = (np.array([1.0]), np.array([1.0]))
    >>> float(kappa(0.01, identity, n=50, d=100).round(4))
    1.0198
    """
    target = np.atleast_1d(np.asarray(zeta, dtype=np.float64))
    values, weights = spectrum
    mean = float(np.dot(values, weights))
    upper = _one_atom(target, mean, n, d) * (1.0 + _TOLERANCE)
    root, low, high = upper.copy(), target.copy(), upper.copy()
    active = np.arange(target.size)
    for _ in range(_STEPS):
        x, goal = root[active], target[active]
        reached, slope, noise = zeta_of(x, spectrum, n, d)
        below = reached < goal
        low[active] = np.where(below, x, low[active])
        high[active] = np.where(below, high[active], x)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = x * np.exp(-reached * np.log(reached / goal) / (slope * x))
            newton = x - (reached - goal) / slope
        step = np.where(np.isfinite(step), step, newton)
        bad = ~((step >= low[active]) & (step <= high[active]))
        step = np.where(bad, newton, step)
        bad = ~((step >= low[active]) & (step <= high[active]))
        step = np.where(bad, np.sqrt(low[active] * high[active]), step)
        root[active] = step
        moving = (np.abs(step - x) > _TOLERANCE * x) & (np.abs(reached - goal) > noise)
        active = active[moving]
        if active.size == 0:
            return root.reshape(np.shape(zeta))
    raise NoTheoryError(
        f"the fixed point did not converge in {_STEPS} steps at zeta = {target[active][0]!r} "
        f"(n = {n!r}, d = {d!r}): please report the spectrum"
    )


def zeta_of(
    root: NDArray[Number], spectrum: Spectrum, n: float, d: float
) -> tuple[NDArray[Number], NDArray[Number], Array]:
    """Return zeta as a function of kappa, real or complex, its derivative, its rounding error.

    Two forms of the same function are used: ``kappa [(n - d)/n + (d/n) sum_j w_j kappa/(kappa +
    mu_j)]`` has no cancellation for n >= d; ``kappa - (d/n) sum_j w_j kappa mu_j/(kappa + mu_j)``
    has less cancellation for n well below d.
    """
    values, weights = spectrum
    aspect, excess = _ratios(n, d)
    below = root[:, None] + values
    if aspect <= 2.0:
        share = root[:, None] / below
        mean_share = share @ weights
        zeta = root * (excess + aspect * mean_share)
        slope = excess + aspect * ((share * (2.0 - share)) @ weights)
        scale = np.abs(root) * (abs(excess) + aspect * np.abs(mean_share))
    else:
        other = values / below
        zeta = root * (1.0 - aspect * (other @ weights))
        slope = 1.0 - aspect * ((other * other) @ weights)
        scale = np.abs(root)
    return zeta, slope, _TOLERANCE * scale


def psi_of(factor: float, spectrum: Spectrum, gamma: ArrayLike) -> tuple[Array, Array]:
    """Return ``psi(mu) = -zeta(-mu)`` outside the spectrum, and its derivative ``zeta'(-mu)``.

    Equation, with ``c = 1/gamma``: ``psi(mu) = mu + c mu sum_j w_j mu_j/(mu - mu_j)``. Shapes: the
    shape of gamma. Values at an atom of the spectrum are infinite or NaN.

    >>> position, slope = psi_of(3.0, (np.ones(1), np.ones(1)), gamma=1.0)
    >>> float(position), float(slope)
    (4.5, 0.75)
    """
    values, weights = spectrum
    aspect = 1.0 / np.asarray(gamma, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = values / (factor - values)
        first, second = float(np.dot(weights, pull)), float(np.dot(weights, pull * pull))
        return factor * (1.0 + aspect * first), 1.0 - aspect * second


def _ratios(n: float, d: float) -> tuple[float, float]:
    return d / n, (n - d) / n


def _one_atom(zeta: Array, mean: float, n: float, d: float) -> Array:
    """The positive root of kappa^2 + kappa (mean (n - d)/n - zeta) - zeta mean = 0."""
    half = 0.5 * (mean * _ratios(n, d)[1] - zeta)
    reach = np.abs(half) + np.hypot(half, np.sqrt(zeta) * np.sqrt(mean))
    return np.asarray(np.where(half > 0, mean * (zeta / reach), reach))


def root_at_zero(spectrum: Spectrum, n: float, d: float) -> float:
    """Return kappa at zeta = 0: above zero where more directions vary than there are rows."""
    values, shares = spectrum
    varying = values > 0
    if d * float(shares[varying].sum()) <= n:
        return 0.0
    return float(kappa(1e-30 * values[varying].min(), spectrum, n, d))


def atom_at_zero(root: float, mu: Array) -> Array:
    """Return the mass of the atom of S at zero along each direction ``mu``; root: kappa there."""
    if root == 0.0:
        return np.where(mu == 0, 1.0, 0.0)
    return np.asarray(root / (root + mu))


def support(spectrum: Spectrum, n: float, d: float) -> Array:
    """Return the intervals that hold the sample eigenvalues other than 0, (intervals, 2), rising.

    Equation: the edges are ``-zeta(kappa)`` at the real zeros of ``zeta'(kappa) = 1 - (d/n) sum_j
    w_j mu_j^2/(kappa + mu_j)^2``. Between two poles ``-mu_j`` this function is concave; where it
    has two zeros between the same poles, the support has a gap.

    Source: Silverstein and Choi, J. Multivariate Anal. 54 (1995).

    >>> import numpy as np
    >>> support((np.ones(1), np.ones(1)), n=400, d=100)
    array([[0.25, 2.25]])
    """
    first, last = end_roots(spectrum, n, d)
    edges = np.concatenate([[last], _gap_edges(*_poles(spectrum, n, d)), [first]])
    return np.sort(_positions(edges, spectrum, n, d)).reshape(-1, 2)


def outer_edges(spectrum: Spectrum, n: float, d: float) -> tuple[float, float]:
    """Return the two ends of the support, without the search for gaps, which takes longer.

    >>> outer_edges((np.ones(1), np.ones(1)), n=400, d=100)
    (0.25, 2.25)
    """
    low, high = _positions(np.array(end_roots(spectrum, n, d)), spectrum, n, d)
    return float(low), float(high)


def _positions(root: Array, spectrum: Spectrum, n: float, d: float) -> Array:
    """Sample eigenvalues ``-zeta(kappa)`` at real roots; the root zero is a hard edge at zero."""
    hard = root == 0.0
    values = -zeta_of(np.where(hard, -1e-300, root), spectrum, n, d)[0]
    return np.where(hard, 0.0, np.maximum(values, 0.0))


def end_roots(spectrum: Spectrum, n: float, d: float) -> tuple[float, float]:
    """Return kappa at the two ends of the support, the lower end first."""
    from scipy.optimize import brentq

    mu, strength = _poles(spectrum, n, d)
    scale = np.sqrt(strength.sum())

    def slope(x: float) -> float:
        return float(1.0 - np.sum(strength / (x + mu) ** 2))

    def inside(distance: float) -> float:
        return slope(-mu[0] + distance)

    def outside(distance: float) -> float:
        return slope(-mu[-1] - distance)

    tiny_low = 0.5 * np.sqrt(strength[0])
    tiny_high = 0.5 * np.sqrt(strength[-1])
    try:
        first = -mu[0] + brentq(inside, tiny_low, 1.01 * scale, xtol=1e-300, rtol=1e-15)
        last = -mu[-1] - brentq(outside, tiny_high, 1.01 * scale, xtol=1e-300, rtol=1e-15)
    except ValueError as error:
        raise NoTheoryError(
            f"the support is too narrow to be found at n/d = {n / d:.6g}"
        ) from error
    return first, last


def _poles(spectrum: Spectrum, n: float, d: float) -> tuple[Array, Array]:
    """Return the positive atoms, and the strength (d/n) w mu^2 of the pole of each in zeta'."""
    values, weights = spectrum
    kept = (values > 0) & (weights > 0)
    mu = values[kept]
    return mu, (d / n) * weights[kept] * mu**2


def _gap_edges(mu: Array, strength: Array) -> Array:
    """Return the zeros of zeta' between neighbouring poles, two for each gap of the support."""
    left, right = -mu[1:][::-1], -mu[:-1][::-1]
    a, b = strength[1:][::-1], strength[:-1][::-1]
    # the two neighbouring poles bound zeta' from above; by this bound most pieces have no zero
    possible = (np.cbrt(a) + np.cbrt(b)) ** 3 < (right - left) ** 2
    left, right = left[possible], right[possible]
    if left.size == 0:
        return np.empty(0)

    def bisect(low: Array, high: Array, power: int, sign: float, level: float) -> Array:
        low, high = low.copy(), high.copy()
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            value = (strength / (middle[:, None] + mu) ** power).sum(axis=1)
            up = sign * (value - level) > 0
            low, high = np.where(up, middle, low), np.where(up, high, middle)
        return 0.5 * (low + high)

    top = bisect(left, right, 3, 1.0, 0.0)
    open_gap = (strength / (top[:, None] + mu) ** 2).sum(axis=1) < 1.0
    left, right, top = left[open_gap], right[open_gap], top[open_gap]
    rising = bisect(left, top, 2, 1.0, 1.0)
    falling = bisect(top, right, 2, -1.0, 1.0)
    return np.stack([rising, falling], axis=1).ravel()
