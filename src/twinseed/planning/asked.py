"""The rows that a target of a plan needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from twinseed.errors import InputError
from twinseed.planning.curves import CURVES, told
from twinseed.planning.groups import group_of
from twinseed.planning.needed import RowsNeeded, rows_needed
from twinseed.planning.targets import checked_factor, require_target
from twinseed.status import Status

if TYPE_CHECKING:
    from twinseed.planning.answer import Plan

__all__ = ["rows_for"]


def rows_for(plan: Plan, given: Mapping[str, float | None], factor: int) -> RowsNeeded:
    """Return the training rows that one target needs; all other targets are None."""
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        raise InputError(
            "convergence, recovery", "must be passed one at a time", dict(given), "pass one target"
        )
    name = named[0]
    target = require_target(name, given[name])
    of_factor = name == "recovery"
    place = checked_factor(factor, plan.population.factors.size) if of_factor else 0
    ceiling = 1.0 if plan.ceiling is None or of_factor else plan.ceiling
    found = rows_needed(
        CURVES[name],
        plan.calibrated.corrections[name],
        partial(told, plan.population, plan.filter, groups=plan.groups),
        target / ceiling,
        group=group_of(plan.groups, place) if of_factor else None,
        pilot_rows=plan.pilot_rows,
        uneven=plan.uneven,
    )
    guess = plan.ceiling is not None and not of_factor and found.value == found.value
    status = str(Status.GUESS) if guess else found.status
    factor_asked = factor if of_factor else None
    return replace(found, target=target, status=status, name=name, factor=factor_asked)
