"""One pair of linear models, fitted to two sets of rows, and what the pair shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.arrays import Array
from twinseed.filters import Filter, SpectrumSeen

__all__ = ["Fitted", "Numbers", "fitted", "mean_of", "pair", "spanned", "stacked"]

SEEDS = 100
"""Samples of each model, unless another number is passed."""


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

    def __getitem__(self, place: int | NDArray[np.bool_]) -> Numbers:
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
    """A linear model ``f(S)`` of centred rows, about its own mean.

    Args:
        directions: directions of the sample covariance S, one per column, the largest variance
            first.
        gain: ``f(lambda)`` along each direction.
        rest: ``f(0)``, along all other directions.
        d: number of columns of the data.
    """

    directions: Array
    gain: Array
    rest: float
    d: int

    @property
    def energy(self) -> float:
        """``tr f(S)^2``."""
        return float(np.dot(self.gain, self.gain)) + (self.d - self.gain.size) * self.rest**2


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
    """Fit the linear model of ``d`` columns to rows given in fewer coordinates.

    The columns that the coordinates leave out are taken to have no variance.
    """
    centred = rows - rows.mean(axis=0)
    degrees = len(rows) - 1
    tall = len(rows) > rows.shape[1]
    values, vectors = np.linalg.eigh(centred.T @ centred if tall else centred @ centred.T)
    values, vectors = values[::-1], vectors[:, ::-1]
    seen = values > max(values[0], 0.0) * max(rows.shape) * np.finfo(np.float64).eps
    seen[degrees:] = False
    values, vectors = values[seen], vectors[:, seen]
    directions = vectors if tall else centred.T @ (vectors / np.sqrt(values))
    values = values / degrees
    every = np.concatenate([np.zeros(d - values.size), values[::-1]])
    adapted = filter.adapted(SpectrumSeen(every, np.full(d, 1.0 / d), n=degrees, d=d))
    return Fitted(directions, np.asarray(adapted(values)), float(adapted.at_zero), d)


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
    a, b = fitted(train_a, filter, d), fitted(train_b, filter, d)
    others = (train_b, train_a) if fresh is None else (fresh, fresh)
    sides = zip((a, b), (train_a, train_b), others, strict=True)
    own, far, share = np.mean([_closeness(*side, rng, seeds) for side in sides], axis=0)
    truth = np.full(len(groups), np.nan)
    if fresh is not None:
        axes = np.eye(train_a.shape[1], max((group.stop for group in groups), default=0))
        truth = np.mean([_shared(one.directions, axes, groups) for one in (a, b)], axis=0)
    return Numbers(
        np.asarray(_gap(a, b)),
        own,
        far,
        share,
        _shared(a.directions, b.directions, groups),
        truth,
    )


def _gap(a: Fitted, b: Fitted) -> float:
    """``1 - 2 tr f_A f_B/(tr f_A^2 + tr f_B^2)``, at least rounding; 1 where both are zero."""
    over_a, over_b = a.gain - a.rest, b.gain - b.rest
    product = float(over_a @ np.square(a.directions.T @ b.directions) @ over_b)
    product += b.rest * float(over_a.sum()) + a.rest * float(over_b.sum()) + a.d * a.rest * b.rest
    energy = (a.energy + b.energy) / 2.0
    return min(max(1.0 - product / energy, 1e-12), 1.0 - 1e-12) if energy > 0.0 else 1.0 - 1e-12


def _closeness(
    model: Fitted, train: Array, fresh: Array, rng: np.random.Generator, seeds: int
) -> tuple[float, float, float]:
    """Return the mean largest \\|cosine\\| to both sets of rows, as many of each, and the share."""
    count, width = min(len(train), len(fresh)), train.shape[1]
    noise = rng.standard_normal((seeds, width))
    samples = ((noise @ model.directions) * (model.gain - model.rest)) @ model.directions.T
    samples += model.rest * noise
    square = np.einsum("ij,ij->i", samples, samples)
    if model.d > width and model.rest:
        square += model.rest**2 * rng.chisquare(model.d - width, seeds)
    room = np.empty((seeds, count))
    own, other = (_largest_cosine(samples, square, rows[:count], room) for rows in (train, fresh))
    return float(own.mean()), float(other.mean()), float(np.mean((1.0 + np.sign(own - other)) / 2))


def _largest_cosine(samples: Array, square: Array, rows: Array, room: Array) -> Array:
    """Return each sample's largest \\|cosine\\|; the products are written to ``room``."""
    lengths = np.einsum("ij,ij->i", rows, rows)
    scale = np.divide(1.0, np.sqrt(lengths), out=np.zeros_like(lengths), where=lengths > 0)
    np.matmul(samples, rows.T, out=room)
    nearest = np.abs(np.multiply(room, scale, out=room), out=room).max(axis=1)
    return np.asarray(np.divide(nearest, np.sqrt(square), out=nearest, where=square > 0))


def _shared(a: Array, b: Array, groups: Sequence[slice]) -> Array:
    """Return the mean squared cosine of the subspaces of each group of ranks; 0 without one."""
    return np.array(
        [np.sum((a[:, one].T @ b[:, one]) ** 2) / (one.stop - one.start) for one in groups]
    )
