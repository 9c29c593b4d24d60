"""Plans from a pilot data set how many training rows a target needs."""

from twinseed.planning.answer import Plan
from twinseed.planning.plan import plan

__all__ = ["Plan", "plan"]
