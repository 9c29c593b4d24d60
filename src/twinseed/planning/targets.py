"""What may be asked of a plan: numbers of training rows, targets, and a factor."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from twinseed.arrays import Array
from twinseed.checks import grid_axis, whole
from twinseed.errors import InputError

__all__ = ["checked_factor", "checked_rows", "require_target"]

_REMEDY = "pass the number of training rows of each model, whole and at least 2"


def require_target(argument: str, value: Any) -> float:
    """Return the target of an order parameter: one number above 0 and below 1."""
    target = grid_axis(argument, value, "pass a target such as 0.9")[0]
    if target.size != 1 or target[0] >= 1.0:
        raise InputError(
            argument, "must be one number above 0 and below 1", value, "pass, say, 0.9"
        )
    return float(target[0])


def checked_factor(factor: int, count: int) -> int:
    """Return the place of a factor, from 0, if the pilot separates as many as ``count``."""
    number = whole("factor", factor, "count the factors from 1, the strongest")
    if number > count:
        raise InputError(
            "factor",
            f"must be at most {count}, the number of factors that stand out in this pilot",
            factor,
            "ask for a stronger factor, or take a larger pilot",
        )
    return number - 1


def checked_rows(n: ArrayLike) -> tuple[Array, bool]:
    """Return the numbers of training rows, and whether only one was passed."""
    rows, scalar = grid_axis("n", n, _REMEDY, whole_numbers=True)
    for one in rows:
        whole("n", one, _REMEDY, at_least=2)
    return rows, scalar
