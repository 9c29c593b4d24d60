"""Planning: from a pilot data set to the training rows that a target needs."""

from twinseed.planning.answer import Plan
from twinseed.planning.plan import plan

__all__ = ["Plan", "plan"]
