"""The deterministic equivalent on the real axis: kappa(zeta), bracketed and vectorised."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.errors import NoTheoryError
from twinseed.populations import Spectrum

__all__ = ["kappa", "zeta_of"]

Array = NDArray[np.float64]
Number = TypeVar("Number", np.float64, np.complex128)

_TOLERANCE = 4.0 * np.finfo(np.float64).eps
_STEPS = 200


def kappa(zeta: ArrayLike, spectrum: Spectrum, n: float, d: float) -> Array:
    """Solve the fixed point that carries a resolvent of S to one of Sigma.

    Equation: ``kappa - zeta = (d/n) sum_j w_j kappa mu_j/(kappa + mu_j)``; then
    ``(S + zeta)^-1 ~ (kappa/zeta) (Sigma + kappa)^-1``. Range: the unique root in
    ``[zeta, zeta + (d/n) mean(mu)]``, never negative; it tends to ``zeta`` as n grows, and at
    ``zeta`` to 0 it stays positive when ``d > n``. Shapes: that of ``zeta``. Units: eigenvalues.

    Validity: ``zeta > 0``; only the ratio of ``n`` and ``d`` matters, but both are taken so that
    ``1 - d/n`` keeps its digits near ``n = d``. ``spectrum`` as from ``Population.spectrum``.
    Source: Silverstein, J. Multivariate Anal. 55 (1995); Ledoit and Peche, Probab. Theory Relat.
    Fields 151 (2011). 1/kappa is the companion Stieltjes transform at -zeta.

    The right-hand side is concave in kappa and lies below that of one atom at the mean (Jensen), so
    that atom's closed form starts the iteration above the root; Newton steps on the logarithm
    follow, each held inside the bracket that the signs met so far define.

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

    The inverse is explicit. ``kappa [(n - d)/n + (d/n) sum_j w_j kappa/(kappa + mu_j)]`` has no
    cancellation for n >= d; ``kappa - (d/n) sum_j w_j kappa mu_j/(kappa + mu_j)`` has less for n
    well below d. Both are the same function.
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


def _ratios(n: float, d: float) -> tuple[float, float]:
    return d / n, (n - d) / n


def _one_atom(zeta: Array, mean: float, n: float, d: float) -> Array:
    """The positive root of kappa^2 + kappa (mean (n - d)/n - zeta) - zeta mean = 0."""
    half = 0.5 * (mean * _ratios(n, d)[1] - zeta)
    reach = np.abs(half) + np.hypot(half, np.sqrt(zeta) * np.sqrt(mean))
    return np.asarray(np.where(half > 0, mean * (zeta / reach), reach))
