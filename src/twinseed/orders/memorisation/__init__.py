"""Memorisation m: how close samples come to training rows, against rows that nobody trained on."""

from twinseed.orders.memorisation.data import (
    GROUPS,
    Closeness,
    closeness,
    from_closeness,
    from_twins,
    rows_compared,
)
from twinseed.orders.memorisation.theory import from_coupling

__all__ = [
    "GROUPS",
    "Closeness",
    "closeness",
    "from_closeness",
    "from_coupling",
    "from_twins",
    "rows_compared",
]
