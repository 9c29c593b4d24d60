"""Any smooth filter on any spectrum: E[f(lambda) | mu] by a contour around the sample spectrum.

The map ``zeta(kappa)`` of the fixed point is explicit, so the contour is drawn in the plane of
kappa and nothing is solved on it. A circle centred on the real axis that crosses it at two points
outside the image of the support stays outside everywhere: ``sum_j w_j mu_j^2/|kappa + mu_j|^2`` is
convex in the cosine of the angle, so that it is largest at a crossing. Between the crossings b and
a, ``w = (kappa - b)/(kappa - a)`` maps half the circle to a ray, every singularity lies a right
angle away from it (the support on one side, the filter's cut and the pole at zero on the other),
and the trapezoid in ``log|w|`` has an error of exp(-pi^2/step) whatever the width of the spectrum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from twinseed.coupling.density import on_axis
from twinseed.coupling.fixed_point import kappa
from twinseed.populations import Spectrum

__all__ = ["Contour", "contour"]

Array = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

_STEP = 0.26
_REACH = 37.0
_CLEAR = 8.0
"""How far the crossings stay from the support, as a factor: compression is exact there."""


@dataclass(frozen=True)
class Contour:
    """Half a contour: sample eigenvalues ``z`` off the axis, and the weights of the half sum.

    ``mean(f, mu)`` is ``f(0) at_zero(mu) + (1/pi) Im sum_i weights_i f(z_i)/(kappa_i + mu)``.
    """

    z: ComplexArray
    root: ComplexArray
    weights: ComplexArray
    zero: float

    def at_zero(self, mu: Array) -> Array:
        """Mass of the atom of S at zero along each direction."""
        if self.zero == 0.0:
            return np.where(mu == 0, 1.0, 0.0)
        return np.asarray(self.zero / (self.zero + mu))

    def mean(self, values: ComplexArray, at_zero: float, mu: Array) -> Array:
        """Mean over the sample spectrum, given each direction, of a function on the contour."""
        inside = ((self.weights * values)[:, None] / (self.root[:, None] + mu)).sum(axis=0)
        inside = np.where(mu == 0, 0.0, inside.imag / np.pi)
        return np.asarray(inside + at_zero * self.at_zero(mu))


def contour(
    exact: Spectrum,
    nodes: Spectrum,
    n: float,
    d: float,
    *,
    threshold: float = 0.0,
    refinement: int = 1,
) -> Contour:
    """Lay the contour around the sample eigenvalues above ``threshold``, 0 left outside.

    ``exact`` is the spectrum itself, which fixes the crossings; ``nodes`` the same or its
    compression, which the sums run over. Filters may have a branch point at 0; they must be
    analytic off the negative axis. With a threshold inside the support the contour begins on the
    real axis there (where a compression is not exact: pass the spectrum itself twice). A filter
    that grows off the positive axis needs a ``refinement`` of the steps: compare two.

    Source: Hale, Higham and Trefethen, SIAM J. Numer. Anal. 46 (2008), for contours of this kind;
    the map and its convexity are elementary.

    >>> import numpy as np
    >>> identity = (np.ones(1), np.ones(1))
    >>> around = contour(identity, identity, n=200, d=100)
    >>> float(around.mean(around.z, 0.0, np.ones(1))[0].round(12))
    1.0
    """
    first, last, zero = _crossings(exact, n, d)
    start: complex = first
    if threshold > 0.0:
        start = complex(np.conj(on_axis(np.array([threshold]), exact, n, d)[0]))
    if start.imag <= 1e-9 * abs(start):
        near, begin = start.real, -_REACH
    else:
        near = (abs(start) ** 2 - last * start.real) / (start.real - last)
        begin = float(np.log(abs((start - near) / (start - last))))
    values, weights = nodes
    scales = [abs(near - last), abs(near), float(exact[0][exact[0] > 0].min())]
    span = float(np.log(scales[0] / min(scale for scale in scales if scale > 0)))
    if begin <= -_REACH:
        begin -= span
    log_w, step = _ray(begin, max(begin, 0.0) + _REACH + span, refinement)
    # the upper half circle from near to last < near is w = i |w|
    w = 1j * np.exp(log_w)
    root = (near - last * w) / (1.0 - w)
    jacobian = w * (near - last) / (1.0 - w) ** 2
    share = root[:, None] / (root[:, None] + values)
    zeta = root * ((n - d) / n + (d / n) * (share @ weights))
    slope = (n - d) / n + (d / n) * ((share * (2.0 - share)) @ weights)
    return Contour(-zeta, root, step * jacobian * slope * root / zeta, zero)


def _ray(begin: float, end: float, refinement: int) -> tuple[Array, Array]:
    """Points and weights in log|w|: a trapezoid from nowhere, Gauss panels from a finite start."""
    if begin <= -_REACH:
        step = _STEP / refinement
        points = np.arange(begin, end + step, step)
        return points, np.full(points.size, step)
    x, weight = np.polynomial.legendre.leggauss(14)
    edges = np.linspace(begin, end, refinement * int(np.ceil(end - begin)) + 1)
    half = 0.5 * (edges[1] - edges[0])
    points = (edges[:-1, None] + half * (x + 1.0)).ravel()
    return points, np.tile(half * weight, edges.size - 1)


def _crossings(spectrum: Spectrum, n: float, d: float) -> tuple[float, float, float]:
    """Real points of kappa on the two sides of the support, and kappa at zeta = 0."""
    values, shares = spectrum
    kept = (values > 0) & (shares > 0)
    mu = values[kept]
    strength = (d / n) * shares[kept] * mu**2
    scale = float(np.sqrt(strength.sum()))

    def slope(x: float) -> float:
        return float(1.0 - np.sum(strength / (x + mu) ** 2))

    top = -mu[-1] - brentq(
        lambda x: slope(-mu[-1] - x), 0.5 * np.sqrt(strength[-1]), 1.01 * scale, rtol=1e-12
    )
    bottom = -mu[0] + brentq(
        lambda x: slope(-mu[0] + x), 0.5 * np.sqrt(strength[0]), 1.01 * scale, rtol=1e-12
    )
    zero = 0.0
    if d * float(shares[values > 0].sum()) > n:
        zero = float(kappa(1e-30 * mu[0], spectrum, n, d))
        return 0.5 * (bottom + zero), _CLEAR * top, zero
    return bottom / _CLEAR, _CLEAR * top, zero
