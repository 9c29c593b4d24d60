"""Random matrix theory: overlaps of sample and population eigenvectors."""

from twinseed.coupling.fixed_point import kappa
from twinseed.coupling.outliers import Outlier, outlier
from twinseed.coupling.solve import Coupling, solve

__all__ = ["Coupling", "Outlier", "kappa", "outlier", "solve"]
