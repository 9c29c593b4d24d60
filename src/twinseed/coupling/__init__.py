"""Random matrix theory: overlaps of sample and population eigenvectors."""

from twinseed.coupling.companion import kappa
from twinseed.coupling.outliers import Outlier, outlier
from twinseed.coupling.solve import Coupling, solve

__all__ = ["Coupling", "Outlier", "kappa", "outlier", "solve"]
