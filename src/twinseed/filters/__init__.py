"""Spectral filters. A new one is one file here, and its line below."""

from twinseed.filters._base import Filter, SampleSpectrum
from twinseed.filters.ridge import Ridge

__all__ = ["Filter", "Ridge", "SampleSpectrum"]
