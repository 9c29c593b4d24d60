"""Pairs of linear models, fitted to two sets of rows each, and what a pair shows.

Pairs of equally many rows are computed together: one step of numpy for all of them takes less time
than many short steps, between which threads wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.filters import Filter, SpectrumSeen

__all__ = ["Fitted", "Numbers", "fitted", "mean_of", "pair", "pairs_of", "spanned", "stacked"]

SEEDS = 100
"""Samples of each model, unless another number is passed."""
_ENTRIES = 1 << 20
"""Most entries of the rows of pairs that are computed together, if there are several."""


@dataclass(frozen=True)
class Numbers:
    """What pairs of models show; leading axes are the axes of several pairs.

    Args:
        gap: 1 - q, over all seeds.
        own: mean largest \\|cosine\\| of a sample to a training row.
        fresh: mean largest \\|cosine\\| of a sample to as many other rows.
        share: share of samples whose closest row is a training row.
        twins: mean squared cosine of the subspaces of both models, per group of ranks.
        truth: mean squared cosine of the subspaces of a model and the truth, per group of ranks;
            NaN if the truth is not known.
    """

    gap: Array
    own: Array
    fresh: Array
    share: Array
    twins: Array
    truth: Array

    def __getitem__(self, place: int | slice | NDArray[np.bool_]) -> Numbers:
        return Numbers(*(part[place] for part in vars(self).values()))


def stacked(found: Sequence[Numbers]) -> Numbers:
    """Return several pairs as one, along a new first axis."""
    each = zip(*(vars(one).values() for one in found), strict=True)
    return Numbers(*(np.array(part) for part in each))


def mean_of(numbers: Numbers, weights: Array | None = None) -> Numbers:
    """Average over the first axis; ``weights`` (k, pairs) makes k averages."""
    parts = list(vars(numbers).values())
    if weights is None:
        return Numbers(*(part.mean(axis=0) for part in parts))
    return Numbers(*(np.tensordot(weights, part, axes=1) for part in parts))


@dataclass(frozen=True)
class Fitted:
    """Linear models ``f(S)`` of centred rows, each about its own mean; the first axis is theirs.

    Args:
        directions: directions of the sample covariance S, one per column, the largest variance
            first; zero beyond the rank of S.
        gain: ``f(lambda)`` along each direction, and ``f(0)`` beyond the rank.
        rest: ``f(0)``, along all other directions.
        rank: number of directions of each model.
        d: number of columns of the data.
    """

    directions: Array
    gain: Array
    rest: Array
    rank: NDArray[np.int64]
    d: int

    @property
    def over(self) -> Array:
        """``f(lambda) - f(0)`` along each direction; zero beyond the rank."""
        return self.gain - self.rest[:, None]

    @property
    def energy(self) -> Array:
        """``tr f(S)^2``."""
        more = self.d - self.gain.shape[1]
        return np.asarray(np.square(self.gain).sum(axis=1) + more * self.rest**2)


def spanned(rows: NDArray[np.generic]) -> Array:
    """Return centred rows in coordinates of the directions that they span, at most n.

    No number of a pair depends on this rotation.
    """
    centred = np.array(rows, dtype=np.float64)
    centred -= centred.mean(axis=0)
    if len(centred) > centred.shape[1]:
        return centred
    values, vectors = np.linalg.eigh(centred @ centred.T)
    kept = values > values[-1] * max(centred.shape) * np.finfo(np.float64).eps
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]))


def fitted(rows: Array, filter: Filter, d: int) -> Fitted:
    """Fit linear models of ``d`` columns to rows given in fewer coordinates, (models, n, k).

    The columns that the coordinates leave out are taken to have no variance.
    """
    centred = rows - rows.mean(axis=1, keepdims=True)
    (_, size, width), turned = centred.shape, centred.swapaxes(1, 2)
    tall = size > width
    values, vectors = np.linalg.eigh(turned @ centred if tall else centred @ turned)
    values, vectors = values[:, ::-1], vectors[:, :, ::-1]
    least = np.maximum(values[:, :1], 0.0) * max(size, width) * np.finfo(np.float64).eps
    seen = values > least
    seen[:, size - 1 :] = False
    rank = seen.sum(axis=1)
    seen, values, vectors = (part[..., : rank.max()] for part in (seen, values, vectors))
    if not tall:
        vectors = turned @ (vectors / np.sqrt(np.where(seen, values, 1.0))[:, None])
    if not seen.all():
        vectors = np.where(seen[:, None], vectors, 0.0)
    gain, rest = _gains(values / (size - 1), rank, filter, size - 1, d)
    return Fitted(vectors, gain, rest, rank, d)


def _gains(
    values: Array, rank: NDArray[np.int64], filter: Filter, degrees: int, d: int
) -> tuple[Array, Array]:
    """Return the filter along each direction of each model, and along all others."""
    gain, rest = np.empty(values.shape), np.empty(len(values))
    for one, (seen, count) in enumerate(zip(values, rank.tolist(), strict=True)):
        every = np.concatenate([np.zeros(d - count), seen[:count][::-1]])
        adapted = filter.adapted(SpectrumSeen(every, np.full(d, 1.0 / d), n=degrees, d=d))
        gain[one, :count] = adapted(seen[:count])
        gain[one, count:] = rest[one] = float(adapted.at_zero)
    return gain, rest


def pair(
    rows: tuple[Array, Array, Array | None],
    filter: Filter,
    d: int,
    groups: Sequence[slice],
    rng: np.random.Generator,
    seeds: int = SEEDS,
) -> Numbers:
    """Fit two models to two sets of rows about the mean of the population, and compare them.

    Args:
        rows: the rows of both models, and fresh rows of a population whose axes are the
            coordinates. Without fresh rows, the rows of the other model take their place, and the
            truth is not known.
        filter: the regularisation of the models.
        d: number of columns of the data.
        groups: ranks of the factors whose subspaces are compared.
        rng: the random generator of the samples.
        seeds: samples of each model.
    """
    train_a, train_b, fresh = rows
    stack = train_a[None], train_b[None], None if fresh is None else fresh[None]
    return _compared(stack, filter, d, groups, [rng], seeds)[0]


def pairs_of(
    rows: Array,
    parts: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    filter: Filter,
    d: int,
    groups: Sequence[slice],
    noise: Callable[[int], np.random.Generator],
    draws: Sequence[int],
) -> Numbers:
    """Return ``pair`` of several pairs of parts of some rows, along a first axis.

    Args:
        rows: centred rows, (n, k).
        parts: the numbers of the rows of both models, for each pair.
        filter: as in ``pair``.
        d: as in ``pair``.
        groups: as in ``pair``.
        noise: returns the random generator of a draw of samples.
        draws: the draw of each pair.
    """
    alike: dict[tuple[int, int], list[int]] = {}
    for place, (a, b) in enumerate(parts):
        alike.setdefault((a.size, b.size), []).append(place)
    found, order = [], []
    for (size_a, size_b), places in alike.items():
        step = max(1, _ENTRIES // ((size_a + size_b) * rows.shape[1]))
        for start in range(0, len(places), step):
            some = places[start : start + step]
            a, b = (rows[np.array([parts[place][side] for place in some])] for side in (0, 1))
            numbers = [draws[place] for place in some]
            rngs = [noise(one) for one in (numbers if len(set(numbers)) > 1 else numbers[:1])]
            found.append(_compared((a, b, None), filter, d, groups, rngs, SEEDS))
            order += some
    each = zip(*(vars(one).values() for one in found), strict=True)
    back = np.argsort(order)
    return Numbers(*(np.concatenate(part)[back] for part in each))


def _compared(
    rows: tuple[Array, Array, Array | None],
    filter: Filter,
    d: int,
    groups: Sequence[slice],
    rngs: Sequence[np.random.Generator],
    seeds: int,
) -> Numbers:
    """Return ``pair`` of pairs whose rows are stacked along a first axis.

    ``rngs`` has the random generator of each pair, or one generator whose samples all pairs share.
    """
    train_a, train_b, fresh = rows
    a, b = fitted(train_a, filter, d), fitted(train_b, filter, d)
    others = (train_b, train_a) if fresh is None else (fresh, fresh)
    width = train_a.shape[2]
    noise = np.array([rng.standard_normal((2, seeds, width)) for rng in rngs])
    missing = np.zeros((len(rngs), 2, seeds))
    if d > width:  # what the coordinates leave out
        missing = np.array([rng.chisquare(d - width, (2, seeds)) for rng in rngs])
    sides = zip((a, b), (train_a, train_b), others, (0, 1), strict=True)
    closeness = [
        _closeness(model, train, other, noise[:, side], missing[:, side])
        for model, train, other, side in sides
    ]
    own, far, share = np.mean(closeness, axis=0)
    truth = np.full((len(train_a), len(groups)), np.nan)
    if fresh is not None:
        axes = np.eye(train_a.shape[2], max((group.stop for group in groups), default=0))
        truth = np.mean([_shared(one.directions, axes[None], groups) for one in (a, b)], axis=0)
    return Numbers(_gap(a, b), own, far, share, _shared(a.directions, b.directions, groups), truth)


def _gap(a: Fitted, b: Fitted) -> Array:
    """``1 - 2 tr f_A f_B/(tr f_A^2 + tr f_B^2)``, at least rounding; 1 where both are zero."""
    over_a, over_b = a.over, b.over
    shared = np.square(a.directions.swapaxes(1, 2) @ b.directions)
    product = np.einsum("ki,ki->k", (over_a[:, None] @ shared)[:, 0], over_b)
    product += b.rest * over_a.sum(axis=1) + a.rest * over_b.sum(axis=1) + a.d * a.rest * b.rest
    energy = (a.energy + b.energy) / 2.0
    agreement = np.divide(product, energy, out=np.zeros_like(energy), where=energy > 0.0)
    return np.asarray(np.clip(1.0 - agreement, 1e-12, 1.0 - 1e-12))


def _closeness(model: Fitted, train: Array, fresh: Array, noise: Array, missing: Array) -> Array:
    """Return the mean largest \\|cosine\\| to both sets of rows, as many of each, and the share.

    ``missing`` is the squared length of the noise in the columns that the coordinates leave out.
    """
    count = min(train.shape[1], fresh.shape[1])
    along = noise @ model.directions
    along *= model.over[:, None]
    samples = along @ model.directions.swapaxes(1, 2)
    if model.rest.any():
        samples += model.rest[:, None, None] * noise
    square = np.einsum("kij,kij->ki", samples, samples)
    square += model.rest[:, None] ** 2 * missing
    room = np.empty((*square.shape, count))
    own, other = (
        _largest_cosine(samples, square, rows[:, :count], room) for rows in (train, fresh)
    )
    share = (1.0 + np.sign(own - other)) / 2
    return np.array([part.mean(axis=1) for part in (own, other, share)])


def _largest_cosine(samples: Array, square: Array, rows: Array, room: Array) -> Array:
    """Return each sample's largest \\|cosine\\|; the products are written to ``room``."""
    lengths = np.einsum("kij,kij->ki", rows, rows)
    scale = np.divide(1.0, np.sqrt(lengths), out=np.zeros_like(lengths), where=lengths > 0)
    np.matmul(samples, rows.swapaxes(1, 2), out=room)
    np.multiply(room, scale[:, None], out=room)
    nearest = np.abs(room, out=room).max(axis=2)
    return np.asarray(np.divide(nearest, np.sqrt(square), out=nearest, where=square > 0))


def _shared(a: Array, b: Array, groups: Sequence[slice]) -> Array:
    """Return the mean squared cosine of the subspaces of each group of ranks; 0 without one."""
    found = np.zeros((len(a), len(groups)))
    for place, one in enumerate(groups):
        cosines = a[:, :, one].swapaxes(1, 2) @ b[:, :, one]
        found[:, place] = np.square(cosines).sum(axis=(1, 2)) / (one.stop - one.start)
    return found
