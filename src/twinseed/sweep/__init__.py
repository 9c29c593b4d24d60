"""Runs many independent computations in parallel, and resumes after a stop."""

from twinseed.sweep.cells import Cell, Job, Result
from twinseed.sweep.executor import run, run_here
from twinseed.sweep.store import Store, begun, described, stored

__all__ = ["Cell", "Job", "Result", "Store", "begun", "described", "run", "run_here", "stored"]
