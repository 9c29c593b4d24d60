"""Populations: the true covariance of the data, given or estimated from rows."""

from twinseed.populations._base import Population, Spectrum, require_population
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
    "require_population",
    "sample_spectrum",
]
