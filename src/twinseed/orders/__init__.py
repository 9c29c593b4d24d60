"""The order parameters, one package for each: by theory and from data.

An order parameter is a dictionary of estimates under the names of the readout's variables. The
functions on arrays are pure; simulations call the same functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from twinseed.coupling import Coupling
from twinseed.orders import convergence, distance, memorisation, recovery
from twinseed.orders.evidence import Evidence
from twinseed.readout import Estimate

__all__ = ["ORDERS", "Order", "measured"]


@dataclass(frozen=True)
class Order:
    """The variables of one order parameter: how theory gives them, and how they are measured."""

    from_coupling: Callable[[Coupling], dict[str, Estimate]]
    from_evidence: Callable[[Evidence], dict[str, Estimate]]
    of_the_filter: bool = True
    """Whether the filter moves it; where a filter has no theory, its variables have none."""


ORDERS = (
    Order(memorisation.from_coupling, memorisation.from_evidence),
    Order(convergence.from_coupling, convergence.from_evidence),
    Order(recovery.from_coupling, recovery.from_evidence, of_the_filter=False),
    Order(distance.from_coupling, distance.from_evidence),
)
"""What ``predict``, ``measure`` and the engines loop over."""


def measured(evidence: Evidence) -> dict[str, Estimate]:
    """Measure every order parameter."""
    return {name: one for order in ORDERS for name, one in order.from_evidence(evidence).items()}
