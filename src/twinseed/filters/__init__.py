"""Spectral filters. A new one is one file here, and its line below."""

from twinseed.filters._base import Filter
from twinseed.filters.ridge import Ridge

__all__ = ["Filter", "Ridge"]
