"""Shared by the engines that keep whole matrices: the check of memory, and exact recovery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twinseed.data.closeness import closeness
from twinseed.data.directions import Jackknifed
from twinseed.data.twins import Twins
from twinseed.errors import InputError
from twinseed.orders import ORDERS
from twinseed.orders.evidence import Evidence, KnownModels
from twinseed.orders.factor_count import factor_count
from twinseed.orders.reference import Reference
from twinseed.populations import Population
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["measured", "require_rows_and_room"]

_GIB = 1 << 30


def require_rows_and_room(n: int, d: int, peak_bytes: int, max_gib: float, remedy: str) -> None:
    """Raise ``InputError`` for a single row, or if the draw needs too much memory."""
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


def measured(
    population: Population,
    twins: Twins,
    entropy: tuple[int, ...],
    models: KnownModels,
    *,
    converged: bool = True,
) -> dict[str, Estimate]:
    """Measure every order parameter of simulated twins, without error bars.

    The true directions of the factors are the first coordinate axes, see ``Population.sample``.
    Numbers of samples that have not ``converged`` have the status "not converged".
    """
    factors = population.factors
    truth = Jackknifed(np.eye(twins.d, factors.size), factors, [], exact=True)
    reference = Reference(factor_count(factors.size, columns=twins.d), truth)
    near = closeness(twins, entropy, groups=1)
    evidence = Evidence(twins, entropy, reference, near, resamples=0, models=models)
    found = {}
    for order in ORDERS:
        for name, one in order.from_evidence(evidence).items():
            spoilt = order.of_the_filter and not (converged or np.all(np.isnan(one.value)))
            found[name] = replace(one, status=Status.NOT_CONVERGED) if spoilt else one
    return found
