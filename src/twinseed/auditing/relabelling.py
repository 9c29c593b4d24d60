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

_FEWEST = 8  # samples in the smallest look: fewer can hardly reach the level of the test

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

    Equation: ``S = sum_s [role of the row closest to s is the generator's own]``, by distance and
    by |cosine|, over all samples (many may be a little closer) and over those with the clearest
    margins: a fifth of them, a fifth of these and so on (a few may be much closer). Of two
    generators each is looked at alone and both together, so that neither can hide the other. Each S
    is divided by its standard deviation under relabelling, and the largest is compared with its
    values when the roles of the rows of each block are permuted at random:
    ``p = (1 + #{at least as large})/(1 + 1999)``.

    Range: p from 0.0005 to 1. Exact, for any data and any number of rows, under the hypothesis that
    the real rows are exchangeable and the samples do not depend on which of them were trained on:
    closest rows and margins are found without looking at roles, so permuting the roles within a
    block changes nothing else. A row that draws many samples moves as one, so that
    dependence through shared rows needs no correction. ``p_further`` is the same for the smallest.

    Source: Pitman, Suppl. J. R. Stat. Soc. 4 (1937) 119, for tests by permutation.
    """
    orders = np.array(list(itertools.permutations(range(roles))))
    sides = []
    for one in generators:
        looks = []
        for metric in METRICS:
            found = one.closest[metric]
            cell = found.block * roles + found.role
            for seen in _looks(found.margin):
                count = np.bincount(cell, seen, minlength=blocks * roles)
                looks.append(count.reshape(blocks, roles)[:, orders[:, one.own]])
        sides.append(np.stack(looks).astype(np.float64))
    tables = _each_and_all(sides)
    expected = tables.mean(axis=2).sum(axis=1)
    spread = np.sqrt(tables.var(axis=2).sum(axis=1))
    tables, expected, spread = (part[spread > 0] for part in (tables, expected, spread))
    if not spread.size:
        return Relabelling(1.0, 1.0)
    drawn = np.concatenate(
        [
            _sums(tables, rng.integers(0, len(orders), (some, blocks), dtype=np.int8))
            for some in _portions(blocks)
        ]
    )
    drawn = (drawn - expected) / spread
    z = (tables[:, :, 0].sum(axis=1) - expected) / spread
    return Relabelling(_tail(z.max(), drawn.max(axis=1)), _tail(-z.min(), -drawn.min(axis=1)))


def _sums(tables: Array, picks: NDArray[np.int8]) -> Array:
    """Return each look's sum over blocks under each relabelling, (relabellings, looks)."""
    sums = np.empty((len(picks), len(tables)))
    for look, table in enumerate(tables):
        active = np.flatnonzero(np.any(table != 0, axis=1))
        sums[:, look] = table[active, picks[:, active]].sum(axis=1)
    return sums


def beyond(
    generators: Sequence[Attribution],
    linear: Sequence[Attribution],
    roles: int,
    rng: np.random.Generator,
) -> float:
    """Test whether samples are closer to their own rows than those of an honest linear model.

    Equation: the difference of the mean signed score (own role 1, another ``-1/(roles - 1)``, 0
    outside the look) between a generator's samples and those of the linear model of the same
    training rows, looked at and maximised as in ``relabelled``; samples of the two are exchanged at
    random. Range: p from 0.0005 to 1. Exact, given the rows, under the hypothesis that the
    generator is that linear model; small only if its samples are closer to its own rows.
    """
    found: list[Array] = []
    drawn: list[Array] = []
    for one, honest in zip(generators, linear, strict=True):
        scores = []
        for metric in METRICS:
            margin = np.concatenate([x.closest[metric].margin for x in (one, honest)])
            role = np.concatenate([x.closest[metric].role for x in (one, honest)])
            sign = np.where(role == one.own, 1.0, -1.0 / (roles - 1))
            scores += [sign * seen for seen in _looks(margin)]
        table = np.stack(scores, axis=1)
        width = table.std(axis=0)
        table = np.divide(table - table.mean(axis=0), width, out=0 * table, where=width > 0)
        first = np.arange(len(table)) < one.samples
        # The scores sum to zero, so their sum over one part tells the difference of the two.
        found.append(table[first].sum(axis=0))
        drawn.append(
            np.concatenate(
                [
                    rng.permuted(np.tile(first, (some, 1)), axis=1) @ table
                    for some in _portions(table.size)
                ]
            ).T
        )
    exchanged = _each_and_all(drawn)
    width = exchanged.std(axis=1)
    seen = width > 0
    if not seen.any():
        return 1.0
    largest = (exchanged[seen] / width[seen, None]).max(axis=0)
    return _tail((_each_and_all(found)[seen] / width[seen]).max(), largest)


def _each_and_all(sides: Sequence[Array]) -> Array:
    """Return the looks of each generator and, of two, also those of both together."""
    return np.concatenate([*sides, sum(sides, 0.0 * sides[0])] if len(sides) > 1 else sides)


def _portions(size: int) -> list[int]:
    """Split the relabellings into portions of about a million numbers, ``size`` numbers each."""
    step = max(1, (1 << 20) // max(size, 1))
    return [min(step, RELABELLINGS - start) for start in range(0, RELABELLINGS, step)]


def _tail(value: float, drawn: Array) -> float:
    """Return the permutation p-value; what differs by rounding alone counts as equal."""
    return float((1 + np.sum(drawn >= value - 1e-9)) / (1 + drawn.size))


def _looks(margin: Array) -> list[NDArray[np.bool_]]:
    """Return which samples each look sees: all, the clearest fifth, a fifth of these and so on."""
    falling, number = np.sort(margin)[::-1], margin.size
    looks: list[NDArray[np.bool_]] = []
    while number >= _FEWEST or not looks:
        looks.append(margin >= falling[number - 1] if number else np.zeros(0, dtype=np.bool_))
        number //= 5
    return looks
