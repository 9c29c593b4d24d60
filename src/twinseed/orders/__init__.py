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

__all__ = ["ORDERS", "OrderParameter", "measured"]


@dataclass(frozen=True)
class OrderParameter:
    """The variables of one order parameter: by theory, and measured.

    Args:
        from_coupling: predicts the variables.
        from_evidence: measures the variables.
        of_the_filter: whether the variables depend on the filter; if so, they have no theory where
            the filter has none.
    """

    from_coupling: Callable[[Coupling], dict[str, Estimate]]
    from_evidence: Callable[[Evidence], dict[str, Estimate]]
    of_the_filter: bool = True


ORDERS = (
    OrderParameter(memorisation.from_coupling, memorisation.from_evidence),
    OrderParameter(convergence.from_coupling, convergence.from_evidence),
    OrderParameter(recovery.from_coupling, recovery.from_evidence, of_the_filter=False),
    OrderParameter(distance.from_coupling, distance.from_evidence),
)
"""All order parameters: ``predict``, ``measure`` and the engines loop over this tuple."""


def measured(evidence: Evidence) -> dict[str, Estimate]:
    """Measure every order parameter."""
    return {name: one for order in ORDERS for name, one in order.from_evidence(evidence).items()}
