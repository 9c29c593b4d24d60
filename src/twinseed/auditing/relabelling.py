"""Exact tests by relabelling: do samples know which rows were trained on, and better than a model
that only matches the covariance?

No distribution is assumed, and samples that share a closest row are not taken as independent.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinseed.auditing.closest import METRICS, Closest

__all__ = ["RELABELLINGS", "Attribution", "Relabelling", "beyond", "relabelled"]

RELABELLINGS = 1999

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Attribution:
    """The closest rows of one generator's samples, and the role of its own training rows."""

    own: int
    closest: Mapping[str, Closest]

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.closest[METRICS[0]].role.size


@dataclass(frozen=True)
class Relabelling:
    """One-sided p-values: are samples closer to their own rows than chance, or further away?"""

    p_closer: float
    p_further: float

    @property
    def p_two_sided(self) -> float:
        """Whether the own rows differ from the others at all."""
        return min(1.0, 2 * min(self.p_closer, self.p_further))


def relabelled(
    generators: Sequence[Attribution], blocks: int, roles: int, rng: np.random.Generator
) -> Relabelling:
    """Test whether samples are closer to the rows of their own role than to those of the others.

    Equation: ``S_w = sum_s w_s [role of the row closest to s is the generator's own]``, by distance
    and by |cosine|, with equal weights (many samples a little closer) and with Savage scores of the
    margins (few samples much closer). Each ``S_w`` is divided by its standard deviation under
    relabelling, and the largest of the four is compared with its values when the roles of the
    rows of each block are permuted at random: ``p = (1 + #{at least as large})/(1 + 1999)``.

    Range: p from 0.0005 to 1. Exact, for any data and any number of rows, under the hypothesis that
    the real rows are exchangeable and the samples do not depend on which of them were trained on:
    closest rows, margins and weights are found without looking at roles, so permuting the roles
    within a block changes nothing else. A row that draws many samples moves as one, so that
    dependence through shared rows needs no correction. ``p_further`` is the same for the smallest.

    Source: the permutation principle (Pitman 1937); Savage scores: Savage, Ann. Math. Statist. 27
    (1956) 590.
    """
    orders = np.array(list(itertools.permutations(range(roles))))
    looks = []
    for metric in METRICS:
        for score in (_equal, _savage):
            table = np.zeros((blocks, len(orders)))
            for one in generators:
                found = one.closest[metric]
                cell = found.block * roles + found.role
                weight = np.bincount(cell, score(found.margin), minlength=blocks * roles)
                table += weight.reshape(blocks, roles)[:, orders[:, one.own]]
            looks.append(table)
    tables = np.stack(looks)
    tables = tables[:, np.any(tables != tables[:, :, :1], axis=(0, 2))]
    expected = tables.mean(axis=2).sum(axis=1)
    spread = np.sqrt(tables.var(axis=2).sum(axis=1))
    seen = spread > 0
    if not seen.any():
        return Relabelling(1.0, 1.0)
    tables, expected, spread = tables[seen], expected[seen], spread[seen]
    active = np.arange(tables.shape[1])
    drawn = np.concatenate(
        [
            tables[:, active, rng.integers(0, len(orders), (some, active.size))].sum(axis=2).T
            for some in _portions(len(tables) * active.size)
        ]
    )
    found_here = (tables[:, :, 0].sum(axis=1) - expected) / spread
    drawn = (drawn - expected) / spread
    return Relabelling(
        _tail(found_here.max(), drawn.max(axis=1)), _tail(-found_here.min(), -drawn.min(axis=1))
    )


def beyond(
    generators: Sequence[Attribution],
    linear: Sequence[Attribution],
    roles: int,
    rng: np.random.Generator,
) -> float:
    """Test whether samples are closer to their own rows than those of an honest linear model.

    Equation: the difference of the mean signed score (own role +w, another ``-w/(roles - 1)``)
    between a generator's samples and those of the linear model of the same training rows, looked
    at and maximised as in ``relabelled``; samples of the two are exchanged at random. Range: p from
    0.0005 to 1. Exact, given the rows, under the hypothesis that the generator is that linear
    model; small only if its samples are closer to its own rows.
    """
    found = np.zeros(2 * len(METRICS))
    drawn = np.zeros((RELABELLINGS, found.size))
    for one, honest in zip(generators, linear, strict=True):
        scores = []
        for metric in METRICS:
            margin = np.concatenate([x.closest[metric].margin for x in (one, honest)])
            role = np.concatenate([x.closest[metric].role for x in (one, honest)])
            sign = np.where(role == one.own, 1.0, -1.0 / (roles - 1))
            scores += [sign * score(margin) for score in (_equal, _savage)]
        table = np.stack(scores, axis=1)
        width = table.std(axis=0)
        table = np.divide(table - table.mean(axis=0), width, out=0 * table, where=width > 0)
        first = np.arange(len(table)) < one.samples
        # As the scores sum to zero, their mean over either part tells the difference of the two.
        found += table[first].mean(axis=0) * len(table) / honest.samples
        exchanged = np.concatenate(
            [
                rng.permuted(np.tile(first, (some, 1)), axis=1) @ table
                for some in _portions(table.size)
            ]
        )
        drawn += exchanged / one.samples * len(table) / honest.samples
    return _tail(found.max(), drawn.max(axis=1))


def _portions(size: int) -> list[int]:
    """Split the relabellings into portions of about a million numbers, ``size`` numbers each."""
    step = max(1, (1 << 20) // max(size, 1))
    return [min(step, RELABELLINGS - start) for start in range(0, RELABELLINGS, step)]


def _tail(value: float, drawn: Array) -> float:
    """Return the permutation p-value; what differs by rounding alone counts as equal."""
    return float((1 + np.sum(drawn >= value - 1e-9)) / (1 + drawn.size))


def _equal(margin: Array) -> Array:
    return np.ones_like(margin)


def _savage(margin: Array) -> Array:
    """Return ``-log(1 - rank/(N + 1))``, ties at their mean rank."""
    _, place, count = np.unique(margin, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    scores: Array = -np.log1p(-rank / (margin.size + 1))
    return scores
