"""Closed forms and fast sums for the identity bulk: the Marchenko-Pastur law.

With ``lambda(theta) = 1 + c + 2 sqrt(c) cos(theta)`` the measure ``lambda dMP(lambda)`` is ``(2/pi)
sin^2(theta) dtheta`` for every aspect ratio ``c = d/n``, and the atom at zero has no weight in it.
So for any function g,

    E_MP g = g(0) + (2/pi) int_0^pi sin^2(theta) [g(lambda) - g(0)]/lambda dtheta,

with the atom at 0 included, also at ``c = 1``. The integrand is periodic, so the trapezoidal rule
(Gauss's rule of the second kind in cos(theta)) converges geometrically, at a rate that depends on
the branch point of g at ``lambda = -ridge``.
Where this point is too close (``c`` near 1 and a small ridge), the integral is computed as an
elliptic integral by Carlson's forms.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array

__all__ = ["convergence_gap", "mean_root"]

_NODES = (5, 6, 7, 8, 9, 10, 12, 14, 16, 19, 23, 28, 34, 42, 52, 66, 88, 120, 170)
_DECAY = 37.0
"""The rule with M nodes errs by about w^(-2M - 2): (2 M + 2) ln(w) > 37 leaves 1e-16."""
_CHUNK = 1 << 14
"""Pairs computed together: their temporary arrays stay in the cache of the processor."""


def mean_root(gamma: ArrayLike, ridge: ArrayLike = 0.0) -> Array:
    """Mean of ``sqrt(lambda + ridge)`` over the Marchenko-Pastur law, the atom at 0 included.

    Equation: ``F(1) = E_MP sqrt(lambda + r) = (1/d) tr f(S)`` for the identity population.
    Range: from ``sqrt(r)`` (``gamma`` to 0: the model knows nothing) to ``sqrt(1 + r)`` (``gamma``
    to infinity: the model is the truth). Shapes: ``gamma`` and ``ridge`` broadcast.

    Validity: ``gamma > 0``, ``ridge >= 0``, unchecked here (``predict`` checks); relative error
    about 1e-14 for gamma from 1e-4 to 1e4.
    Source: Marchenko and Pastur, Mat. Sb. 72 (1967), for the law; the integral is derived here.
    ``F(1)^2/(1 + r)`` is convergence (Maillard and Goldt, arXiv 2605.21402).

    >>> round(float(mean_root(1.0)), 12) == round(8 / (3 * np.pi), 12)
    True
    """
    aspect, r, shape = _broadcast(gamma, ridge)
    return _mean_root(aspect, r).reshape(shape)


def convergence_gap(gamma: ArrayLike, ridge: ArrayLike = 0.0) -> Array:
    """``1 - q`` of two ridge models, identity population, without cancellation.

    Equation: ``1 - q = e (2 - e)`` with ``e = 1 - E sqrt(lambda + r)/sqrt(1 + r) = E h^2/(2 (1 +
    r))`` and ``h = sqrt(lambda + r) - sqrt(1 + r) = (lambda - 1)/(sqrt(lambda + r) + sqrt(1 +
    r))``, an average of positive terms. Range: 0 (the models agree) to ``1/(1 + r)``. Shapes:
    broadcast.

    Validity: as ``mean_root``; relative error 1e-12 or better down to gaps of 1e-9 and below.

    >>> float(convergence_gap(1e9).round(18))
    2.5e-10
    """
    aspect, r, shape = _broadcast(gamma, ridge)
    root = _mean_root(aspect, r)
    gap = 1.0 - root * root / (1.0 + r)
    level = _level(aspect, r, 4)  # (s + 2 cos)^2 in the deficit takes four degrees
    small = np.flatnonzero((gap < 0.1) & (level < len(_NODES)))
    if small.size:
        deficit = _summed(_deficit_sum, aspect[small], r[small], level[small])
        gap[small] = deficit * (2.0 - deficit)
    return gap.reshape(shape)


def _broadcast(gamma: ArrayLike, ridge: ArrayLike) -> tuple[Array, Array, tuple[int, ...]]:
    """Return aspect ratios and ridges as flat arrays of one length, and their common shape."""
    load, r = np.broadcast_arrays(
        np.asarray(gamma, dtype=np.float64), np.asarray(ridge, dtype=np.float64)
    )
    return 1.0 / load.ravel(), r.ravel(), load.shape


def _mean_root(aspect: Array, ridge: Array) -> Array:
    level = _level(aspect, ridge)
    root = _summed(_root_sum, aspect, ridge, level)
    near = np.flatnonzero(level == len(_NODES))
    for chosen, exact in (
        (near[ridge[near] == 0], lambda aspect, _: _root_without_ridge(aspect)),
        (near[ridge[near] > 0], _root_elliptic),
    ):
        if chosen.size:
            root[chosen] = exact(aspect[chosen], ridge[chosen])
    return root


def _level(aspect: Array, ridge: Array, more: int = 0) -> NDArray[np.uint8]:
    """Return which of ``_NODES`` gives full precision, with ``more`` nodes than usual.

    The branch point lies at radius w in exp(i theta), ``cosh(ln w) = 1 + beyond``. The answer
    ``len(_NODES)`` means that no rule has enough nodes.
    """
    edges = np.cosh(_DECAY / (2.0 * (np.array(_NODES) + 1 - more))) - 1.0
    level = np.zeros(aspect.shape, dtype=np.uint8)
    for first in range(0, aspect.size, _CHUNK):
        some = slice(first, first + _CHUNK)
        s = np.sqrt(aspect[some])
        beyond = ((1.0 - s) ** 2 + ridge[some]) / (2.0 * s)
        for edge in edges.tolist():
            level[some] += (beyond < edge).view(np.uint8)
    return level


def _summed(
    rule: Callable[[Array, Array, int], Array],
    aspect: Array,
    ridge: Array,
    level: NDArray[np.uint8],
) -> Array:
    """Apply a rule to each pair with the number of nodes of its level; leave out the last level."""
    result = np.empty_like(aspect)
    order = np.argsort(level, kind="stable")  # counts bytes, so the time is linear
    edges = np.cumsum(np.bincount(level, minlength=len(_NODES) + 1))
    for number, start, stop in zip(_NODES, [0, *edges], edges, strict=False):
        for first in range(start, stop, _CHUNK):
            chosen = order[first : min(first + _CHUNK, stop)]
            result[chosen] = rule(aspect[chosen], ridge[chosen], number)
    return result


def _angles(number: int) -> tuple[Array, Array]:
    theta = np.arange(1, number + 1) * (np.pi / (number + 1))
    return np.cos(theta), (2.0 / (number + 1)) * np.sin(theta) ** 2


def _root_sum(aspect: Array, ridge: Array, number: int) -> Array:
    """E sqrt(lambda + r) = R + (2/pi) int sin^2 / (A + R), A = sqrt(lambda + r), R = sqrt(r).

    A and R are divided by (4 c)^(1/4), so that a node adds a number to one array.
    """
    twice = 2.0 * np.sqrt(aspect)
    unit, base, root = np.sqrt(twice), (1.0 + aspect + ridge) / twice, np.sqrt(ridge)
    offset, total, term = root / unit, np.zeros_like(base), np.empty_like(base)
    for cosine, weight in zip(*_angles(number), strict=True):
        np.add(base, cosine, out=term)
        np.sqrt(term, out=term)
        term += offset
        np.divide(weight, term, out=term)
        total += term
    return root + total / unit


def _deficit_sum(aspect: Array, ridge: Array, number: int) -> Array:
    """E h^2/(2 (1 + r)), h^2 = (lambda - 1)^2 T, T = 1/(A + B)^2, with T(0) taken out.

    (lambda - 1)^2 = c (s + 2 cos)^2, E (lambda - 1)^2 = c, and (T - T(0))/lambda is a product of
    positive terms over A, B = sqrt(1 + r) and R. Where the gap is small, the two parts cancel at
    most by a small factor.
    """
    s, r_root, one_root = np.sqrt(aspect), np.sqrt(ridge), np.sqrt(1.0 + ridge)
    at_zero = 1.0 / (r_root + one_root) ** 2
    total = np.zeros_like(s)
    for cosine, weight in zip(*_angles(number), strict=True):
        a = np.sqrt(1.0 + aspect + ridge + 2.0 * cosine * s)
        slope = (r_root + a + 2.0 * one_root) / ((r_root + a) * (a + one_root) ** 2)
        total += weight * (s + 2.0 * cosine) ** 2 * slope
    return np.asarray(aspect * at_zero * (1.0 - total) / (2.0 * (1.0 + ridge)))


def _root_without_ridge(aspect: Array) -> Array:
    """E sqrt(lambda) = F(c) for c <= 1 and F(1/c)/sqrt(c) above, F(u) = 2F1(-1/2, 1/2; 2; u)."""
    inverse = aspect > 1.0
    u = np.where(inverse, 1.0 / aspect, aspect)
    rest = np.where(inverse, (aspect - 1.0) / aspect, 1.0 - aspect)
    k_term = np.zeros_like(u)
    k_term[rest > 0] = (rest * scipy.special.ellipkm1(np.where(rest > 0, rest, 1.0)))[rest > 0]
    value = 4.0 / (3.0 * np.pi * u) * ((1.0 + u) * scipy.special.ellipe(u) - k_term)
    return np.asarray(np.where(inverse, value / np.sqrt(aspect), value))


def _root_elliptic(aspect: Array, ridge: Array) -> Array:
    """E sqrt(lambda + r) as a sum of Carlson's complete integrals, for r > 0.

    With x = sin^2(theta/2) the integral is that of x (1 - x) (1 - k^2 x)/((1 - n x) Delta); long
    division leaves moments of 1/Delta and one integral of the third kind.
    """
    s = np.sqrt(aspect)
    difference = (1.0 - aspect) / (1.0 + s)
    top = (1.0 + s) ** 2
    beta = top + ridge
    n, k2 = 4.0 * s / top, 4.0 * s / beta
    p, kc2 = difference**2 / top, (difference**2 + ridge) / beta
    one, zero = np.ones_like(s), np.zeros_like(s)
    elliprj = scipy.special.elliprj
    m0 = scipy.special.elliprf(zero, kc2, one)
    m1 = scipy.special.elliprd(zero, kc2, one) / 3.0
    m2 = (2.0 * (1.0 + k2) * m1 - m0) / (3.0 * k2)
    q2 = -k2 / n
    q1 = (q2 + 1.0 + k2) / n
    q0 = (q1 - 1.0) / n
    pole = p > 0
    third = np.zeros_like(s)
    third[pole] = m0[pole] + n[pole] / 3.0 * elliprj(zero, kc2, one, np.where(pole, p, 1.0))[pole]
    remainder = -p * 4.0 * s * ridge / (top * beta) / n**3
    smooth = q0 * m0 + q1 * m1 + q2 * m2 + remainder * third
    atom = np.sqrt(ridge) * np.maximum(0.0, (aspect - 1.0) / aspect)
    return np.asarray(16.0 / np.pi * np.sqrt(beta) / top * smooth + atom)
