"""Smooth filters on any spectrum: E[f(lambda) | mu] by a contour around the sample spectrum.

The map ``zeta(kappa)`` of the fixed point is explicit, so the contour is a circle in the plane of
kappa, and no equation is solved on it. The circle has its centre on the real axis and crosses this
axis at two points outside the image of the support. It then lies outside the image everywhere:
``sum_j w_j mu_j^2/|kappa + mu_j|^2`` is convex in the cosine of the angle, so it is largest at a
crossing. With the crossings b and a, ``w = (kappa - b)/(kappa - a)`` maps half the circle to a ray.
Every singularity lies at a right angle to the ray: the support on one side, the filter's cut and
the pole at zero on the other side. So the trapezoid in ``log|w|`` has an error of exp(-pi^2/step),
whatever the width of the spectrum.

A filter can be analytic and still grow or oscillate without bound far from the real axis, as
``exp(-time lambda)`` does to the left of the imaginary axis. For such a filter the contour lies
close to the support: an arc in the plane of the sample eigenvalue that leaves the real axis at a
small angle. On this arc ``exp(-time lambda)`` decays before it oscillates, for every time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.coupling.companion import (
    atom_at_zero,
    end_roots,
    kappa,
    outer_edges,
    root_at_zero,
    zeta_of,
)
from twinseed.coupling.compression import compressed
from twinseed.coupling.density import on_axis
from twinseed.populations import Spectrum

__all__ = ["Contour", "contour", "wedge"]

ComplexArray = NDArray[np.complex128]

_STEP = 0.26
_REACH = 37.0
_CLEAR = 8.0
"""Distance of the crossings from the support, as a factor: compression is exact there."""
_CLOSE = 4.0
"""The same for a contour close to the support."""
_TURNS = 12
"""Steps of the angle from the negative axis to such a contour, in which kappa is solved."""
_NEWTON = 8


@dataclass(frozen=True)
class Contour:
    """The upper half of a contour: complex sample eigenvalues ``z``, and their weights.

    ``mean(f, mu)`` is ``f(0) at_zero(mu) + (1/pi) Im sum_i weights_i f(z_i)/(kappa_i + mu)``. A
    factor outside the spectrum has a pole at its ``Outlier.position``. The sum includes this pole
    if it lies between the two ``ends`` of the contour on the real axis.
    """

    z: ComplexArray
    root: ComplexArray
    weights: ComplexArray
    zero: float
    ends: tuple[float, float]

    def at_zero(self, mu: Array) -> Array:
        """Return the mass of the atom of S at zero along each direction."""
        return atom_at_zero(self.zero, mu)

    def mean(self, values: ComplexArray, at_zero: float, mu: Array) -> Array:
        """Return the mean of a function over the sample spectrum, given each direction ``mu``."""
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
    """Return a contour around the sample eigenvalues above ``threshold``; 0 lies outside.

    ``exact`` is the spectrum, from which the crossings follow; ``nodes`` is the spectrum or its
    compression, over which the sums run. Filters may have a branch point at 0; they must be
    analytic off the negative axis. With a threshold inside the support the contour begins on the
    real axis at the threshold. A compression is not exact there: pass the spectrum itself twice. A
    filter that grows off the positive axis needs a ``refinement`` of the steps: compare two.

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
    scales = [abs(near - last), abs(near), float(exact[0][exact[0] > 0].min())]
    span = float(np.log(scales[0] / min(scale for scale in scales if scale > 0)))
    if begin <= -_REACH:
        begin -= span
    log_w, step = _ray(begin, max(begin, 0.0) + _REACH + span, refinement)
    # the upper half circle from near to last < near is w = i |w|
    w = 1j * np.exp(log_w)
    root = (near - last * w) / (1.0 - w)
    jacobian = w * (near - last) / (1.0 - w) ** 2
    zeta, slope, _ = zeta_of(root, nodes, n, d)
    # a hard edge at zero is the crossing itself
    low = -float(zeta_of(np.array([near]), exact, n, d)[0][0]) if near != 0.0 else 0.0
    high = -float(zeta_of(np.array([last]), exact, n, d)[0][0])
    ends = (threshold if threshold > 0.0 else low, high)
    return Contour(-zeta, root, step * jacobian * slope * root / zeta, zero, ends)


def wedge(exact: Spectrum, n: float, d: float, angle: float) -> Contour:
    """Return a contour close to the sample eigenvalues, at an angle to the real axis.

    The crossings are a, a quarter of the lower end of the support, and b, four times its upper end.
    ``w = (z - a)/(b - z)`` has the argument ``angle`` on the whole contour: near a, z moves away
    from a at this angle. The support has the argument 0 and the negative axis the argument pi, so
    the trapezoid in ``log|w|`` needs a step in proportion to ``angle``. At each point kappa is
    found by steps from the negative axis, on a circle around zero.

    Validity: ``angle`` up to a right angle; every filter that is analytic off the negative axis and
    bounded at arguments below about twice the ``angle``.

    >>> import numpy as np
    >>> around = wedge((np.ones(1), np.ones(1)), n=200, d=100, angle=np.pi / 4)
    >>> float(around.mean(around.z, 0.0, np.ones(1))[0].round(12))
    1.0
    """
    low, high = outer_edges(exact, n, d)
    near, last = low / _CLOSE, high * _CLOSE
    # near a hard edge at zero the integrand falls only like the root of w
    begin = np.log(near / last) - _REACH if near > 0.0 else -2.0 * _REACH
    step = _STEP * angle / (0.5 * np.pi)
    w: ComplexArray = np.exp(np.arange(begin, _REACH, step) - 1j * angle).astype(np.complex128)
    zeta = -(near + last * w) / (1.0 + w)
    jacobian = -w * (last - near) / (1.0 + w) ** 2
    root = _followed(zeta, compressed(exact, panel=0.6 * angle), n, d)
    zero = root_at_zero(exact, n, d)
    return Contour(-zeta, root, step * jacobian * root / zeta, zero, (near, last))


def _followed(zeta: ComplexArray, nodes: Spectrum, n: float, d: float) -> ComplexArray:
    """Return kappa in the upper half plane; each Newton solve starts from a smaller angle."""
    size, angle = np.abs(zeta), np.angle(zeta)
    root = kappa(size, nodes, n, d).astype(np.complex128)
    for part in np.linspace(0.0, 1.0, _TURNS + 1)[1:]:
        goal = size * np.exp(1j * part * angle)
        moving = np.arange(zeta.size)
        for _ in range(_NEWTON):
            reached, slope, noise = zeta_of(root[moving], nodes, n, d)
            error = reached - goal[moving]
            root[moving] -= error / slope
            moving = moving[np.abs(error) > np.maximum(10.0 * noise, 1e-9 * size[moving])]
            if moving.size == 0:
                break
    return root


def _ray(begin: float, end: float, refinement: int) -> tuple[Array, Array]:
    """Return points and weights in log|w|: Gauss panels from a finite start, else a trapezoid."""
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
    bottom, top = end_roots(spectrum, n, d)
    zero = root_at_zero(spectrum, n, d)
    near = 0.5 * (bottom + zero) if zero > 0.0 else bottom / _CLEAR
    return near, _CLEAR * top, zero
