"""The coupling of sample and population spectra: what theory knows of a spectral model."""

from twinseed.coupling.fixed_point import kappa
from twinseed.coupling.outliers import Outlier, outlier
from twinseed.coupling.solve import Coupling, solve

__all__ = ["Coupling", "Outlier", "kappa", "outlier", "solve"]
