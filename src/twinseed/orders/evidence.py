"""What each order parameter is measured from: twins, and what is prepared from them once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from twinseed.arrays import Array
from twinseed.data.closeness import Closeness
from twinseed.data.twins import Twins
from twinseed.orders.reference import Reference

__all__ = ["Evidence", "KnownModels", "LearntLaw"]


class LearntLaw(NamedTuple):
    """The covariance ``V diag(variances) V^T + rest (I - V V^T)`` that a model has learnt."""

    variances: Array
    directions: Array
    """V, one direction a column."""
    rest: float


@dataclass(frozen=True)
class KnownModels:
    """What a simulation knows of both models beyond their samples."""

    chance: float
    """Convergence of two such models that learned nothing; NaN where the models have no energy."""
    directions: tuple[Array, Array] | None
    """The models' own directions of the factors, in columns; None where they are not found."""
    laws: tuple[LearntLaw, ...]
    """The laws that the models have learnt; none where they are not found."""
    eigenvalues: Array
    """Those of the population."""
    wasserstein: bool
    """Whether the Wasserstein distance, whose cost is d^3, is wanted."""


@dataclass(frozen=True)
class Evidence:
    """What each order parameter is measured from.

    ``closeness`` is the answer of ``data.closeness``; ``models`` is None for data, and what a
    simulation knows beyond the data otherwise.
    """

    twins: Twins
    entropy: tuple[int, ...]
    reference: Reference
    closeness: Sequence[Closeness]
    resamples: int
    models: KnownModels | None = None
