"""Names that still work, but will be removed; each says what to write."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

from twinseed.checks import whole
from twinseed.filters import Filter, require_filter
from twinseed.populations import Population, require_population

__all__ = ["REMOVED_IN", "SpectralModel", "warn_of"]

REMOVED_IN = "0.3.0"
"""The version of twinseed without the names that are deprecated today."""


def warn_of(old: str, new: str, *, stacklevel: int) -> None:
    """Say what to write instead of ``old``, at the line that is ``stacklevel`` calls above."""
    said = f"{old} is deprecated, and will be removed in twinseed {REMOVED_IN}: write {new}"
    warnings.warn(said, DeprecationWarning, stacklevel=stacklevel + 1)


@dataclass(frozen=True)
class SpectralModel:
    """Deprecated, until 0.3.0: write ``ts.predict(population, filter, n=..., d=...)``.

    Args:
        population: the covariance of the data.
        filter: the regularisation of the model.
        n: training rows, at least 1.
        d: columns of the data, at least 1.

    Raises:
        InputError: ``n`` or ``d`` is not a whole number of at least 1, ``d`` is not the
            population's own dimension, or an argument is of the wrong kind.

    >>> import twinseed as ts
    >>> readout = ts.predict(ts.Spiked([3.0]), ts.Ridge(0.1), n=200, d=100)
    >>> float(readout.gamma)
    2.0

    See also: ``predict``, ``Filter``.
    """

    population: Population
    filter: Filter
    n: int
    d: int

    def __post_init__(self) -> None:
        warn_of("SpectralModel", "ts.predict(population, filter, n=..., d=...)", stacklevel=3)
        require_population(self.population)
        require_filter("filter", self.filter)
        object.__setattr__(self, "n", whole("n", self.n, "pass the number of training rows"))
        object.__setattr__(self, "d", whole("d", self.d, "pass the number of columns"))
        self.population.spectrum(self.d)

    @property
    def gamma(self) -> float:
        """Load ``n/d``."""
        return self.n / self.d

    @property
    def aspect_ratio(self) -> float:
        """``d/n``."""
        return self.d / self.n

    @property
    def effective_dimension(self) -> float:
        """See ``Population.effective_dimension``."""
        return self.population.effective_dimension(self.d)
