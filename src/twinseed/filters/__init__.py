"""Filters: functions of the eigenvalues of the sample covariance."""

from twinseed.filters._base import Filter, SpectrumSeen, checked, evaluated, require_filter
from twinseed.filters.early_stopping import EarlyStopping
from twinseed.filters.probability_flow import ProbabilityFlow
from twinseed.filters.ridge import Ridge
from twinseed.filters.samplers import Euler, Heun, Sampler
from twinseed.filters.shrinkage import Shrinkage
from twinseed.filters.truncation import Truncation

__all__ = [
    "EarlyStopping",
    "Euler",
    "Filter",
    "Heun",
    "ProbabilityFlow",
    "Ridge",
    "Sampler",
    "Shrinkage",
    "SpectrumSeen",
    "Truncation",
    "checked",
    "evaluated",
    "require_filter",
]
