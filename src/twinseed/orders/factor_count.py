"""How many leading directions are measured: as many as were asked for, or as many as exist."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from twinseed.checks import whole

__all__ = ["FactorCount", "factor_count"]


@dataclass(frozen=True)
class FactorCount:
    """The number of leading directions that were asked for, and the number that are measured."""

    asked: int
    count: int
    columns: int
    rows: int | None

    @property
    def told(self) -> str:
        """A sentence that fewer directions are measured than were asked for; else empty."""
        if self.count == self.asked:
            return ""
        where = f"{self.columns} columns"
        if self.rows is not None:
            where = f"{self.rows} held-out or reference rows of {where}"
        return (
            f"{self.asked} leading directions were asked for. {self.count} are measured, "
            f"because {where} have no more directions."
        )

    def at_most(self, found: int) -> FactorCount:
        """Return the same with at most ``found`` directions."""
        return replace(self, count=min(self.count, found))


def factor_count(asked: Any, *, columns: int, rows: int | None = None) -> FactorCount:
    """Return how many leading directions are measured, of those that were asked for.

    Equation: ``min(asked, columns, rows - 1)``; n rows span n - 1 directions about their mean.
    ``rows`` is the number of held-out or reference rows, whose directions stand for the truth; None
    where there are no such rows, or where the directions are known.

    Raises:
        InputError: ``asked`` is no whole number, or below 0.

    >>> factor_count(5, columns=8, rows=3).count
    2
    >>> print(factor_count(5, columns=3).told)
    5 leading directions were asked for. 3 are measured, because 3 columns have no more directions.
    """
    number = whole("factors", asked, "pass how many leading directions to measure", at_least=0)
    count = min(number, columns, number if rows is None else max(rows - 1, 0))
    return FactorCount(number, count, columns, rows)
