"""Memorisation m: how close samples are to training rows, compared with held-out rows."""

from twinseed.data.closeness import Closeness, closeness, rows_compared
from twinseed.data.sides import GROUPS
from twinseed.orders.memorisation.data import from_closeness, from_evidence, from_twins
from twinseed.orders.memorisation.theory import from_coupling

__all__ = [
    "GROUPS",
    "Closeness",
    "closeness",
    "from_closeness",
    "from_coupling",
    "from_evidence",
    "from_twins",
    "rows_compared",
]
