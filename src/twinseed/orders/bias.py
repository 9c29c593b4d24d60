"""What a formula may be off by at a finite size, and the status that follows.

The laws are bounds of the relative error of each formula. Their forms follow from the next order of
each formula; their constants were fitted to 900 random models, and tested on 500 others
(docs/statuses.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinseed.arrays import Array
from twinseed.coupling import Coupling
from twinseed.coupling.extremes import expected_maximum
from twinseed.filters import Filter, Truncation
from twinseed.readout import Estimate
from twinseed.status import Status

__all__ = ["TOLERANCE", "FiniteSize", "graded", "smooth", "statuses"]

TOLERANCE = 0.02
"""Up to this relative bias the status of a value of theory is "ok"."""
_UNKNOWN = 1.0
"""The relative bias where a formula is known to be rough: as large as the value."""


def statuses(bias: ArrayLike) -> NDArray[np.str_]:
    """Return "ok" up to the tolerance, "leading order" above.

    >>> statuses([0.0, 0.02, 0.03]).tolist()
    ['ok', 'ok', 'leading order']
    """
    small = np.asarray(bias, dtype=np.float64) <= TOLERANCE
    return np.where(small, str(Status.OK), str(Status.LEADING_ORDER))


def graded(
    value: ArrayLike, bias: ArrayLike, known: ArrayLike, without: Status = Status.NOT_IDENTIFIABLE
) -> Estimate:
    """Return an estimate of theory whose status follows from its bias.

    Args:
        value: the value.
        bias: what the value may be off by, relative to it.
        known: where the value exists.
        without: the status where the value does not exist.

    >>> found = graded([0.5, 0.0], [0.01, 0.01], [True, False])
    >>> found.value.tolist(), found.status.tolist()
    ([0.5, nan], ['ok', 'not identifiable'])
    """
    exists = np.asarray(known, dtype=np.bool_)
    off = np.where(exists, bias, np.nan)
    return Estimate(
        np.where(exists, value, np.nan),
        np.where(exists, 0.0, np.nan),
        np.where(exists, statuses(off), str(without)),
        bias=off,
    )


def smooth(filter: Filter) -> bool:
    """Whether a filter is known to be analytic at all eigenvalues above 0."""
    if isinstance(filter, Truncation) and filter.threshold != 0.0:
        return False
    part = filter.analytic_part
    return part is not None and part[0] == 0.0


@dataclass(frozen=True)
class FiniteSize:
    """The sizes on which the laws depend; arrays have the shape of the grid.

    Args:
        n: training rows.
        fewest: the smaller of n and d.
        effective: the effective dimension ``(tr Sigma)^2/tr Sigma^2``.
        uneven: ``d/effective - 1``; 0 for the identity.
        few: ``(tr Sigma^3)^2/(tr Sigma^2)^3``, one over the number of directions that distances
            between rows depend on; 1/d for the identity, 1 for a single direction.
        rough: what a filter that is not smooth adds to every bias, ``3/fewest``, and ``2/rank``
            where the filter keeps a number of directions.
        adapts: ``3 n^(-1/3)`` where the filter adapts to the whole spectrum, as ``Shrinkage`` does:
            the filter of n rows differs from its limit by so much; else 0.
    """

    n: Array
    fewest: Array
    effective: Array
    uneven: Array
    few: Array
    rough: Array
    adapts: Array

    @classmethod
    def of(cls, coupling: Coupling) -> FiniteSize:
        """Return the sizes of a coupling."""
        n, d = coupling.n, coupling.d
        fewest = np.minimum(n, d)
        rank = np.array([_rank(one) for one in coupling.filters])
        sharp = np.array([not smooth(one) for one in coupling.filters])
        adapts = np.array(
            [
                type(one).adapted is not Filter.adapted and not isinstance(one, Truncation)
                for one in coupling.filters
            ]
        )
        finite = np.isfinite(n)
        square, cube = ((coupling.weight * coupling.mu**k).sum(axis=-1) for k in (2, 3))
        return cls(
            n=n,
            fewest=fewest,
            effective=coupling.isotropy * d,
            uneven=np.maximum(1.0 / coupling.isotropy - 1.0, 0.0),
            few=cube**2 / (square**3 * d),
            rough=np.where(sharp & finite, 3.0 / fewest + 2.0 / rank, 0.0),
            adapts=np.where(adapts, 3.0 * n ** (-1.0 / 3.0), 0.0),
        )

    def gap(self, added: Array, gap: Array) -> Array:
        """Bias of the gap and of the flow distance: a part of the next order, ``added``."""
        return _over(added, gap) * (0.25 + 8.0 / self.n) + self.rough + self.adapts

    def convergence(self, added: Array, gap: Array, q: Array) -> Array:
        """Bias of convergence: the bias of the gap, relative to convergence."""
        off = added * (0.25 + 8.0 / self.n) + self.rough * gap
        return _over(off, q) + (self.adapts / 3.0) ** 3

    def chance(self, chance: Array) -> Array:
        """Bias of the chance level: the energy of the models varies with their rows."""
        return np.where(chance > 0.0, 3.0 / (self.n * self.effective) + self.adapts, 0.0)

    def corrected(self, added: Array, gap: Array, chance: Array, value: Array) -> Array:
        """Bias of the corrected convergence: of the gap, and of the chance level."""
        learned = 1.0 - chance
        off = _over(self.gap(added, gap) * gap, learned)
        off = off + _over(self.chance(chance) * chance * gap, learned**2)
        return _over(off, np.abs(value))

    def cosine(self) -> Array:
        """Bias of the mean cosine."""
        return 0.75 / self.n + self.rough + (self.adapts / 3.0) ** 3

    def along_factor(self) -> Array:
        """Bias of the correlation along a factor."""
        return 0.6 / self.n + self.rough + self.adapts

    def cosines(self) -> tuple[Array, Array]:
        """Bias of memorisation (and its held-out level), and of the ratio."""
        wide = np.where(self.uneven > 0.1, 1.0, 0.3) / self.effective + self.rough + self.adapts
        return wide + 0.15 / self.n, wide + 0.3 / self.n

    def share(self, ratio: Array, share: Array) -> Array:
        """Bias of the share by cosine: a maximum of n rows varies by 1/G_n; to second order."""
        top = expected_maximum(np.clip(self.n, 1.0, 1e12)) ** 2
        first = ratio * (0.2 + 2.0 * top * np.maximum(1.0 - share, 0.0))
        return np.asarray(np.minimum(first + 0.5 * (ratio * top) ** 2, _UNKNOWN))

    def share_euclidean(self) -> Array:
        """Bias of the share by distance: the law of a distance is known by three moments."""
        return 0.3 * (self.few + 1.0 / self.effective) + self.rough + self.adapts

    def divergences(self) -> tuple[Array, Array]:
        """Bias of the divergences, of the learnt law from the true law and the reverse."""
        more = self.rough + self.adapts
        return 0.4 / self.fewest + more, 3.0 / self.fewest + more

    def wasserstein(self, added: Array, value: Array) -> Array:
        """Bias of the Wasserstein distance; ``added`` is its next order."""
        more = self.rough + self.adapts
        return np.asarray(0.25 * _over(added, value) + 0.4 / self.fewest + more)


def _rank(filter: Filter) -> float:
    rank = filter.rank if isinstance(filter, Truncation) else None
    return np.inf if rank is None else float(rank)


def _over(part: ArrayLike, whole: ArrayLike) -> Array:
    """Return a quotient; where the whole is 0 it is 0 of no part, else as large as the whole."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    none = np.where(part > 0.0, _UNKNOWN, 0.0)
    return np.asarray(np.divide(part, whole, out=none, where=whole > 0.0))
