"""Convergence q: do twins that start from the same seed end at the same sample?"""

from twinseed.orders.convergence.chance import against_chance
from twinseed.orders.convergence.data import (
    Along,
    SeedSums,
    along,
    from_evidence,
    from_twins,
    pairs,
)
from twinseed.orders.convergence.theory import factor_correlation, from_coupling

__all__ = [
    "Along",
    "SeedSums",
    "against_chance",
    "along",
    "factor_correlation",
    "from_coupling",
    "from_evidence",
    "from_twins",
    "pairs",
]
