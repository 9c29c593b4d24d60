"""The largest cosine of a vector to the rows of Gaussian data, without drawing the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from twinseed.arrays import Array
from twinseed.simulation.compressed.band import chi

__all__ = ["EXPLICIT", "CovarianceShares", "LargestCosines", "closest"]

EXPLICIT = 2048
"""Up to this number, the rows are drawn one by one."""
_NORMAL = 1e6
"""From these degrees of freedom on, two terms give Student's quantiles to 1e-9."""


@dataclass(frozen=True)
class CovarianceShares:
    """The numbers on which the cosines of a vector x to rows with covariance C depend.

    The last axis of shares and values is over the factors of C and the remainder of ``C^1/2 x``.
    """

    own: Array
    """``x.C x/|x|^2``, shape (replicates, seeds)."""
    shares: Array
    """``C^1/2 x`` along these axes over its length, shape (replicates, seeds, axes)."""
    values: Array
    """``C`` along these axes, of the same shape."""
    rest: Array
    """The trace of C in all other directions, shape (replicates, seeds)."""

    @classmethod
    def of(
        cls,
        energy: Array,
        along: Array,
        own: Array,
        twice: Array,
        values: Array,
        trace: Array | float,
    ) -> CovarianceShares:
        """Build the axes of C.

        ``energy`` is ``|x|^2``, ``along`` is ``x.v`` for the directions v of the factors, ``own``
        is ``x.C x``, ``twice`` is ``x.C^2 x``, ``values`` are the eigenvalues of the factors, and
        ``trace`` is the trace of C.
        """
        squares = _over(values[:, None, :] * along**2, own[..., None])
        left = np.maximum(1.0 - squares.sum(axis=2), 0.0)
        inside = np.sum(squares * values[:, None, :], axis=2)
        last = np.maximum(_over(_over(twice, own) - inside, left), 0.0)
        shares = np.sign(along) * np.sqrt(np.minimum(squares, 1.0))
        every = np.broadcast_to(values[:, None, :], shares.shape)
        return cls(
            own=_over(own, energy),
            shares=np.concatenate([shares, np.sqrt(left)[..., None]], axis=2),
            values=np.concatenate([every, last[..., None]], axis=2),
            rest=np.maximum(trace - values.sum(axis=1)[:, None] - last, 0.0),
        )


@dataclass(frozen=True)
class LargestCosines:
    """The largest |cosine| of each sample, shape (replicates, seeds)."""

    trained: Array
    """The cosine to all training rows."""
    equal: Array
    """The cosine to as many training rows as there are held-out rows."""
    heldout: Array
    """The cosine to the held-out rows."""


def closest(
    n: int,
    held: int,
    fitted: CovarianceShares,
    fresh: CovarianceShares,
    freedom: Array,
    rngs: Sequence[np.random.Generator],
) -> LargestCosines:
    """Draw the largest cosines of samples to ``n`` training rows, and to ``held`` fresh rows.

    Equation: along the axes a fresh row is a vector g of standard normals; in all other directions
    the row has the squared length ``rest w``, where w is chi^2 with ``freedom`` degrees of freedom
    over ``freedom``. So ``cos^2 = own (shares.g)^2/(values.g^2 + rest w)``. Training rows have in
    addition the condition ``X^T X = n S``: the columns of the g are orthonormal, and the w sum to
    the trace. Training and fresh rows use the same draws, so the noise of the maximum cancels in
    their ratio. ``held <= n``. Shapes: freedom (replicates, seeds).
    """
    if n <= EXPLICIT:
        return _row_by_row(n, held, fitted, fresh, freedom, rngs)
    # the largest of n values has the upper probability 1 - U^(1/n)
    seeds = freedom.shape[1]
    drawn = np.stack([rng.standard_exponential((2, seeds)) for rng in rngs])
    others = np.stack([chi(np.full(seeds, n - 1.0), rng) ** 2 for rng in rngs])
    largest = _largest(drawn[:, 0], held, freedom)
    further = np.zeros_like(largest)
    if held < n:
        further = _largest(drawn[:, 1], n - held, freedom)
    return LargestCosines(
        trained=_among(fitted, np.maximum(largest, further), others, n),
        equal=_among(fitted, largest, others, n),
        heldout=_among(fresh, largest, None, n),
    )


def _row_by_row(
    n: int,
    held: int,
    fitted: CovarianceShares,
    fresh: CovarianceShares,
    freedom: Array,
    rngs: Sequence[np.random.Generator],
) -> LargestCosines:
    seeds, axes = fresh.shares.shape[1:]
    g = np.stack([rng.standard_normal((seeds, n, axes)) for rng in rngs])
    w = np.stack(
        [
            chi(np.broadcast_to(one[:, None], (seeds, n)), rng) ** 2
            for one, rng in zip(freedom, rngs, strict=True)
        ]
    )
    far = _cosines(fresh, g[:, :, :held], w[:, :, :held] / freedom[..., None])
    known = fitted.shares.shape[2]
    frame, triangle = np.linalg.qr(g[..., :known])
    frame = frame * np.where(np.diagonal(triangle, axis1=2, axis2=3) < 0, -1.0, 1.0)[:, :, None, :]
    # rows of a frame: a row that is long along the first directions is short in the others
    w = w * np.maximum(1.0 - np.sum(frame**2, axis=3), 0.0)
    near = _cosines(fitted, frame, _over(w, w.sum(axis=2, keepdims=True)))
    return LargestCosines(near.max(axis=2), near[:, :, :held].max(axis=2), far.max(axis=2))


def _cosines(axes: CovarianceShares, g: Array, w: Array) -> Array:
    count = g.shape[3]
    part = axes.own[..., None] * (g @ axes.shares[..., :count, None])[..., 0] ** 2
    whole = (g**2 @ axes.values[..., :count, None])[..., 0] + axes.rest[..., None] * w
    return np.asarray(np.sqrt(_over(part, whole)))


def _largest(exponential: Array, count: int, freedom: Array) -> Array:
    """Return the largest of ``count`` Student variables, by inversion."""
    return -_student(freedom, -np.expm1(-exponential / count) / 2)


def _among(axes: CovarianceShares, largest: Array, others: Array | None, n: int) -> Array:
    """Return the cosine to the row that is largest along ``C^1/2 x``, to leading order."""
    square = largest**2
    along = np.sum(axes.shares**2 * axes.values, axis=2)
    rest = axes.rest + np.sum(axes.values, axis=2) - along
    if others is None:
        return np.asarray(np.sqrt(_over(axes.own, along + rest / square)))
    inside = scipy.special.erf(largest / np.sqrt(2))
    below = np.sqrt(2 / np.pi) * largest * np.exp(-square / 2) / inside
    ratio = (1.0 - below) * others / (square * (n - 1.0))
    return np.asarray(np.sqrt(_over(axes.own, along + rest * ratio)))


def _over(part: Array, whole: Array) -> Array:
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)


def _student(freedom: Array, probability: Array) -> Array:
    """Return lower quantiles of Student's law."""
    z = scipy.special.ndtri(probability)
    wide = z + (z**3 + z) / (4.0 * freedom)
    exact = scipy.special.stdtrit(np.minimum(freedom, _NORMAL), probability)
    return np.asarray(np.where(freedom < _NORMAL, exact, wide))
