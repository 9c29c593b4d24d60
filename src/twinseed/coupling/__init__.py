"""Random matrix theory: overlaps of sample and population eigenvectors."""

from twinseed.coupling.companion import kappa
from twinseed.coupling.observed import SpectralDensity, rank_overlaps, spectral_density
from twinseed.coupling.outliers import Outlier, onset, outlier
from twinseed.coupling.solve import Coupling, solve

__all__ = [
    "Coupling",
    "Outlier",
    "SpectralDensity",
    "kappa",
    "onset",
    "outlier",
    "rank_overlaps",
    "solve",
    "spectral_density",
]
