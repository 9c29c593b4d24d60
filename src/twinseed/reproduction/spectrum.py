"""The population behind rows: their own spectrum where they are many, an estimate where few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinseed.orders.recovery import factor_groups
from twinseed.populations import Atoms, estimate_population
from twinseed.reproduction.rows import CleanRows

__all__ = ["Described", "described"]

_MANY = 20
"""Rows a column from which the sample spectrum is taken as the population's."""
_FACTORS = 5


@dataclass(frozen=True)
class Described:
    """A population for the rows, and the leading directions that recovery asks for.

    ``factors`` is 0 where the population is an estimate: it has a spectrum, but no directions.
    Groups of nearly equal eigenvalues are compared as subspaces.
    """

    population: Atoms
    exact: bool
    factors: int
    groups: list[slice]


def described(rows: CleanRows) -> Described:
    """Return the population of the rows.

    With at least 20 rows a column the N rows themselves are the population, and training sets are
    random subsets of it: its spectrum is known exactly. With fewer, that spectrum is far too wide
    and makes agreement look too easy; the law behind the rows is estimated instead.
    """
    eigenvalues, _ = rows.spectrum
    if rows.count < _MANY * rows.d:
        estimate = estimate_population(rows.values)
        return Described(Atoms(estimate.eigenvalues(rows.d)), False, 0, [])
    apart = np.flatnonzero(eigenvalues[1:] < 0.9 * eigenvalues[:-1]) + 1
    apart = apart[(apart <= _FACTORS) & (apart < rows.d)]
    number = int(apart[-1]) if apart.size else 0
    if np.unique(eigenvalues[: number + 1]).size <= number:
        number = 0
    groups = factor_groups(eigenvalues[:number]) if number else []
    return Described(Atoms(eigenvalues, leading=number), True, number, groups)
