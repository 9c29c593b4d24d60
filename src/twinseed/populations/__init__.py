"""Populations: what the covariance of the data is, given or estimated from a pilot."""

from twinseed.populations._base import Population, Spectrum
from twinseed.populations._sample import PilotSpectrum, sample_spectrum
from twinseed.populations.atoms import Atoms
from twinseed.populations.estimated import Estimated, estimate_population
from twinseed.populations.power_law import PowerLaw
from twinseed.populations.spiked import Spiked

__all__ = [
    "Atoms",
    "Estimated",
    "PilotSpectrum",
    "Population",
    "PowerLaw",
    "Spectrum",
    "Spiked",
    "estimate_population",
    "sample_spectrum",
]
