"""Recovery Q: did the generators learn the leading directions of the data?"""

from twinseed.orders.recovery.data import (
    Measured,
    counted,
    from_twins,
    measured,
    overlaps,
    reference_of,
)
from twinseed.orders.recovery.theory import factor_groups, from_coupling

__all__ = [
    "Measured",
    "counted",
    "factor_groups",
    "from_coupling",
    "from_twins",
    "measured",
    "overlaps",
    "reference_of",
]
