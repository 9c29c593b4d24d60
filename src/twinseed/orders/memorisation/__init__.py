"""Memorisation m: how close samples are to training rows, compared with held-out rows."""

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
