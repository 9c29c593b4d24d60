"""What engines that keep whole matrices share: their room, and what they know beyond the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.orders import recovery
from twinseed.populations import Population
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["recovered", "require_rows_and_room"]

Array = NDArray[np.float64]

_GIB = 1 << 30


def require_rows_and_room(n: int, d: int, peak_bytes: int, max_gib: float, remedy: str) -> None:
    """Raise ``InputError`` for a single row, which no estimator takes, or for want of memory."""
    if n < 2:
        raise InputError(
            "n", "must be at least 2 to be simulated", n, "use ts.predict, or more rows"
        )
    needed = peak_bytes / _GIB
    if needed > max_gib:
        raise InputError(
            "n, d",
            f"need about {needed:.3g} GiB per worker, which is more than max_gib = {max_gib:g}",
            (n, d),
            remedy,
        )


def recovered(
    population: Population,
    twins: Twins,
    entropy: tuple[int, ...],
    directions_a: Array,
    directions_b: Array,
) -> dict[str, Estimate]:
    """Measure recovery from the models' own directions of the factors, in columns.

    The factors are the first axes of the space in which populations draw.
    """
    factors = population.factors
    if factors.size == 0:
        nothing = Estimate.missing(Status.NOT_IDENTIFIABLE, 0)
        none = Estimate.missing(Status.NOT_IDENTIFIABLE)
        return {"recovery": nothing, "recovery_twins": nothing, "recovery_distance": none}
    return recovery.from_twins(
        twins,
        entropy,
        factors=factors.size,
        truth=np.eye(len(directions_a), factors.size),
        eigenvalues=factors,
        directions_a=directions_a,
        directions_b=directions_b,
        resamples=0,
    )
