"""The input of every measurement: twins, and results that are computed from them once."""

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
    """V, one direction per column."""
    rest: float


@dataclass(frozen=True)
class KnownModels:
    """What a simulation knows of both models in addition to their samples."""

    chance: float
    """Convergence of two such models that learned nothing; NaN where the models have no energy."""
    directions: tuple[Array, Array] | None
    """The directions of the factors in each model, in columns; None if they are not computed."""
    laws: tuple[LearntLaw, ...]
    """The laws that the models have learnt; empty if they are not computed."""
    eigenvalues: Array
    """The eigenvalues of the population."""
    wasserstein: bool
    """Whether to compute the Wasserstein distance, whose cost is d^3."""


@dataclass(frozen=True)
class Evidence:
    """The input of every measurement.

    ``closeness`` is the result of ``data.closeness``; ``models`` is None for data, and for a
    simulation what it knows of the models.
    """

    twins: Twins
    entropy: tuple[int, ...]
    reference: Reference
    closeness: Sequence[Closeness]
    resamples: int
    models: KnownModels | None = None
