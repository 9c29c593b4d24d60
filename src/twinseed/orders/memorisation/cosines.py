"""The law of the largest |cosine| of a sample to rows at a finite size, for any spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy

from twinseed.arrays import Array
from twinseed.coupling.extremes import chi_mean, expected_maximum

__all__ = [
    "ALWAYS",
    "HARDLY",
    "LEADING",
    "NODES",
    "POINTS",
    "CosineLaw",
    "closest",
    "earlier",
    "squares",
]

LEADING = 4
"""Leading directions of a sample that vary by themselves."""
NODES = 6
"""Samples over which an average is taken, where leading directions vary."""
_DRAWS = 32 * NODES
POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(96)
"""The largest of 10^8 cosines varies by a few per cent: fewer nodes are too far apart for it."""
_LENGTHS = (-np.sqrt(3.0), 0.0, np.sqrt(3.0)), np.array([1.0, 4.0, 1.0]) / 6.0
"""Nodes and weights of a normal variable."""
ALWAYS, HARDLY = 40.0, 1e-7
"""Expected numbers of rows beyond the two ends of the range over which is integrated."""
_MANY = 1e4
"""From this number of rows on, components of a unit vector count as independent."""
_NEVER = 1e30
"""A probability below ``exp(-1e30)`` counts as this."""
_SERIES_FROM = 12.0
"""From these degrees of freedom on, a series of Student's law is exact to 1e-7."""


@dataclass(frozen=True)
class CosineLaw:
    """What the cosines of rows to a sample x depend on; a last axis is over samples.

    Args:
        aligned: ``A``: the squared overlap summed over rows, ``sum_i (x.x_i)^2/|x|^2``, or for
            fresh rows its mean ``x.Sigma x/|x|^2`` times the number of dimensions.
        along: ``B``: the squared length of a row that lies along ``S x`` (``Sigma x``).
        across: ``C``: the mean of the square of a row's other components.
        size: the number of directions among which a row's share along ``S x`` is uniform: n for
            training rows, d for fresh rows.
        uneven: the relative variance of the squared length of the other components.
    """

    aligned: Array
    along: Array
    across: Array
    size: Array
    uneven: Array

    def beyond(self, t: Array) -> Array:
        """Return the probability that the |cosine| of a row is above t (a further last axis)."""
        freedom = np.maximum(self.size - 1.0, 0.5)[:, None, None]
        aligned, along, across = (
            part[..., None] for part in (self.aligned, self.along, self.across)
        )
        left = aligned - along * t**2
        reached = left <= 0.0
        square = freedom * t**2 * across / np.where(reached, 1.0, left)
        outside = np.zeros(np.broadcast_shapes(square.shape, t.shape))
        for node, weight in zip(*_LENGTHS, strict=True):
            # a Gaussian to the power 3 is close to chi^2 (Wilson and Hilferty)
            spread = self.uneven[:, None, None] / 9.0
            length = np.maximum(1.0 - spread + node * np.sqrt(spread), 0.05) ** 3
            outside += weight * _beyond(np.sqrt(square * length), freedom)
        return np.asarray(np.where(reached, 0.0, np.minimum(outside, 1.0)))


def squares() -> Array:
    """Return squares of standard normals, (samples, leading), with mean one in each column.

    They are the points of a lattice, so that a mean over them is nearly exact.
    """
    steps = (np.arange(_DRAWS)[:, None] + 0.5) / _DRAWS
    golden = 1.22074408460575947536  # root of x^5 = x + 1: a good lattice in four dimensions
    shifts = np.arange(_DRAWS)[:, None] * golden ** -np.arange(1.0, LEADING)
    uniform = np.concatenate([steps, (shifts + 0.5) % 1.0], axis=1)
    drawn = scipy.special.ndtri(0.5 + 0.5 * uniform) ** 2
    return np.asarray(drawn / drawn.mean(axis=0))


def closest(n: Array, trained: CosineLaw, fresh: CosineLaw) -> tuple[Array, Array, Array]:
    """Return the mean largest |cosine| to n training rows, to n fresh rows, and the share.

    Equation: for a given sample, ``cos^2 = c^2 A/(c^2 B + (1 - c^2) C chi)`` with c a component of
    a uniform unit vector of n (d) dimensions, so that ``P(|cos| < t)`` is Student's law with n - 1
    degrees of freedom at ``sqrt((n - 1) t^2 C chi/(A - B t^2))``, averaged over the length chi. The
    mean of the largest is ``int (1 - P^n) dt``; for training rows times the mean largest component
    of a unit vector over that of n independent components. Given the sample the two maxima are
    independent: ``share = int P_fresh^n dP_train^n``. All are averaged over samples, the last axis.
    Range: 0 to 1. Shapes: n (cells,), results (cells,).

    Validity: Gaussian rows; the rows' lengths are independent of each other.
    Source: ours; Wilson and Hilferty (1931) for chi^2, Hill (1970) for Student's law.
    """
    low, far = _range(n, trained, fresh)
    half = 0.5 * (far - low)[..., None]
    t, weight = low[..., None] + half * (POINTS + 1.0), half * _WEIGHTS
    count = n[:, None, None]
    rare = [_none(rows, t, count) for rows in (trained, fresh)]
    mean, level = ((low + (weight * -np.expm1(one)).sum(axis=-1)).mean(axis=-1) for one in rare)
    share = earlier(-rare[0], -rare[1]).mean(axis=-1)
    return mean * _dependence(n), level, share


def _none(rows: CosineLaw, t: Array, count: Array) -> Array:
    """Return the log of the probability that no row of ``count`` has a larger |cosine| than t."""
    with np.errstate(divide="ignore"):
        return np.maximum(count * np.log1p(-rows.beyond(t)), -_NEVER)


def earlier(trained: Array, fresh: Array) -> Array:
    """Return ``int exp(-fresh) d exp(-trained)`` over the last axis.

    The logarithms of both are nearly linear between the nodes, so each step is divided into eight.
    """
    between = []
    for one in (trained, fresh):
        logs = np.log(np.maximum(one, 1.0 / _NEVER))
        steps = logs[..., :-1, None] + np.diff(logs)[..., None] * np.arange(8) / 8.0
        fine = np.concatenate(
            [steps.reshape(*logs.shape[:-1], 8 * logs.shape[-1] - 8), logs[..., -1:]], axis=-1
        )
        between.append(np.exp(-np.exp(fine)))
    near, far = between
    ends = near[..., 0] * far[..., 0] / 2.0 + (1.0 - near[..., -1]) * (1.0 + far[..., -1]) / 2.0
    middle = (np.diff(near) * (far[..., 1:] + far[..., :-1]) / 2.0).sum(axis=-1)
    return np.asarray(middle + ends)


def _range(n: Array, trained: CosineLaw, fresh: CosineLaw) -> tuple[Array, Array]:
    """Return |cosines| between which the largest of both laws lies, but for a small probability."""
    rare = np.minimum(ALWAYS / (2.0 * n), 0.5)
    least = -0.85 * scipy.special.ndtri(rare)[:, None]
    most = -scipy.special.ndtri(HARDLY / (2.0 * n))[:, None]
    low: list[Array] = []
    high: list[Array] = []
    for rows in (trained, fresh):
        size = np.maximum(rows.size, 1.0)[:, None]
        spread = np.sqrt(rows.uneven)[:, None]
        for found, reach, length in (
            (low, least, 1.5 + 3.0 * spread),
            (high, most, np.maximum(0.7 - 3.0 * spread, 0.1)),
        ):
            ratio = reach**2 / size
            whole = rows.along * ratio + rows.across * length
            square = np.divide(
                rows.aligned * ratio, whole, out=np.zeros(whole.shape), where=whole > 0.0
            )
            found.append(np.sqrt(np.minimum(square, 1.0)))
    few = np.minimum(trained.size, fresh.size)[:, None] < 30.0
    return np.minimum(*low), np.where(few, 1.0, np.maximum(*high))


def _dependence(n: Array) -> Array:
    """Mean largest |component| of a unit vector over that of independent components."""
    size = np.minimum(n, _MANY)
    sizes, where = np.unique(size, return_inverse=True)
    unit = np.ones((sizes.size, 1))
    one = CosineLaw(unit, unit, unit, sizes, np.zeros(sizes.size))
    low, top = (one[:, 0] for one in _range(sizes, one, one))
    half = 0.5 * (top - low)
    t = low[:, None] + half[:, None] * (POINTS + 1.0)
    none = _none(one, t[:, None, :], sizes[:, None, None])[:, 0]
    apart = low + half * (-np.expm1(none) @ _WEIGHTS)
    found = (expected_maximum(sizes) / chi_mean(sizes) / apart)[where.reshape(-1)]
    return np.where(n < _MANY, found, 1.0)


def _beyond(value: Array, freedom: Array) -> Array:
    """Return the probability that the |value| of a Student variable is larger."""
    value, freedom = np.broadcast_arrays(value, freedom)
    many = freedom > _SERIES_FROM
    result = np.empty(value.shape)
    result[many] = scipy.special.erfc(_normal(value[many], freedom[many]) / np.sqrt(2.0))
    result[~many] = 2.0 * scipy.special.stdtr(freedom[~many], -value[~many])
    return result


def _normal(value: Array, freedom: Array) -> Array:
    """Return the normal variable of the same probability as Student's."""
    a = freedom - 0.5
    b = 48.0 * a**2
    z = np.sqrt(a * np.log1p(value**2 / freedom))
    second = (4.0 * z**7 + 33.0 * z**5 + 240.0 * z**3 + 855.0 * z) / (
        10.0 * b * (b + 0.8 * z**4 + 100.0)
    )
    return np.asarray(z + (z**3 + 3.0 * z) / b - second)
