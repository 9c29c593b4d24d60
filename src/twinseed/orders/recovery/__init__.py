"""Recovery Q: did the generators learn the leading directions of the data?"""

from twinseed.orders.recovery.data import from_evidence, from_twins, group_sizes, overlaps
from twinseed.orders.recovery.theory import factor_groups, from_coupling
from twinseed.orders.reference import counted, reference_of

__all__ = [
    "counted",
    "factor_groups",
    "from_coupling",
    "from_evidence",
    "from_twins",
    "group_sizes",
    "overlaps",
    "reference_of",
]
