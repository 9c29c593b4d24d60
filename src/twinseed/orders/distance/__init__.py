"""Distance of the learnt distribution to the true distribution, where the truth is known."""

from twinseed.orders.distance.data import bures_wasserstein, divergences, from_evidence
from twinseed.orders.distance.theory import divergence_estimate, from_coupling

__all__ = [
    "bures_wasserstein",
    "divergence_estimate",
    "divergences",
    "from_coupling",
    "from_evidence",
]
