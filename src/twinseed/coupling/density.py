"""The coupling on the real axis: where the sample spectrum lies, and its density given a direction.

This is the route for every filter without a formula of its own. The map ``zeta(kappa)`` of the
fixed point is explicit, so the edges of the support are the zeros of its derivative on the real
axis; inside, kappa is followed by Newton steps from far above the axis, where it is known, down
onto it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from twinseed.coupling.fixed_point import kappa, zeta_of
from twinseed.errors import NoTheoryError
from twinseed.populations import Spectrum

__all__ = ["SampleDensity", "end_roots", "on_axis", "outer_edges", "sample_density", "support"]

Array = NDArray[np.float64]

_BISECTIONS = 80
_DESCENT = 0.35
"""Factor by which the height over the real axis shrinks from one Newton solve to the next."""
_NEWTON = 12


@dataclass(frozen=True)
class SampleDensity:
    """The coupling of sample and population spectra, as quadrature nodes.

    ``nodes`` are sample eigenvalues; ``share[i, j]`` is the mass that node i holds of population
    direction j (nodes x atoms); ``at_zero[j]`` is the mass of the atom of S at zero. Each column
    adds up to one with ``at_zero``, to the accuracy of the quadrature.
    """

    nodes: Array
    share: Array
    at_zero: Array


def support(spectrum: Spectrum, n: float, d: float) -> Array:
    """Intervals that hold the sample eigenvalues other than 0, shape (intervals, 2), rising.

    Equation: the edges are ``-zeta(kappa)`` at the real zeros of ``zeta'(kappa) = 1 - (d/n) sum_j
    w_j mu_j^2/(kappa + mu_j)^2``, which is concave between two poles ``-mu_j``: a gap of the
    support lies between two zeros of the same piece.

    Source: Silverstein and Choi, J. Multivariate Anal. 54 (1995).

    >>> import numpy as np
    >>> support((np.ones(1), np.ones(1)), n=400, d=100)
    array([[0.25, 2.25]])
    """
    first, last = end_roots(spectrum, n, d)
    edges = np.concatenate([[last], _gap_edges(*_poles(spectrum, n, d)), [first]])
    return np.sort(_positions(edges, spectrum, n, d)).reshape(-1, 2)


def outer_edges(spectrum: Spectrum, n: float, d: float) -> tuple[float, float]:
    """Ends of the support: its gaps, which cost more, are not looked for.

    >>> outer_edges((np.ones(1), np.ones(1)), n=400, d=100)
    (0.25, 2.25)
    """
    low, high = _positions(np.array(end_roots(spectrum, n, d)), spectrum, n, d)
    return float(low), float(high)


def _positions(root: Array, spectrum: Spectrum, n: float, d: float) -> Array:
    """Sample eigenvalues ``-zeta(kappa)`` at real roots; zero, a hard edge, belongs to zero."""
    hard = root == 0.0
    values = -zeta_of(np.where(hard, -1e-300, root), spectrum, n, d)[0]
    return np.where(hard, 0.0, np.maximum(values, 0.0))


def end_roots(spectrum: Spectrum, n: float, d: float) -> tuple[float, float]:
    """kappa at the two ends of the support, the lower end first."""
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


def sample_density(
    spectrum: Spectrum,
    n: float,
    d: float,
    mu: Array,
    *,
    breaks: Sequence[float] = (),
    order: int = 48,
) -> SampleDensity:
    """Quadrature of functions of a sample eigenvalue, given each population direction ``mu``.

    Equation: inside the support, ``rho(lambda | mu) = mu Im(-kappa)/(pi lambda |kappa + mu|^2)``
    with kappa at ``zeta = -lambda - i0``; the atom at 0 is ``kappa_0/(kappa_0 + mu)``, kappa_0 the
    limit of kappa at zeta to 0 (0 for n at least the number of varying directions). Shapes: as in
    ``SampleDensity``; ``mu`` need not be an atom. ``breaks``: eigenvalues at which the functions
    jump. ``order``: nodes a piece; edges are handled exactly, so convergence is geometric.

    Validity: the limit of large n and d; a factor outside the spectrum has a further point mass,
    its overlap, at its ``Outlier.position``.
    Source: Ledoit and Peche, Probab. Theory Relat. Fields 151 (2011).
    """
    nodes, weights = _nodes(support(spectrum, n, d), breaks, order)
    root = on_axis(nodes, spectrum, n, d)
    at_zero = np.zeros(mu.size)
    values, shares = spectrum
    if d * float(shares[values > 0].sum()) > n:
        smallest = float(values[values > 0].min())
        limit = float(kappa(1e-30 * smallest, spectrum, n, d))
        at_zero = limit / (limit + mu)
    at_zero = np.where(mu == 0, 1.0, at_zero)
    below = root[:, None] + mu
    density = mu * (-root.imag / (np.pi * nodes))[:, None] / (below.real**2 + below.imag**2)
    return SampleDensity(nodes, density * weights[:, None], at_zero)


def _poles(spectrum: Spectrum, n: float, d: float) -> tuple[Array, Array]:
    """Positive atoms, and the strength (d/n) w mu^2 of each one's pole in zeta'."""
    values, weights = spectrum
    kept = (values > 0) & (weights > 0)
    mu = values[kept]
    return mu, (d / n) * weights[kept] * mu**2


def _gap_edges(mu: Array, strength: Array) -> Array:
    """Zeros of zeta' between neighbouring poles, two for each gap of the support."""
    left, right = -mu[1:][::-1], -mu[:-1][::-1]
    a, b = strength[1:][::-1], strength[:-1][::-1]
    # the two neighbours alone bound zeta' from above: most pieces are ruled out by them
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


def _nodes(intervals: Array, breaks: Sequence[float], order: int) -> tuple[Array, Array]:
    """Gauss-Legendre nodes in the angle of each interval, so that square-root edges are smooth.

    Wide intervals are laid out in log lambda; one that reaches down to 0 in sqrt lambda.
    """
    points, weights = np.polynomial.legendre.leggauss(order)
    every, total = [], []
    for low, high in intervals:
        inner = sorted(t for t in breaks if low < t < high)
        if low <= 1e-26 * high:
            angles = [0.0, *(np.arccos(np.sqrt(t / high)) for t in inner[::-1]), np.pi / 2]
            layout = "root"
        else:
            layout = "log" if high > 8.0 * low else "plain"
            ends = np.log([low, high]) if layout == "log" else np.array([low, high])
            middle, half = ends.mean(), 0.5 * (ends[1] - ends[0])
            marks = np.log(inner) if layout == "log" else np.array(inner)
            angles = [0.0, *np.arccos((marks - middle) / half)[::-1], np.pi]
        for start, stop in itertools.pairwise(angles):
            theta = start + 0.5 * (stop - start) * (points + 1.0)
            measure = 0.5 * (stop - start) * weights
            if layout == "root":
                value = high * np.cos(theta) ** 2
                step = 2.0 * high * np.cos(theta) * np.sin(theta)
            else:
                value, step = middle + half * np.cos(theta), half * np.sin(theta)
                if layout == "log":
                    value = np.exp(value)
                    step = step * value
            every.append(value)
            total.append(measure * step)
    return np.concatenate(every), np.concatenate(total)


def on_axis(nodes: Array, spectrum: Spectrum, n: float, d: float) -> NDArray[np.complex128]:
    """kappa at ``zeta = -lambda - i0``, by Newton steps from far above the axis down onto it."""
    aspect = d / n
    mean = float(np.dot(*spectrum))
    height = 8.0 * (float(nodes.max()) + aspect * mean)
    lowest = 1e-13 * nodes
    root: NDArray[np.complex128] = np.asarray(-nodes - 1j * height + aspect * mean)
    while True:
        goal = -nodes - 1j * np.where(height > lowest, height, 0.0)
        for _ in range(_NEWTON):
            reached, slope, _ = zeta_of(root, spectrum, n, d)
            step = (reached - goal) / slope
            root = np.asarray(root - step)
            root = np.asarray(np.where(root.imag < 0, root, root.real - 1e-3j * np.abs(step)))
            if np.all(np.abs(step) <= 1e-9 * np.abs(root.imag)):
                break
        if np.all(height <= lowest):
            return root
        height *= _DESCENT
