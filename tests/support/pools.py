"""Pools of real rows, and where samples fall in them, for tests of the copying test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from twinseed.auditing.nearest_in_pool import COSINE, DISTANCE, NearestInPool, attribute, gaps_of
from twinseed.auditing.pool import Pool
from twinseed.auditing.relabelling import Attribution
from twinseed.auditing.roles import Role
from twinseed.auditing.spaces import searched

NAMES = ("train_a", "train_b", "heldout")


def pool_of(rows: Sequence[Any], draw: np.random.Generator, units: Any = None) -> Pool:
    """Return the pool of training rows (one or two sets) and of held-out rows, which come last."""
    names = (*NAMES[: len(rows) - 1], NAMES[-1])
    roles = [Role(part, name, np.arange(len(part))) for name, part in zip(names, rows, strict=True)]
    return Pool.draw(roles, draw, units)


def closest_in(samples: Any, pool: Pool) -> dict[str, NearestInPool]:
    """Return the closest rows of samples by distance and by cosine."""
    found = searched(samples, pool, None)
    return {view: attribute(gaps_of(found, view), pool) for view in (DISTANCE, COSINE)}


def attribution(own: int, samples: Any, pool: Pool) -> Attribution:
    """Return what is known of a generator's samples, whose own rows have the role ``own``."""
    return Attribution((own,), closest_in(samples, pool), len(samples))


def real_in(pool: Pool) -> dict[str, NearestInPool]:
    """Return the closest other row of every row of the pool."""
    rows = np.concatenate([role.rows for role in pool.roles])
    found = searched(rows, pool, None)
    cell = np.concatenate(pool.cell)
    views = (DISTANCE, COSINE)
    return {view: attribute(gaps_of(found, view), pool, without=cell) for view in views}
